/** A relay that is the enemy, between real processes: it changes or repeats one message of a pairing, and is noticed. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { RawData } from "ws";
import { cleanUp, run } from "./harness.ts";
import { createWorld, EMAIL, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const TOKEN = "/auth/v1/oauth/token";

/** Two processes, and the joiner's own 20 seconds, on a machine that may be busy. */
const PATIENCE = { timeout: 120_000 };

/** What is done to the messages that go one way, each with its number among all that were relayed. */
type Mischief = (message: string, number: number) => readonly string[];

let world: World;
let enemy: WebSocketServer;
let mischief: Mischief;
let relayed = 0;

beforeAll(async () => {
  world = await createWorld();
  enemy = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  await once(enemy, "listening");
  enemy.on("connection", (client, request) => {
    const server = new WebSocket(world.relay.url + (request.url ?? ""), { perMessageDeflate: false });
    const waiting: string[] = [];
    client.on("message", (content) => {
      const messages = mischief(textOf(content), relayed++);
      if (server.readyState === WebSocket.OPEN) for (const message of messages) server.send(message);
      else waiting.push(...messages);
    });
    server.on("open", () => {
      for (const message of waiting.splice(0)) server.send(message);
    });
    server.on("message", (content) => {
      client.send(textOf(content));
    });
    server.on("close", (code, reason) => {
      if (code >= 1000 && code !== 1005 && code !== 1006) client.close(code, reason);
      else client.terminate();
    });
    client.on("close", () => {
      server.close(1000);
    });
    for (const socket of [client, server]) socket.on("error", () => undefined);
  });
});

afterAll(async () => {
  await cleanUp();
  for (const client of enemy.clients) client.terminate();
  enemy.close();
  await world.close();
});

function textOf(content: RawData): string {
  return Buffer.isBuffer(content) ? content.toString("utf8") : "";
}

/** A pairing through the enemy. */
async function pairThrough(change: Mischief) {
  mischief = change;
  relayed = 0;
  const { port } = enemy.address() as AddressInfo;
  const through = ["--server", world.accounts.url, "--channel-server", `ws://127.0.0.1:${port}`];
  const { program: host, url } = await world.host(through.slice(2));
  const redeemed = world.accounts.requests.count(TOKEN);
  const folder = world.newFolder();
  const args = [
    "join",
    ...through,
    "--config-dir",
    folder,
    "--json",
    "--yes",
    "--expect-email",
    EMAIL,
    "--timeout",
    "20",
    "-",
  ];
  const joined = await run(args, { input: url });
  const hostStatus = await host.exit;
  return {
    statuses: [hostStatus, joined.status],
    redeemed: world.accounts.requests.count(TOKEN) - redeemed,
    stored: storedCredentials(folder) !== undefined,
  };
}

function flipped(message: string): string {
  const bytes = Buffer.from(message, "base64url");
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  return bytes.toString("base64url");
}

describe("a relay that leaves everything as it is", () => {
  it("carries eight messages and a close a side", async () => {
    expect(await pairThrough((message) => [message])).toEqual({
      statuses: [0, 0],
      redeemed: 1,
      stored: true,
    });
    expect(relayed).toBe(10);
  });
});

/** A side that ended well has what it came for, and only then. */
function expectNoticed({ statuses, stored }: Awaited<ReturnType<typeof pairThrough>>): void {
  expect(statuses).toContain(7);
  expect(stored).toBe(statuses[1] === 0);
}

// The ninth and tenth are the close_notifies: nobody needs them.
describe.each([0, 1, 2, 3, 4, 5, 6, 7])("message %i of a pairing", (target) => {
  it("is noticed when one bit of it was changed", PATIENCE, async () => {
    expectNoticed(await pairThrough((message, number) => [number === target ? flipped(message) : message]));
  });

  // What comes after the last message that a side needs, it does not look at.
  it.skipIf(target === 7)("is noticed when it comes twice", PATIENCE, async () => {
    expectNoticed(
      await pairThrough((message, number) => (number === target ? [message, message] : [message])),
    );
  });
});
