/** Every way a channel or a connection ends: who is told what, and when. */
import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { Relay } from "../../src/relay/server.ts";
import type { GivenSettings } from "../../src/relay/settings.ts";
import type { TestClient } from "./support.ts";
import { closeRelays, handshake, testRelay } from "./support.ts";

afterEach(closeRelays);

/** Longest that the one timer lags behind. */
const SLACK = 250;

describe("R5, R10: a broken limit ends the channel for both", () => {
  const cases: {
    name: string;
    settings: GivenSettings;
    breakIt: (client: TestClient) => void;
    told: { code: number; reason: string };
    passed: number;
  }[] = [
    {
      name: "a binary message",
      settings: {},
      breakIt: ({ socket }) => {
        socket.send(Buffer.from("binary"));
      },
      told: { code: 1003, reason: "binary message" },
      passed: 0,
    },
    {
      name: "one byte too many in a message",
      settings: { maxMessage: 100 },
      breakIt: (client) => {
        client.send("x".repeat(101));
      },
      told: { code: 1009, reason: "max-message" },
      passed: 0,
    },
    {
      name: "far too much in a message",
      settings: {},
      breakIt: (client) => {
        client.send("x".repeat(5_000_000));
      },
      told: { code: 1009, reason: "max-message" },
      passed: 0,
    },
    {
      name: "one byte too many in all",
      settings: { maxData: 100 },
      breakIt: (client) => {
        client.send("x".repeat(60));
        client.send("y".repeat(41));
      },
      told: { code: 1008, reason: "max-data" },
      passed: 1,
    },
    {
      name: "more in one message than there may be in all",
      settings: { maxData: 100 },
      breakIt: (client) => {
        client.send("x".repeat(101));
      },
      told: { code: 1008, reason: "max-data" },
      passed: 0,
    },
    {
      name: "one message too many",
      settings: { maxExchanges: 1 },
      breakIt: (client) => {
        client.send("x");
        client.send("y");
      },
      told: { code: 1008, reason: "max-exchanges" },
      passed: 1,
    },
    {
      name: "a message in too many pieces",
      settings: {},
      breakIt: ({ socket }) => {
        for (let count = 0; count < 70; count++) socket.send("x", { fin: false });
      },
      told: { code: 1008, reason: "too many fragments" },
      passed: 0,
    },
    {
      name: "one ping too many at a time",
      settings: {},
      breakIt: ({ socket }) => {
        for (let count = 0; count < 65; count++) socket.ping();
      },
      told: { code: 1008, reason: "too many control frames" },
      passed: 0,
    },
    {
      name: "one pong too many that nobody has asked for",
      settings: {},
      breakIt: ({ socket }) => {
        for (let count = 0; count < 65; count++) socket.pong();
      },
      told: { code: 1008, reason: "too many control frames" },
      passed: 0,
    },
  ];

  it.each(cases)("$name", async ({ settings, breakIt, told, passed }) => {
    const { relay, log, pair } = await testRelay(settings);
    const [first, second] = await pair();
    breakIt(first);
    expect([await first.closed, await second.closed]).toEqual([told, told]);
    expect(second.received).toHaveLength(passed);
    expect(log.lines.at(-1)).toMatchObject({ event: "channel_ended", fields: { ...told, participants: 2 } });
    expect(relay.stats()).toMatchObject({ channels: 0, heartbeats: 0 });
  });

  it("a message that says it will be far too much, before it has come", async () => {
    const { relay, log, open } = await testRelay();
    const first = await open();
    const raw = await rawClient(relay, first.id);
    const ended = log.next("channel_ended");
    // The header of a masked text frame of 1 MiB (RFC 6455 §5.2), and no payload.
    raw.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4]));
    expect((await ended).fields).toMatchObject({ code: 1009, reason: "max-message", messages: 0 });
    expect(await first.closed).toEqual({ code: 1009, reason: "max-message" });
    raw.destroy();
  });

  it("not before it is broken: exactly as much as is allowed passes", async () => {
    const { pair } = await testRelay({ maxMessage: 100, maxData: 200, maxExchanges: 2 });
    const [first, second] = await pair();
    first.send("x".repeat(100));
    second.send("y".repeat(100));
    expect([await second.nextMessage(), await first.nextMessage()]).toEqual([
      "x".repeat(100),
      "y".repeat(100),
    ]);
    await first.settled();
  });

  it("and a limit of 1 000 exchanges is one of 1 000", async () => {
    const { pair } = await testRelay({ maxExchanges: 1_000 });
    const [first, second] = await pair();
    for (let count = 0; count < 1_001; count++) first.send("x");
    expect(await second.closed).toEqual({ code: 1008, reason: "max-exchanges" });
    expect(second.received).toHaveLength(1_000);
  });

  it("R4: a participant that does not read, without much memory", async () => {
    const { pair, log } = await testRelay({ maxExchanges: 0, maxData: 0, slowConsumer: 100_000 });
    const [first, second] = await pair();
    second.socket.pause();
    const text = "x".repeat(24_000);
    // As fast as the relay takes it, until the system's own buffers between relay and reader are full.
    for (let count = 0; count < 5_000 && first.socket.readyState === WebSocket.OPEN; count++) {
      await Promise.race([
        new Promise((sent) => {
          first.socket.send(text, sent);
        }),
        first.closed,
      ]);
    }
    expect(await first.closed).toEqual({ code: 1008, reason: "slow-consumer" });
    expect(log.lines.at(-1)?.fields).toMatchObject({ reason: "slow-consumer" });
  });
});

describe("R3, R4, R10: time", () => {
  it("ends a channel with 4001 at 300 s from its creation, although every ping is answered", async () => {
    const { clock, open, join } = await testRelay();
    const first = await open();
    let pings = 0;
    first.socket.on("ping", () => pings++);
    for (let second = 5; second <= 295; second += 5) {
      const pinged = new Promise((resolve) => first.socket.once("ping", resolve));
      clock.advance(5_000 + (second === 5 ? SLACK : 0));
      await pinged;
      await first.settled();
    }
    const late = await join(first);
    expect(late.first.expires_in).toBe(4);
    clock.advance(5_000 - SLACK - 1);
    await Promise.all([first.settled(), late.settled()]);
    clock.advance(1 + SLACK);
    expect(await first.closed).toEqual({ code: 4001, reason: "lifespan over" });
    expect(await late.closed).toEqual({ code: 4001, reason: "lifespan over" });
    expect(pings).toBeGreaterThanOrEqual(59);
  });

  it("drops with 4002 who answers no ping, and then the other with 4003", async () => {
    const { relay, clock, open, join } = await testRelay({ heartbeat: 20, resumeWindow: 0 });
    const silent = await open({ autoPong: false });
    const lively = await join(silent);
    for (const milliseconds of [20_250, 20_250]) {
      const pinged = new Promise((resolve) => lively.socket.once("ping", resolve));
      clock.advance(milliseconds);
      await pinged;
      await lively.settled();
    }
    clock.advance(60_000 - 2 * 20_250 - 1);
    expect(relay.stats()).toMatchObject({ channels: 1, connections: 2, heartbeats: 2 });
    clock.advance(1 + SLACK);
    expect(await silent.closed).toEqual({ code: 4002, reason: "idle timeout" });
    await lively.settled();
    clock.advance(3_000 + SLACK);
    expect(await lively.closed).toEqual({ code: 4003, reason: "the other device left" });
  });

  it.each(["message", "ping"])("counts a %s as a sign of life", async (sign) => {
    const { relay, clock, open, join } = await testRelay({ heartbeat: 59 });
    const lively = await open({ autoPong: false });
    const silent = await join(lively, { autoPong: false });
    clock.advance(50_000);
    if (sign === "ping") await lively.settled();
    else {
      lively.send("x");
      await silent.next();
    }
    clock.advance(10_000 + SLACK);
    expect((await silent.closed).code).toBe(4002);
    expect(relay.stats()).toMatchObject({ heartbeats: 1 });
  });
});

describe("R10: leaving", () => {
  it.each([1000, 1001, 4321])("with %i sends the other away with 4003 after 2 to 5 s", async (code) => {
    const { clock, log, pair } = await testRelay();
    const [first, second] = await pair();
    second.socket.close(code);
    expect((await second.closed).code).toBe(code);
    clock.advance(2_000);
    first.send("counted and dropped");
    await first.settled();
    clock.advance(1_000 + SLACK);
    expect(await first.closed).toEqual({ code: 4003, reason: "the other device left" });
    expect(log.lines.map(({ event }) => event)).toEqual([
      "listening",
      "channel_opened",
      "participant_joined",
      "participant_left",
      "channel_ended",
    ]);
    expect(log.lines[3]?.fields).toMatchObject({ seat: 1, code });
  });

  it("counts from the close frame, even if the connection stays", async () => {
    const { relay, clock, log, open } = await testRelay();
    const first = await open();
    const left = log.next("participant_left");
    const raw = await rawClient(relay, first.id);
    // A masked close frame with 1000 (RFC 6455 §5.2), and no end of the TCP connection.
    raw.write(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]));
    expect((await left).fields.code).toBe(1000);
    clock.advance(3_000 + SLACK);
    expect((await first.closed).code).toBe(4003);
    raw.destroy();
  });

  it.each([
    ["a lost connection", 1006],
    ["a text that is not UTF-8", 1007],
  ])("by %s keeps the seat, and counts as leaving when its window is over", async (_name, code) => {
    const { clock, log, pair } = await testRelay();
    const [first, second] = await pair();
    const lost = log.next("participant_lost");
    if (code === 1006) second.socket.terminate();
    else second.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect((await lost).fields).toMatchObject({ seat: 1, code });
    for (let seconds = 0; seconds < 60; seconds += 20) {
      clock.advance(20_000);
      await first.settled();
    }
    clock.advance(2_000);
    await first.settled();
    clock.advance(1_000 + 2 * SLACK);
    expect((await first.closed).code).toBe(4003);
  });

  it("alone ends the channel at once", async () => {
    const { relay, log, open } = await testRelay();
    const client = await open();
    client.socket.close(1000);
    await client.closed;
    expect(relay.stats()).toMatchObject({ channels: 0, heartbeats: 0 });
    expect(log.lines.at(-1)).toMatchObject({
      event: "channel_ended",
      fields: { code: 1000, reason: "everyone left" },
    });
  });

  it("of both within the delay tells nobody anything", async () => {
    const { relay, pair } = await testRelay();
    const [first, second] = await pair();
    second.socket.close(1000);
    first.socket.close(1000);
    expect([(await first.closed).code, (await second.closed).code]).toEqual([1000, 1000]);
    expect(relay.stats().channels).toBe(0);
  });

  it("leaves who has always been alone alone", async () => {
    const { relay, clock, open } = await testRelay({ connLifespan: 0 });
    const client = await open();
    for (let count = 0; count < 10; count++) {
      const pinged = new Promise((resolve) => client.socket.once("ping", resolve));
      clock.advance(5_000 + SLACK);
      await pinged;
      await client.settled();
    }
    expect(relay.stats().channels).toBe(1);
  });
});

/** A connection to a channel that speaks only when the test writes bytes. */
function rawClient(relay: Relay, id: string): Promise<Socket> {
  const { hostname, port } = new URL(relay.url);
  const lines = Object.entries(handshake()).map(([name, value]) => `${name}: ${value}\r\n`);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true }, () => {
      socket.write(`GET /v1/ws/${id} HTTP/1.1\r\nHost: relay\r\n${lines.join("")}\r\n`);
    });
    socket.once("data", () => {
      resolve(socket);
    });
  });
}
