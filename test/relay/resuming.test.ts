/** Seats that are lost and taken again, as clients see it. */
import { afterEach, describe, expect, it } from "vitest";
import { ask, closeRelays, handshake, testRelay } from "./support.ts";
import type { TestClient, TestRelay } from "./support.ts";

afterEach(closeRelays);

/** A pairing whose second participant has lost its connection, as the relay knows. */
async function withLost(world: TestRelay): Promise<[TestClient, TestClient]> {
  const [first, second] = await world.pair();
  await cut(world, second);
  return [first, second];
}

async function cut({ log }: TestRelay, client: TestClient): Promise<void> {
  const lost = log.next("participant_lost");
  client.cut();
  await lost;
}

describe("R12: a participant that lost its connection", () => {
  it("takes its seat again, and gets a fresh token, its count, and what it has missed, in order", async () => {
    const world = await testRelay();
    const [first, second] = await world.pair();
    second.send("1");
    expect(await first.nextMessage()).toBe("1");
    await cut(world, second);
    first.send("2");
    first.send("3");
    await first.settled();
    world.clock.advance(1_500);
    const again = await world.resume(second);
    expect(again.first).toEqual({ ...second.first, seen: 1, expires_in: 298, resume: again.first.resume });
    expect(again.first.resume).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(again.first.resume).not.toBe(second.first.resume);
    expect([await again.nextMessage(), await again.nextMessage()]).toEqual(["2", "3"]);
    again.send("4");
    expect(await first.nextMessage()).toBe("4");
    first.send("5");
    expect(await again.nextMessage()).toBe("5");
    await Promise.all([first.settled(), again.settled()]);
    expect([...first.received, ...again.received]).toEqual([]);
  });

  it("R9: is told of in the log by its channel's first characters, without tokens", async () => {
    const world = await testRelay();
    const [first, second] = await withLost(world);
    const again = await world.resume(second);
    const place = { channel: first.id.slice(0, 6), remote: "127.0.0.1", seat: 1 };
    expect(world.log.lines.slice(-2)).toEqual([
      { level: "info", event: "participant_lost", fields: { ...place, code: 1006 } },
      { level: "info", event: "participant_resumed", fields: place },
    ]);
    const written = JSON.stringify(world.log.lines);
    for (const client of [first, second, again]) expect(written).not.toContain(client.first.resume);
  });

  it.each([
    ["&received=0", ["1", "2", "3"]],
    ["&received=2", ["3"]],
    ["&received=002&other=x", ["3"]],
    ["&received=3", []],
    ["", ["3"]],
    ["&unknown=1", ["3"]],
  ])("with %j gets the messages %j", async (query, missed) => {
    const world = await testRelay();
    const [first, second] = await world.pair();
    first.send("1");
    first.send("2");
    expect([await second.nextMessage(), await second.nextMessage()]).toEqual(["1", "2"]);
    await cut(world, second);
    first.send("3");
    await first.settled();
    const again = await world.resume(second, query);
    await again.settled();
    expect(again.received.map((text) => (JSON.parse(text) as { message: string }).message)).toEqual(missed);
  });

  it("finishes a conversation that is cut after every message, on either side", async () => {
    const world = await testRelay({ maxExchanges: 0 });
    let [first, second] = await world.pair();
    for (let count = 0; count < 20; count++) {
      await cut(world, first);
      second.send(`to first ${count}`);
      await second.settled();
      first = await world.resume(first, `&received=${count}`);
      expect(await first.nextMessage()).toBe(`to first ${count}`);
      first.send(`to second ${count}`);
      expect(await second.nextMessage()).toBe(`to second ${count}`);
      await cut(world, second);
      second = await world.resume(second, `&received=${count + 1}`);
      expect([first.first.seen, second.first.seen]).toEqual([count, count + 1]);
    }
  });

  it("spends its token only when the new connection has shown life, for which it is asked at once", async () => {
    const world = await testRelay();
    const [, second] = await withLost(world);
    const silent = await world.resume(second, "", { autoPong: false });
    await cut(world, silent);
    const lively = await world.resume(second, "", { autoPong: false });
    await cut(world, lively);
    const asked = await world.resume(second, "", { autoPong: false });
    await asked.pinged;
    asked.socket.pong();
    await asked.settled();
    await cut(world, asked);
    expect((await ask(world.relay, second.resumePath, handshake())).status).toBe(403);
    expect((await world.resume(asked)).first.channelid).toBe(second.id);
  });

  it("shows life by a message as well", async () => {
    const world = await testRelay();
    const [first, second] = await withLost(world);
    const again = await world.resume(second, "", { autoPong: false });
    again.send("hello");
    await first.next();
    expect((await ask(world.relay, second.resumePath, handshake())).status).toBe(403);
  });

  it("is asked for a sign of life after what it has missed, so that the answer tells it has read that", async () => {
    const world = await testRelay();
    const [first, second] = await withLost(world);
    first.send("missed");
    await first.settled();
    const again = await world.resume(second, "", { autoPong: false });
    await again.pinged;
    expect(again.arrivals).toEqual(["message", "message", "ping"]);
  });

  it("may be slow to read what it has missed, however much that is", async () => {
    const world = await testRelay({ slowConsumer: 1_000, maxData: 0, maxExchanges: 0 });
    const [first, second] = await withLost(world);
    const text = "x".repeat(24_000);
    for (let count = 0; count < 200; count++) first.send(text);
    await first.settled();
    const again = await world.resume(second);
    for (let count = 0; count < 200; count++) expect(await again.nextMessage()).toHaveLength(24_000);
  });

  it("is a silent one as well: dropped with 4002, it finds its seat and its messages", async () => {
    const world = await testRelay({ heartbeat: 59 });
    const silent = await world.open({ autoPong: false });
    world.clock.advance(10_000);
    const lively = await world.join(silent);
    world.clock.advance(50_250);
    expect(await silent.closed).toEqual({ code: 4002, reason: "idle timeout" });
    lively.send("still there?");
    await lively.settled();
    const again = await world.resume(silent);
    expect(await again.nextMessage()).toBe("still there?");
    expect(lively.socket.readyState).toBe(lively.socket.OPEN);
  });

  it("R10: finds its messages, then the close, when the other has left since", async () => {
    const world = await testRelay();
    const [first, second] = await withLost(world);
    first.send("last words");
    first.socket.close(1000);
    await first.closed;
    world.clock.advance(30_000);
    const again = await world.resume(second);
    expect(await again.nextMessage()).toBe("last words");
    world.clock.advance(250);
    expect(await again.closed).toEqual({ code: 4003, reason: "the other device left" });
  });

  it("counts as a participant: R2: a third is refused, and the other finishes", async () => {
    const world = await testRelay();
    const [first, second] = await withLost(world);
    const answer = await ask(world.relay, `/v1/ws/${first.id}`, handshake(), "GET", "127.0.0.9");
    expect(answer.status).toBe(409);
    expect(JSON.parse(answer.body)).toMatchObject({ error: "channel_full" });
    const again = await world.resume(second);
    first.send("hello");
    expect(await again.nextMessage()).toBe("hello");
  });
});

describe("a connection whose seat is taken again while it still looks open", () => {
  it("is told 1008, and neither what it says nor its close counts", async () => {
    const world = await testRelay();
    const [first, second] = await world.pair();
    const again = await world.resume(second);
    second.send("from the grave");
    expect(await second.closed).toEqual({ code: 1008, reason: "resumed elsewhere" });
    again.send("alive");
    expect(await first.nextMessage()).toBe("alive");
    world.clock.advance(4_000);
    first.send("still here");
    expect(await again.nextMessage()).toBe("still here");
    expect(first.received).toEqual([]);
    const events = world.log.lines.map(({ event }) => event);
    expect(events).not.toContain("participant_lost");
    expect(events).not.toContain("participant_left");
    expect(world.relay.stats()).toMatchObject({ channels: 1, heartbeats: 2 });
  });
});

describe("R2: a resume that is refused", () => {
  it.each([
    ["a guessed token", (path: string) => path.replace(/resume=.*/, "resume=AAAAAAAAAAAAAAAAAAAAAA"), 403],
    ["no token", (path: string) => path.replace(/resume=.*/, "resume="), 403],
    ["two tokens", (path: string) => `${path}&${path.split("?")[1] ?? ""}`, 403],
    ["an endless token", (path: string) => `${path}${"x".repeat(10_000)}`, 403],
    ["a token and more", (path: string) => `${path}%00`, 403],
    ["another channel", (path: string) => path.replace(/ws\/[^?]*/, "ws/AAAAAAAAAAAAAAAAAAAAAA"), 404],
    ["a malformed channel", (path: string) => path.replace("?", "=?"), 400],
    ["more messages than there were", (path: string) => `${path}&received=2`, 400],
    ["fewer than none", (path: string) => `${path}&received=-1`, 400],
    ["half a message", (path: string) => `${path}&received=0.5`, 400],
    ["no count", (path: string) => `${path}&received=`, 400],
    ["two counts", (path: string) => `${path}&received=1&received=1`, 400],
    ["an endless count", (path: string) => `${path}&received=${"1".repeat(1_000)}`, 400],
    ["a count in words", (path: string) => `${path}&received=1e0`, 400],
  ])("for %s changes nothing, and is logged", async (_name, spoil, status) => {
    const world = await testRelay();
    const [first, second] = await withLost(world);
    first.send("1");
    await first.settled();
    const answer = await ask(world.relay, spoil(second.resumePath), handshake());
    const errors: Record<number, unknown> = {
      400: expect.stringMatching(/^(?:bad_received|malformed_id)$/),
      403: "wrong_token",
      404: "unknown_channel",
    };
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ error: errors[status] });
    expect(world.log.lines.at(-1)).toEqual({
      level: "info",
      event: "refused",
      fields: { status, error: errors[status], remote: "127.0.0.1" },
    });
    const again = await world.resume(second, "&received=0");
    expect(await again.nextMessage()).toBe("1");
  });

  it("is not one whose token is percent-encoded, as any client may", async () => {
    const world = await testRelay();
    const [, second] = await withLost(world);
    const encoded = String(second.first.resume).replace(
      /./g,
      (letter) => `%${letter.charCodeAt(0).toString(16)}`,
    );
    const { status } = await ask(world.relay, `/v1/ws/${second.id}?resume=${encoded}`, handshake());
    expect(status).toBe(101);
  });

  it.each([
    [
      "a close frame",
      60,
      (client: TestClient) => {
        client.socket.close(1000);
      },
    ],
    [
      "a lost connection where resuming is off",
      0,
      (client: TestClient) => {
        client.cut();
      },
    ],
  ] as const)("is one after %s", async (_name, resumeWindow, end) => {
    // prettier-ignore
    const world = await testRelay({ resumeWindow });
    const [, second] = await world.pair();
    const gone = Promise.race([world.log.next("participant_left"), world.log.next("participant_lost")]);
    end(second);
    await gone;
    expect((await ask(world.relay, second.resumePath, handshake())).status).toBe(403);
  });

  it("is one with 410 once the channel has ended", async () => {
    const world = await testRelay();
    const [first, second] = await withLost(world);
    first.socket.send(Buffer.from("binary"));
    await first.closed;
    expect((await ask(world.relay, second.resumePath, handshake())).status).toBe(410);
  });
});

describe("stopping", () => {
  it("waits for who may come back, and lets them", async () => {
    const world = await testRelay();
    const [first, second] = await world.pair();
    await cut(world, first);
    await cut(world, second);
    while (world.relay.stats().connections > 0) await new Promise((resolve) => setImmediate(resolve));
    const drained = world.relay.drain(30);
    await world.clock.waitedFor(250);
    world.clock.advance(20_000);
    const [one, two] = [await world.resume(first), await world.resume(second)];
    one.send("hello");
    expect(await two.nextMessage()).toBe("hello");
    for (const client of [one, two]) client.socket.close(1000);
    await Promise.all([one.closed, two.closed]);
    world.clock.advance(250);
    await drained;
  });

  it("does not wait for them longer than it was told", async () => {
    const world = await testRelay();
    await withLost(world);
    const [, third] = await world.pair();
    third.cut();
    const drained = world.relay.drain(5);
    world.clock.advance(5_000);
    await drained;
    expect(world.log.lines.at(-1)?.event).toBe("stopped");
  });
});
