import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { systemRandom } from "../../src/lib/random.ts";
import { MemoryBackplane } from "../../src/relay/backplane-memory.ts";
import { ConnectionCount } from "../../src/relay/connection-count.ts";
import { DeadlineWheel, SLOT } from "../../src/relay/deadline-wheel.ts";
import { ENDINGS } from "../../src/relay/endings.ts";
import { limitsOf } from "../../src/relay/limits.ts";
import { createSocketServer } from "../../src/relay/relay-socket.ts";
import type { GivenSettings } from "../../src/relay/settings.ts";
import { parseSettings } from "../../src/relay/settings.ts";
import { UpgradeHandler } from "../../src/relay/upgrade-handler.ts";
import { FakeClock, handshake, RecordingLog, RecordingObserver } from "./support.ts";

function subject(given: GivenSettings = {}, random = systemRandom) {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const observer = new RecordingObserver();
  const connections = new ConnectionCount(clock);
  const backplane = new MemoryBackplane(limitsOf(parseSettings(given)), clock, random, observer);
  const context = {
    ...{ backplane, clock, log, connections, heartbeats: new DeadlineWheel<never>() },
    ...{ heartbeat: 5_000, clientTimeout: 60_000, slowConsumer: 65_536, tooLarge: ENDINGS.maxMessage },
  };
  const handler = new UpgradeHandler({
    ...{ context, random, sockets: createSocketServer(0), door: { opens: true, joins: true } },
    plainAnswer: () => Promise.reject(new Error("no plain answers here")),
  });
  return { handler, clock, log, observer, connections, backplane };
}

function request(url: string, headers: Record<string, string> = {}): IncomingMessage {
  const made = new IncomingMessage(new Socket());
  Object.assign(made, { url, method: "GET" });
  for (const [name, value] of Object.entries({ ...handshake(), ...headers }))
    made.headers[name.toLowerCase()] = value;
  return made;
}

const pipe = (): Duplex =>
  new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => { done(); } }); // prettier-ignore

describe("UpgradeHandler", () => {
  it.each([60, 0])("keeps the seat of a client gone before its answer for %i s", async (resumeWindow) => {
    const { handler, clock, observer, connections, backplane } = subject({ resumeWindow });
    const socket = pipe();
    socket.destroy();
    await handler.handle(request("/v1/ws/"), socket, Buffer.alloc(0));
    expect(backplane.channels).toBe(resumeWindow === 0 ? 0 : 1);
    clock.advance(resumeWindow * 1000 + SLOT);
    backplane.sweep();
    expect(observer.summaries).toMatchObject([{ ending: ENDINGS.everyoneLeft, participants: 1 }]);
    expect([backplane.channels, connections.value]).toEqual([0, 0]);
  });

  it.each([
    ["a random source that fails", "/v1/ws/", {}],
    ["an answer that fails", "/elsewhere", { Upgrade: "h2c" }],
  ])("survives %s: the connection is cut, the log says why", async (_name, url, headers) => {
    const { handler, log, backplane } = subject({}, () => {
      throw new Error("no randomness");
    });
    const socket = pipe();
    await handler.handle(request(url, headers), socket, Buffer.alloc(0));
    expect(socket.destroyed).toBe(true);
    expect(log.lines).toMatchObject([{ level: "error", event: "upgrade_failed" }]);
    expect(backplane.channels).toBe(0);
  });

  it("survives a socket that breaks while it is being answered", async () => {
    const { handler } = subject();
    const socket = pipe();
    const handled = handler.handle(request("/v1/ws/malformed"), socket, Buffer.alloc(0));
    socket.destroy(new Error("connection reset"));
    await handled;
    expect(socket.destroyed).toBe(true);
  });
});
