import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { systemRandom } from "../../src/lib/random.ts";
import { MemoryBackplane } from "../../src/relay/backplane-memory.ts";
import type { ChannelSummary } from "../../src/relay/backplane.ts";
import { ConnectionCount } from "../../src/relay/connection-count.ts";
import { DeadlineWheel } from "../../src/relay/deadline-wheel.ts";
import { ENDINGS } from "../../src/relay/endings.ts";
import { limitsOf } from "../../src/relay/limits.ts";
import { createSocketServer } from "../../src/relay/relay-socket.ts";
import { DEFAULT_SETTINGS } from "../../src/relay/settings.ts";
import { UpgradeHandler } from "../../src/relay/upgrade-handler.ts";
import { FakeClock, handshake, RecordingLog } from "./support.ts";

function subject(random = systemRandom) {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const ended: ChannelSummary[] = [];
  const connections = new ConnectionCount(clock);
  const backplane = new MemoryBackplane(limitsOf(DEFAULT_SETTINGS), clock, {
    ended: (each) => ended.push(each),
  });
  const context = {
    ...{ backplane, clock, log, connections, heartbeats: new DeadlineWheel<never>() },
    ...{ heartbeat: 5_000, clientTimeout: 60_000, slowConsumer: 65_536, tooLarge: ENDINGS.maxMessage },
  };
  const handler = new UpgradeHandler({
    ...{ context, random, sockets: createSocketServer(0), door: { opens: true, joins: true } },
    plainAnswer: () => Promise.reject(new Error("no plain answers here")),
  });
  return { handler, log, ended, connections, backplane };
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
  it("gives the seat back when the client is gone before it gets its answer", async () => {
    const { handler, ended, connections, backplane } = subject();
    const socket = pipe();
    socket.destroy();
    await handler.handle(request("/v1/ws/"), socket, Buffer.alloc(0));
    expect(ended).toMatchObject([{ ending: ENDINGS.everyoneLeft, participants: 1 }]);
    expect([backplane.channels, connections.value]).toEqual([0, 0]);
  });

  it.each([
    ["a random source that fails", "/v1/ws/", {}],
    ["an answer that fails", "/elsewhere", { Upgrade: "h2c" }],
  ])("survives %s: the connection is cut, the log says why", async (_name, url, headers) => {
    const { handler, log, backplane } = subject(() => {
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
