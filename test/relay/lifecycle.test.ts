/** Starting, stopping, and leaving nothing behind. */
import { afterEach, describe, expect, it } from "vitest";
import { systemRandom } from "../../src/lib/random.ts";
import { silentLog } from "../../src/relay/log.ts";
import { startRelay } from "../../src/relay/server.ts";
import { parseSettings } from "../../src/relay/settings.ts";
import { ask, closeRelays, FakeClock, handshake, testRelay } from "./support.ts";

afterEach(closeRelays);

describe("starting", () => {
  it("tells where it listens", async () => {
    const { relay, log } = await testRelay();
    expect(relay.url).toMatch(/^ws:\/\/127\.0\.0\.1:[0-9]+$/);
    expect(log.lines).toEqual([{ level: "info", event: "listening", fields: { url: relay.url } }]);
  });

  it("where another program listens is an error of usage, with a way out", async () => {
    const { relay } = await testRelay();
    const settings = parseSettings({ host: "127.0.0.1", port: new URL(relay.url).port });
    const start = startRelay({ settings, clock: new FakeClock(), random: systemRandom, log: silentLog });
    await expect(start).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/another program listens/),
      hint: expect.stringMatching(/port/),
    });
  });
});

describe("draining", () => {
  it("opens nothing new, lets a running pairing be joined and finished, then is done", async () => {
    const { relay, clock, log, open, join } = await testRelay();
    const first = await open();
    const drained = relay.drain(30);
    const refused = await ask(relay, "/v1/ws/", handshake());
    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "10"]);
    expect((await ask(relay, "/__lbheartbeat__")).status).toBe(200);
    const second = await join(first);
    second.send("hello");
    expect(await first.nextMessage()).toBe("hello");
    second.socket.close(1000);
    await second.closed;
    clock.advance(3_250);
    expect((await first.closed).code).toBe(4003);
    await drained;
    expect(log.lines.map(({ event }) => event)).toContain("draining");
    expect(log.lines.at(-1)?.event).toBe("stopped");
    await expect(ask(relay, "/__lbheartbeat__")).rejects.toThrow(/ECONNREFUSED/);
  });

  it("R10: tells those who have not finished 1001 when the time is over", async () => {
    const { relay, clock, pair } = await testRelay();
    const [first, second] = await pair();
    const drained = relay.drain(4);
    clock.advance(3_999);
    await Promise.all([first.settled(), second.settled()]);
    clock.advance(1);
    const told = { code: 1001, reason: "server going away" };
    expect([await first.closed, await second.closed]).toEqual([told, told]);
    await drained;
    expect(relay.stats()).toMatchObject({ channels: 0, connections: 0, heartbeats: 0 });
  });

  it("takes as long as the setting says, and ends at once when asked again", async () => {
    const { relay, clock, open } = await testRelay({ drain: 4 });
    const client = await open();
    const drained = relay.drain();
    clock.advance(3_000);
    await client.settled();
    await relay.drain();
    expect((await client.closed).code).toBe(1001);
    await drained;
  });

  it("without anybody there is done at once", async () => {
    const { relay } = await testRelay();
    await relay.drain(30);
    await relay.close();
  });
});

describe("R7: after many pairings", () => {
  it("nothing is left, but for the ids of the ended, and those not for ever", async () => {
    const { relay, clock, pair, open } = await testRelay();
    for (let round = 0; round < 20; round++) {
      const pairs = await Promise.all(Array.from({ length: 10 }, () => pair()));
      for (const [first, second] of pairs) {
        first.send("x");
        second.send("y");
        await Promise.all([first.next(), second.next()]);
        if (round % 2 === 0) first.socket.close(1000);
        else first.socket.terminate();
        second.socket.close(1000);
      }
      await Promise.all(pairs.flat().map((client) => client.closed));
    }
    const halves = await Promise.all(Array.from({ length: 20 }, () => open()));
    for (const half of halves) half.socket.terminate();
    // The relay hears of a lost connection from the system: soon, but by no event that a test can see.
    while (relay.stats().connections > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(relay.stats()).toEqual({ channels: 120, connections: 0, remembered: 100, heartbeats: 0 });
    clock.advance(60_250);
    expect(relay.stats()).toEqual({ channels: 0, connections: 0, remembered: 220, heartbeats: 0 });
    clock.advance(600_250);
    expect(relay.stats()).toEqual({ channels: 0, connections: 0, remembered: 0, heartbeats: 0 });
  });
});
