/** What whoever runs the relay can do about a code to type: record everything, search, and sit in the middle. */
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { joinChannel } from "../../src/channel/pairing-channel.ts";
import * as cpace from "../../src/cpace/cpace.ts";
import * as exchange from "../../src/cpace/exchange.ts";
import * as messages from "../../src/cpace/messages.ts";
import * as psk from "../../src/cpace/psk.ts";
import { decodeBase64url } from "../../src/lib/base64url.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { TlsPskConnection } from "../../src/tls/connection.ts";
import { openCodePair, PASSWORD, recordType, relayWithNameplate } from "./code-harness.ts";
import { optionsFor } from "./harness.ts";
import { CHANNEL_ID, MemoryRelay } from "./memory-relay.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest());

/** What a relay has of a pairing by a code. */
interface Recording {
  readonly sessionId: Uint8Array;
  readonly joinerShare: Uint8Array;
  readonly hostShare: Uint8Array;
  /** The ClientHello, whose binder only the pre-shared key makes. */
  readonly hello: Uint8Array;
}

async function record(): Promise<{ recording: Recording; key: Uint8Array }> {
  const { relay, host, join, readers } = await openCodePair();
  expect(await readers.host.next()).toEqual({ type: "connected" });
  const key = new Uint8Array(host.key);
  await Promise.all([host.close(), join.close()]);
  const [first, second, third] = relay.frames.map(({ text }) => text);
  const joiner = messages.parseJoinerMessage(first ?? "");
  const hostShare = messages.parseHostMessage(second ?? "");
  const hello = decodeBase64url(third ?? "");
  if (joiner === undefined || hostShare === undefined || hello === undefined) throw new Error("no recording");
  return { recording: { sessionId: joiner.sessionId, joinerShare: joiner.share, hostShare, hello }, key };
}

/** Whether the recorded binder was made with this key: what a host would say of the ClientHello. */
function verifies(hello: Uint8Array, key: Uint8Array): boolean {
  const settings = { role: "server", psk: key, pskIdentity: utf8(CHANNEL_ID), random: systemRandom } as const;
  const server = new TlsPskConnection(settings);
  server.feed(hello);
  const types: string[] = [];
  for (let event = server.take(); event !== undefined; event = server.take()) types.push(event.type);
  server.dispose();
  return !types.includes("failed");
}

/** Keys that the words alone give, by hashes and by the functions of the source that need no scalar. */
function keysOfWords(password: string, { sessionId, joinerShare, hostShare }: Recording): Uint8Array[] {
  const words = utf8(password);
  const input = { password: words, channelIdentifier: utf8(`fxa-pair/1${CHANNEL_ID}`), sessionId };
  const generator = cpace.calculateGenerator(input);
  const text = cpace.generatorString(input);
  const points = [generator, joinerShare, hostShare, sessionId, words, new Uint8Array(32)];
  const secrets = points.flatMap((point) => [point, intermediate(point)]);
  return [words, sha256(words), sha256(text), ...secrets].flatMap((secret) => [
    secret,
    psk.derivePsk(secret),
  ]);

  function intermediate(point: Uint8Array): Uint8Array {
    return cpace.intermediateKey(sessionId, point, {
      initiatorShare: joinerShare,
      initiatorData: new Uint8Array(0),
      responderShare: hostShare,
      responderData: new Uint8Array(0),
    });
  }
}

/** Keys that the words give with scalars of the relay's own, drawn or made of the words. */
function keysOfOwnScalars(password: string, recording: Recording): Uint8Array[] {
  const { sessionId, joinerShare, hostShare } = recording;
  const words = utf8(password);
  const channelIdentifier = utf8(`fxa-pair/1${CHANNEL_ID}`);
  const generator = cpace.calculateGenerator({ password: words, channelIdentifier, sessionId });
  const scalars = [
    cpace.sampleScalar(systemRandom),
    cpace.sampleScalar((length) => new Uint8Array(length).fill(1)),
    cpace.sampleScalar(
      (length) => new Uint8Array(createHash("sha512").update(words).digest().subarray(0, length)),
    ),
  ];
  const points = scalars.flatMap((scalar) =>
    [generator, joinerShare, hostShare].map(
      (point) => cpace.verifiedMultiply(scalar, point) ?? new Uint8Array(32),
    ),
  );
  return points.flatMap((secretPoint) => {
    const key = cpace.intermediateKey(sessionId, secretPoint, {
      initiatorShare: joinerShare,
      initiatorData: new Uint8Array(0),
      responderShare: hostShare,
      responderData: new Uint8Array(0),
    });
    return [key, psk.derivePsk(key)];
  });
}

/** Keys that either side's part gives, played again with the recorded messages. */
function keysOfReplays(password: string): (recording: Recording) => Uint8Array[] {
  return ({ sessionId, joinerShare, hostShare }) => {
    const input = { password, channelId: CHANNEL_ID };
    const random = (length: number) => (length === sessionId.length ? sessionId : systemRandom(length));
    const asHost = exchange.respond(
      { ...input, random },
      messages.formatJoinerMessage({ sessionId, share: joinerShare }),
    );
    const asJoiner = new exchange.JoinerExchange({ ...input, random });
    return [asHost.psk, asJoiner.finish(messages.formatHostMessage(hostShare))];
  };
}

describe("W1: a relay that records everything", () => {
  it("finds no key with the right words, by any derivation in the source", async () => {
    const { recording, key } = await record();
    expect(verifies(recording.hello, key)).toBe(true);
    const keys = [
      ...keysOfWords(PASSWORD, recording),
      ...keysOfOwnScalars(PASSWORD, recording),
      ...keysOfReplays(PASSWORD)(recording),
    ];
    expect(keys.length).toBeGreaterThan(40);
    for (const candidate of keys) expect(verifies(recording.hello, candidate)).toBe(false);
  });

  it("has been tried with each function that makes something of the words", () => {
    const functions = [cpace, exchange, psk].flatMap((module) =>
      Object.entries(module).flatMap(([name, value]) => (typeof value === "function" ? [name] : [])),
    );
    expect(functions.sort()).toEqual([
      "ExchangeError",
      "JoinerExchange",
      "calculateGenerator",
      "calculateShare",
      "derivePsk",
      "generatorString",
      "intermediateKey",
      "respond",
      "sampleScalar",
      "verifiedMultiply",
    ]);
  });

  it("would find words that were the key themselves, and does not find these, by the same search", async () => {
    const beginning = PASSWORD.slice(0, PASSWORD.lastIndexOf("-") + 1);
    const search = (hello: Uint8Array, derive: (password: string) => Uint8Array) =>
      wordlist.filter((word) => verifies(hello, derive(beginning + word)));
    const direct = (password: string) => psk.derivePsk(utf8(password));

    const naive = new MemoryRelay();
    const options = { ...optionsFor(naive), channelId: CHANNEL_ID, channelKey: direct(PASSWORD) };
    await (await joinChannel(options)).close();
    const helloOfNaive = decodeBase64url(naive.frames[0]?.text ?? "") ?? new Uint8Array(0);
    expect(search(helloOfNaive, direct)).toEqual(["zoo"]);

    const { recording } = await record();
    expect(search(recording.hello, direct)).toEqual([]);
  });

  it("sees other messages each time, whatever the words", async () => {
    const seen = new Set<string>();
    for (let run = 0; run < 5; run++) {
      const { recording } = await record();
      for (const bytes of [recording.sessionId, recording.joinerShare, recording.hostShare]) {
        seen.add(Buffer.from(bytes).toString("hex"));
      }
    }
    expect(seen.size).toBe(15);
  });
});

describe("a relay in the middle", () => {
  it("has one guess on either side, and both devices hear of it", async () => {
    const relay = relayWithNameplate();
    const guess = { password: "tiger-abandon-zone", channelId: CHANNEL_ID, random: systemRandom };
    const towardsHost = new exchange.JoinerExchange(guess);
    const won: Uint8Array[] = [];
    relay.tap = ({ text }, index) => {
      if (index === 0) {
        const { answer, psk: key } = exchange.respond(guess, text);
        won.push(key);
        queueMicrotask(() => relay.seats[1]?.emit({ type: "text", text: enveloped(answer) }));
        return [towardsHost.message];
      }
      if (index === 1) {
        won.push(towardsHost.finish(text));
        return [];
      }
      return [text];
    };
    const { readers } = await openCodePair({ relay });
    const ends = [await readers.host.rest(), await readers.join.rest()];
    expect(ends).toMatchObject([[{ type: "ended" }], [{ type: "ended" }]]);
    const [hello] = relay.frames.filter((frame) => recordType(frame) === 22);
    expect(won).toHaveLength(2);
    for (const key of won) expect(verifies(decodeBase64url(hello?.text ?? "") ?? key, key)).toBe(false);
    expect(ends.flat().map((event) => (event.type === "ended" ? event.error.message : ""))).toEqual([
      expect.stringContaining("Somebody tried a wrong code"),
      expect.stringContaining("The code was wrong"),
    ]);
  });

  it("gets no further by changing the channel's id: it is part of what both sides agree on", async () => {
    const relay = relayWithNameplate();
    let greetings = 0;
    Object.defineProperty(relay, "greeting", {
      get: () => ({ nameplate: "7", ...(greetings++ === 0 ? {} : { channelid: "EAECAwQFBgcICQoLDA0ODw" }) }),
    });
    const { readers } = await openCodePair({ relay });
    expect(await readers.host.rest()).toMatchObject([{ type: "ended", error: { code: "channel_security" } }]);
    expect(await readers.join.rest()).toMatchObject([{ type: "ended", error: { code: "channel_security" } }]);
  });
});

function enveloped(message: string): string {
  return JSON.stringify({ message, sender: {} });
}
