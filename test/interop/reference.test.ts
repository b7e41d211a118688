/**
 * The reference implementation of the channel, as Firefox and its accounts server use it, against ours in both roles,
 * through our relay. It pads its base64url and sends a long session id, so the server flight has one frame more.
 */
import { createRequire } from "node:module";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createChannel, joinChannel } from "../../src/channel/pairing-channel.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { noProxy } from "../../src/network/proxies.ts";
import { runAuthority } from "../../src/pairing/run-authority.ts";
import { runSupplicant } from "../../src/pairing/run-supplicant.ts";
import { EventReader } from "../channel/harness.ts";
import { OLDSYNC, POLICY, REQUEST } from "../pairing/request-fixture.ts";
import { closeRelays, testRelay } from "../relay/support.ts";

interface ReferenceChannel {
  readonly channelId: string;
  readonly channelKey: Uint8Array;
  send(document: unknown): Promise<void>;
  close(): Promise<void>;
  addEventListener(type: string, listener: (event: { detail: never }) => void): void;
}
interface Reference {
  create(server: string): Promise<ReferenceChannel>;
  connect(server: string, channelId: string, channelKey: Uint8Array): Promise<ReferenceChannel>;
}

let reference: Reference;
beforeAll(() => {
  // Written for browsers.
  Object.assign(globalThis, { window: globalThis, WebSocket });
  const path = "fxa-pairing-channel/dist/FxAccountsPairingChannel.babel.umd.js";
  reference = (createRequire(import.meta.url)(path) as { PairingChannel: Reference }).PairingChannel;
});
afterEach(closeRelays);

const CODE = "0123456789abcdef".repeat(4);
const METADATA = { email: "a@b.example", avatar: null, displayName: "A", deviceName: "desk" };
const REQUEST_DATA = {
  client_id: REQUEST.clientId,
  scope: `profile ${OLDSYNC}`,
  state: REQUEST.state,
  code_challenge: REQUEST.codeChallenge,
  code_challenge_method: "S256",
  access_type: "offline",
  keys_jwk: REQUEST.keysJwk,
};

/** The reference leaves rejections of its own unhandled when a handshake fails; they are no fault of this test. */
async function tolerateItsRejections(test: () => Promise<void>): Promise<void> {
  const listeners = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (reason) => {
    if (!(reason as Error).message.startsWith("TLS Alert")) throw reason as Error;
  });
  try {
    await test();
    await new Promise(setImmediate);
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const listener of listeners) process.on("unhandledRejection", listener);
  }
}

/** Its messages one by one; fails when it reports an error. */
function messages(channel: ReferenceChannel) {
  const received: { message: string; data: Record<string, unknown> }[] = [];
  const waiting: ((document: unknown) => void)[] = [];
  channel.addEventListener("message", ({ detail }: { detail: { data: never } }) => {
    const next = waiting.shift();
    if (next === undefined) received.push(detail.data);
    else next(detail.data);
  });
  return {
    next: () => Promise.resolve(received.shift() ?? new Promise((resolve) => waiting.push(resolve))),
    closed: new Promise((resolve) => {
      channel.addEventListener("close", resolve);
    }),
    failed: new Promise<Error>((resolve) => {
      channel.addEventListener("error", ({ detail }: { detail: { error: Error } }) => {
        resolve(detail.error);
      });
    }),
  };
}

const optionsFor = (relayUrl: string) => ({
  relayUrl,
  clock: systemClock,
  random: systemRandom,
  userAgent: "fxa-pair/0 (test)",
  proxyFor: noProxy,
});

describe("the reference as supplicant, ours as authority", () => {
  it("pairs", async () => {
    const { relay } = await testRelay({ maxExchanges: 11 });
    const channel = await createChannel(optionsFor(relay.url));
    const authority = runAuthority({
      channel,
      clock: systemClock,
      policy: POLICY,
      metadata: METADATA,
      timeout: 20_000,
      clientName: async () => null,
      authorize: async () => CODE,
      ask: async () => true,
      report: () => undefined,
      signal: new AbortController().signal,
    });
    const supplicant = await reference.connect(relay.url, channel.id, new Uint8Array(channel.key));
    const inbox = messages(supplicant);
    await supplicant.send({ message: "pair:supp:request", data: REQUEST_DATA });
    expect(await inbox.next()).toEqual({ message: "pair:auth:metadata", data: METADATA });
    expect(await inbox.next()).toEqual({
      message: "pair:auth:authorize",
      data: { code: CODE, state: REQUEST.state },
    });
    await supplicant.send({ message: "pair:supp:authorize" });
    await supplicant.close();
    expect(await authority).toEqual({ clientId: REQUEST.clientId });
    await inbox.closed;
  });

  it("with another key gets nowhere on either side", () =>
    tolerateItsRejections(async () => {
      const { relay } = await testRelay();
      const channel = await createChannel(optionsFor(relay.url));
      const supplicant = await reference.connect(relay.url, channel.id, new Uint8Array(32));
      expect(await messages(supplicant).failed).toMatchObject({
        message: expect.stringMatching(/decrypt_error/i),
      });
      expect(await new EventReader(channel).rest()).toMatchObject([
        { type: "ended", error: { code: "channel_security", details: { fromPeer: false } } },
      ]);
      await channel.close();
    }));
});

describe("the reference as authority, ours as supplicant", () => {
  it("pairs", async () => {
    const { relay } = await testRelay({ maxExchanges: 10 });
    const authority = await reference.create(relay.url);
    const inbox = messages(authority);
    const channel = await joinChannel({
      ...optionsFor(relay.url),
      channelId: authority.channelId,
      channelKey: authority.channelKey,
    });
    const redeemed: string[] = [];
    const supplicant = runSupplicant({
      channel,
      clock: systemClock,
      timeout: 20_000,
      request: REQUEST,
      ask: async () => true,
      async redeem(code, email) {
        redeemed.push(code, email);
      },
      report: () => undefined,
      signal: new AbortController().signal,
    });
    expect(await inbox.next()).toEqual({ message: "pair:supp:request", data: REQUEST_DATA });
    await authority.send({ message: "pair:auth:metadata", data: METADATA });
    expect(await inbox.next()).toMatchObject({ message: "pair:supp:authorize" });
    await authority.send({ message: "pair:auth:authorize", data: { code: CODE, state: REQUEST.state } });
    await inbox.closed;
    await authority.close();
    await supplicant;
    expect(redeemed).toEqual([CODE, METADATA.email]);
  });

  it("with another key gets nowhere on either side", () =>
    tolerateItsRejections(async () => {
      const { relay } = await testRelay();
      const authority = await reference.create(relay.url);
      const failed = messages(authority).failed;
      const channel = await joinChannel({
        ...optionsFor(relay.url),
        channelId: authority.channelId,
        channelKey: new Uint8Array(32),
      });
      expect(await failed).toBeInstanceOf(Error);
      expect(await new EventReader(channel).rest()).toMatchObject([
        { type: "ended", error: { code: "channel_security", details: { fromPeer: true } } },
      ]);
      await channel.close();
    }));
});
