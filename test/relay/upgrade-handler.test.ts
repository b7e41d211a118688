import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import type { RandomSource } from "../../src/lib/random.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { MemoryBackplane } from "../../src/relay/backplane-memory.ts";
import type { Admission, Message } from "../../src/relay/backplane.ts";
import { isRefusal } from "../../src/relay/backplane.ts";
import { TrustedProxies } from "../../src/relay/client-address.ts";
import type { Connection } from "../../src/relay/connection.ts";
import { ConnectionCount } from "../../src/relay/connection-count.ts";
import { MOST_CONTROL_FRAMES } from "../../src/relay/control-frames.ts";
import { DeadlineWheel } from "../../src/relay/deadline-wheel.ts";
import { ENDINGS } from "../../src/relay/endings.ts";
import { OPCODE } from "../../src/relay/frames.ts";
import { limitsOf } from "../../src/relay/limits.ts";
import { RelayMetrics } from "../../src/relay/metrics.ts";
import type { Places } from "../../src/relay/places.ts";
import { NOWHERE } from "../../src/relay/places.ts";
import { CLOSE_TIMEOUT } from "../../src/relay/relay-socket.ts";
import type { GivenSettings } from "../../src/relay/settings.ts";
import { parseSettings } from "../../src/relay/settings.ts";
import { Telemetry } from "../../src/relay/telemetry.ts";
import { UpgradeHandler } from "../../src/relay/upgrade-handler.ts";
import { clientFrame } from "./client-frames.ts";
import { FakeClock, handshake, RecordingLog, RecordingObserver } from "./support.ts";

interface SubjectOptions {
  random?: RandomSource;
  door?: { opens: boolean; joins: boolean };
  Backplane?: typeof MemoryBackplane;
  places?: Places;
  figures?: RelayMetrics;
}

function subject(given: GivenSettings = {}, options: SubjectOptions = {}) {
  const { random = systemRandom, door = { opens: true, joins: true }, Backplane = MemoryBackplane } = options;
  const { places = NOWHERE, figures } = options;
  const clock = new FakeClock();
  const log = new RecordingLog();
  const observer = new RecordingObserver();
  const connections = new ConnectionCount(clock);
  const heard = figures ?? observer;
  const backplane = new Backplane(limitsOf(parseSettings(given)), clock, random, heard);
  const context = {
    ...{
      backplane,
      clock,
      telemetry: new Telemetry(log, clock, figures),
      connections,
      heartbeats: new DeadlineWheel<Connection>(),
    },
    ...{ heartbeat: 5_000, clientTimeout: 60_000, slowConsumer: 65_536 },
    ...{ largestMessage: 24_576, tooLarge: ENDINGS.maxMessage },
  };
  const handler = new UpgradeHandler({
    ...{ context, random, door },
    ...{ proxies: new TrustedProxies([]), places },
    plainAnswer: () => Promise.reject(new Error("no plain answers here")),
  });
  return { handler, clock, log, observer, connections, backplane, heartbeats: context.heartbeats };
}

function request(url: string, headers: Record<string, string> = {}): IncomingMessage {
  const made = new IncomingMessage(new Socket());
  Object.assign(made, { url, method: "GET", httpVersion: "1.1" });
  for (const [name, value] of Object.entries({ ...handshake(), ...headers }))
    made.headers[name.toLowerCase()] = value;
  return made;
}

const pipe = (): Duplex =>
  new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => { done(); } }); // prettier-ignore

const ID = "AAAAAAAAAAAAAAAAAAAAAA";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A masked text frame of that many bytes (RFC 6455 §5.2), with a mask that changes nothing. */
const frame = (bytes: number): Buffer =>
  Buffer.concat([Buffer.from([0x81, 0xfe, bytes >> 8, bytes & 0xff, 0, 0, 0, 0]), Buffer.alloc(bytes, "x")]);

describe("UpgradeHandler", () => {
  it("gives the seat back when the client is gone before it gets its answer", async () => {
    const { handler, observer, connections, backplane } = subject();
    const socket = pipe();
    socket.destroy();
    await handler.handle(request("/v1/ws/"), socket, Buffer.alloc(0));
    expect(observer.summaries).toMatchObject([{ ending: ENDINGS.everyoneLeft, participants: 1 }]);
    expect([backplane.channels, connections.value]).toEqual([0, 0]);
  });

  it("counts a channel that was opened for a client who is gone, as its end is counted", async () => {
    const figures = new RelayMetrics();
    const { handler } = subject({}, { figures });
    const socket = pipe();
    socket.destroy();
    await handler.handle(request("/v1/ws/"), socket, Buffer.alloc(0));
    const text = await figures.text();
    expect(text).toMatch(/^fxa_pair_relay_channels_created_total 1$/m);
    expect(text).toMatch(/^fxa_pair_relay_channels_ended_total{reason="everyone left"} 1$/m);
    expect(text).toMatch(/^fxa_pair_relay_connections_accepted_total 0$/m);
  });

  it("keeps a seat taken again whose client is gone before it gets its answer", async () => {
    const { handler, connections, backplane } = subject();
    const opened = await backplane.open({ id: ID, address: "", token: "one", nameplate: false });
    if (isRefusal(opened)) throw new Error(opened.message);
    backplane.lose(opened);
    const socket = pipe();
    socket.destroy();
    await handler.handle(request(`/v1/ws/${ID}?resume=one`), socket, Buffer.alloc(0));
    expect([backplane.channels, connections.value]).toEqual([1, 0]);
    const resumed = { id: ID, address: "", presented: "one", token: "three", received: 0 };
    expect(await backplane.resume(resumed)).toMatchObject({ connection: 2 });
  });

  it.each([
    ["a random source that fails", "/v1/ws/", {}],
    ["an answer that fails", "/elsewhere", { Upgrade: "h2c" }],
  ])("survives %s: the connection is cut, the log says why", async (_name, url, headers) => {
    const { handler, log, backplane } = subject(
      {},
      {
        random: () => {
          throw new Error("no randomness");
        },
      },
    );
    const socket = pipe();
    await handler.handle(request(url, headers), socket, Buffer.alloc(0));
    expect(socket.destroyed).toBe(true);
    expect(log.lines).toMatchObject([{ level: "error", event: "upgrade_failed" }]);
    expect(backplane.channels).toBe(0);
  });

  it("gives the seat back when there can be no connection after all", async () => {
    const places = { find: () => { throw new Error("no database"); } }; // prettier-ignore
    const { handler, clock, log, observer, backplane } = subject({}, { places });
    const socket = pipe();
    await handler.handle(request("/v1/ws/"), socket, Buffer.alloc(0));
    expect([socket.destroyed, backplane.channels]).toEqual([true, 0]);
    expect(log.lines.at(-1)).toMatchObject({ level: "error", event: "upgrade_failed" });
    expect(observer.summaries).toMatchObject([{ ending: ENDINGS.everyoneLeft, participants: 1 }]);
    const [opened, joined] = [
      await backplane.open({ id: ID, address: "", token: "one", nameplate: false }),
      await backplane.join({ id: ID, address: "", token: "two" }),
    ];
    if (isRefusal(opened) || isRefusal(joined)) throw new Error("refused");
    backplane.lose(joined);
    await handler.handle(request(`/v1/ws/${ID}?resume=two`), pipe(), Buffer.alloc(0));
    backplane.leave(opened);
    clock.advance(60_250);
    backplane.sweep();
    expect(observer.summaries.at(-1)).toMatchObject({ id: ID, ending: ENDINGS.everyoneLeft });
  });

  it("survives a socket that breaks while it is being answered", async () => {
    const { handler } = subject();
    const socket = pipe();
    const handled = handler.handle(request("/v1/ws/malformed"), socket, Buffer.alloc(0));
    socket.destroy(new Error("connection reset"));
    await handled;
    expect(socket.destroyed).toBe(true);
  });

  it.each(["/v1/ws/AAAAAAAAAAAAAAAAAAAAAA", "/v1/ws/AAAAAAAAAAAAAAAAAAAAAA?resume=x", "/v1/nameplates/7"])(
    "lets nobody in by %s once the door is shut, and says when to come back",
    async (path) => {
      const { handler, log } = subject({}, { door: { opens: false, joins: false } });
      const socket = pipe();
      await handler.handle(request(path), socket, Buffer.alloc(0));
      expect(log.lines.at(-1)).toMatchObject({
        event: "refused",
        fields: { status: 503, error: "draining" },
      });
      expect(socket.writableEnded).toBe(true);
    },
  );

  it("R4: takes a message in pieces of any size", async () => {
    const { handler, observer } = subject();
    const socket = pipe();
    await handler.handle(request("/v1/ws/"), socket, Buffer.alloc(0));
    const large = frame(24_576);
    for (let start = 0; start < large.length; start += 512) socket.push(large.subarray(start, start + 512));
    for (const byte of frame(1_000)) socket.push(Buffer.from([byte]));
    await nextTurn();
    expect([observer.messages, observer.summaries]).toEqual([[24_576, 1_000], []]);
  });

  it("reads what came with the request", async () => {
    const { handler, observer } = subject();
    await handler.handle(request("/v1/ws/"), pipe(), frame(200));
    await nextTurn();
    expect(observer.messages).toEqual([200]);
  });

  it("R4: hands on what came, and not the envelope that is many times as long", async () => {
    const relayed: Message[] = [];
    class Listening extends MemoryBackplane {
      override relay(_admission: Admission, message: Message): void {
        relayed.push(message);
      }
    }
    const { handler } = subject({}, { Backplane: Listening });
    const text = "\u0001".repeat(1_000) + "一";
    const payload = { opcode: OPCODE.text, payload: text };
    await handler.handle(request("/v1/ws/", { "User-Agent": "x" }), pipe(), clientFrame(payload));
    await nextTurn();
    expect(relayed).toEqual([{ text, sender: ',"sender":{"ua":"x"}}' }]);
  });

  it("R9, R10: survives a fault in relaying, which ends the channel with 1013", async () => {
    class Faulty extends MemoryBackplane {
      override relay(): void {
        throw new RangeError("Invalid string length");
      }
    }
    const { handler, log, observer } = subject({}, { Backplane: Faulty });
    const socket = pipe();
    await handler.handle(request("/v1/ws/"), socket, Buffer.alloc(0));
    socket.push(frame(5));
    await nextTurn();
    const fields = { error: "Invalid string length" };
    expect(log.lines.at(-1)).toMatchObject({ level: "error", event: "relaying_failed", fields });
    expect(observer.summaries).toMatchObject([{ ending: ENDINGS.tryLater, exchanges: 0 }]);
  });

  it("R4: hears no more of a peer that goes on with pings after the close frame", async () => {
    const { handler, backplane, clock } = subject();
    const socket = pipe();
    await handler.handle(request("/v1/ws/"), socket, Buffer.alloc(0));
    clock.advance(300_250);
    backplane.sweep();
    // Masked, without payload (RFC 6455 §5.2).
    const ping = Buffer.from([0x89, 0x80, 0, 0, 0, 0]);
    for (let count = 0; count < MOST_CONTROL_FRAMES; count++) socket.push(ping);
    await nextTurn();
    expect(socket.writableEnded).toBe(false);
    socket.push(ping);
    await nextTurn();
    expect(socket.writableEnded).toBe(true);
  });

  it("R4: answers no more pings than a peer that does not read may leave unread", async () => {
    const { handler } = subject();
    const socket = new Duplex({ read: () => undefined, write: () => undefined });
    await handler.handle(request("/v1/ws/"), socket, Buffer.alloc(0));
    const before = socket.writableLength;
    // Masked, with the longest payload (RFC 6455 §5.2, §5.5).
    const ping = Buffer.concat([Buffer.from([0x89, 0x80 | 125, 0, 0, 0, 0]), Buffer.alloc(125)]);
    for (let count = 0; count < MOST_CONTROL_FRAMES; count++) socket.push(ping);
    await nextTurn();
    expect(socket.writableLength).toBeGreaterThan(before);
    expect(socket.writableLength).toBeLessThan(4_096 + 2 * ping.length);
  });

  it("R3: ends a channel whose lifespan is over, even if the backplane's own time goes another way", async () => {
    const { handler, observer, clock, heartbeats } = subject({ connLifespan: 20 });
    const socket = pipe();
    await handler.handle(request("/v1/ws/"), socket, Buffer.alloc(0));
    const beat = (milliseconds: number): void => {
      clock.advance(milliseconds);
      for (const connection of heartbeats.take(clock.now())) connection.beat(clock.now());
    };
    for (let beats = 0; beats < 3; beats++) beat(5_250);
    expect(observer.summaries).toEqual([]);
    beat(5_250);
    expect(observer.summaries).toMatchObject([{ ending: ENDINGS.lifespanOver }]);
  });

  it("R4: cuts a connection whose peer does not answer the close frame", async () => {
    const { handler, backplane, connections, observer, clock } = subject();
    const socket = pipe();
    await handler.handle(request("/v1/ws/"), socket, Buffer.alloc(0));
    clock.advance(300_250);
    backplane.sweep();
    expect(observer.summaries).toMatchObject([{ ending: ENDINGS.lifespanOver }]);
    await nextTurn();
    clock.advance(CLOSE_TIMEOUT - 1);
    expect([socket.destroyed, connections.value]).toEqual([false, 1]);
    clock.advance(1);
    expect(socket.destroyed).toBe(true);
    await nextTurn();
    expect(connections.value).toBe(0);
    expect(CLOSE_TIMEOUT).toBe(5_000);
  });

  it.each([
    ["may wait until it has shown life, beside what a slow reader is granted", false, 2],
    ["is nothing that may wait once it has shown life", true, 0],
  ])("R4: what a participant had missed %s", async (_name, life, granted) => {
    const { handler, backplane, observer } = subject({ slowConsumer: 65_536, maxData: 0 });
    const opened = await backplane.open({ id: ID, address: "", token: "one", nameplate: false });
    const joined = await backplane.join({ id: ID, address: "", token: "two" });
    if (isRefusal(opened) || isRefusal(joined)) throw new Error("refused");
    backplane.lose(joined);
    const say = (count: number): void => {
      for (let sent = 0; sent < count; sent++)
        backplane.relay(opened, { text: "x".repeat(24_000), sender: "" }, 24_000);
    };
    say(4);
    const stuck = new Duplex({ read: () => undefined, write: () => undefined });
    await handler.handle(request(`/v1/ws/${ID}?resume=two`), stuck, Buffer.alloc(0));
    // A masked pong (RFC 6455 §5.2).
    if (life) stuck.push(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
    await nextTurn();
    say(granted);
    expect(observer.summaries).toEqual([]);
    say(1);
    expect(observer.summaries).toMatchObject([{ ending: ENDINGS.slowConsumer }]);
  });
});
