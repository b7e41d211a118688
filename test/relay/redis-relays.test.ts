/** Two relays that are one, each with its sockets, around one Redis. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import type { TestRelay } from "./support.ts";
import { ask, closeRelays, handshake, testRelay } from "./support.ts";
import { describeWithRedis, RedisServer } from "./redis-server.ts";

const PASSWORD = "canary-pass";

describeWithRedis("two relays around one Redis", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start(["--requirepass", PASSWORD]);
  });
  afterAll(() => server.stop());
  afterEach(closeRelays);

  const start = (): Promise<TestRelay> =>
    testRelay({ redis: `redis://:${PASSWORD}@127.0.0.1:${server.port}` }, undefined, { clock: systemClock });

  it("are one: a pairing is opened at the first, joined and finished at the second", async () => {
    const [here, there] = [await start(), await start()];
    const first = await here.open();
    const second = await there.join(first);
    expect(first.first).toMatchObject({ seen: 0, expires_in: 300 });
    expect(second.first).toMatchObject({ channelid: first.id, seen: 0, expires_in: 299 });
    first.send("hello");
    second.send("to you, too");
    expect([await second.nextMessage(), await first.nextMessage()]).toEqual(["hello", "to you, too"]);
    expect((await ask(here.relay, `/v1/ws/${first.id}`, handshake())).status).toBe(409);
    const left = performance.now();
    second.socket.close(1000);
    expect(await first.closed).toEqual({ code: 4003, reason: "the other device left" });
    expect(performance.now() - left).toBeGreaterThan(2_000);
    const ended = [here, there].flatMap(({ log }) =>
      log.lines.filter(({ event }) => event === "channel_ended"),
    );
    expect(ended).toMatchObject([{ fields: { code: 4003, participants: 2, messages: 2 } }]);
    for (const { relay } of [here, there]) {
      expect((await ask(relay, `/v1/ws/${first.id}`, handshake())).status).toBe(410);
      expect(relay.stats()).toMatchObject({ channels: 0, connections: 0 });
    }
  });

  it("R12: take over from each other whom one of them has lost", async () => {
    const [here, there] = [await start(), await start()];
    const first = await here.open();
    const second = await there.join(first);
    first.send("1");
    expect(await second.nextMessage()).toBe("1");
    second.cut();
    first.send("2");
    const again = await here.resume(second, "&received=1");
    expect(await again.nextMessage()).toBe("2");
    again.send("3");
    expect(await first.nextMessage()).toBe("3");
    expect((await ask(there.relay, second.resumePath, handshake())).status).toBe(403);
  });

  it("tell what they cannot do without it, and nobody the password", async () => {
    const [here, there] = [await start(), await start()];
    expect((await ask(here.relay, "/__heartbeat__")).status).toBe(200);
    const first = await here.open();
    const second = await there.join(first);
    const lost = [here.log.next("redis_lost"), there.log.next("redis_lost")];
    await server.kill9();
    await Promise.all(lost);
    const health = await ask(here.relay, "/__heartbeat__");
    expect([health.status, health.body]).toEqual([503, expect.stringContaining('"failing":"redis"')]);
    expect((await ask(here.relay, "/__lbheartbeat__")).status).toBe(200);
    const refused = await ask(here.relay, "/v1/ws/", handshake());
    expect([refused.status, refused.headers["retry-after"], refused.body]).toEqual([
      ...[503, "10", expect.stringContaining('"error":"unavailable"')],
    ]);
    expect((await ask(there.relay, `/v1/ws/${first.id}`, handshake())).status).toBe(503);
    const later = { code: 1013, reason: "try again later" };
    expect([await first.closed, await second.closed]).toEqual([later, later]);
    const found = here.log.next("redis_found");
    await server.startAgain();
    await found;
    expect((await ask(here.relay, "/__heartbeat__")).status).toBe(200);
    await here.open();
    expect(JSON.stringify([here.log.lines, there.log.lines])).not.toContain(PASSWORD);
  });
});
