import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createChannel, joinChannel } from "../../src/channel/pairing-channel.ts";
import type { PairingChannel } from "../../src/channel/pairing-channel.ts";
import { ConnectError } from "../../src/channel/socket.ts";
import type { ConnectFacts } from "../../src/channel/socket.ts";
import { encodeBase64url } from "../../src/lib/base64url.ts";
import type { FxaPairError } from "../../src/lib/errors.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { FakeClock } from "../relay/support.ts";
import { EventReader, openPair, optionsFor } from "./harness.ts";
import { CHANNEL_ID, MemoryRelay } from "./memory-relay.ts";

const KEY = new Uint8Array(32).fill(7);
const OTHER_ID = "EAECAwQFBgcICQoLDA0ODw";

async function connected(relay = new MemoryRelay()) {
  const clock = new FakeClock();
  const { host, join } = await openPair(relay, clock);
  const readers = { host: new EventReader(host), join: new EventReader(join) };
  expect(await readers.host.next()).toEqual({ type: "connected" });
  expect(await readers.join.next()).toEqual({ type: "connected" });
  return { relay, clock, host, join, readers };
}

const joinWith = (relay: MemoryRelay) =>
  joinChannel({ ...optionsFor(relay), channelId: CHANNEL_ID, channelKey: KEY });
const zeros = new Uint8Array(32);

describe("two devices in a channel", () => {
  it("exchange documents as they are, with what the relay says of the sender", async () => {
    const { host, join, readers } = await connected();
    const text = '\uFEFF{"x":"ü€😀"}\n';
    join.send(text);
    host.send("{}");
    const sender = { ua: "fxa-pair/0 (test)", remote: "192.0.2.7" };
    expect(await readers.host.next()).toEqual({ type: "message", text, sender });
    expect(await readers.join.next()).toEqual({ type: "message", text: "{}", sender });
  });

  it("use one frame a record, in unpadded base64url, and four for the handshake", async () => {
    const { relay, join } = await connected();
    expect(relay.frames.map(({ from }) => from)).toEqual([1, 0, 0, 1]);
    join.send("{}");
    expect(relay.frames).toHaveLength(5);
    for (const { text } of relay.frames) expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it("understand padded base64url too", async () => {
    const relay = new MemoryRelay();
    relay.tap = ({ text }) => [text.padEnd(Math.ceil(text.length / 4) * 4, "=")];
    const { join, readers } = await connected(relay);
    join.send("{}");
    expect(await readers.host.next()).toMatchObject({ type: "message", text: "{}" });
  });

  it("may go on in one direction after close_notify in the other", async () => {
    const { host, join, readers } = await connected();
    host.closeNotify();
    host.closeNotify();
    expect(await readers.join.next()).toEqual({ type: "peerClosed" });
    join.send("{}");
    expect(await readers.host.next()).toMatchObject({ type: "message" });
    join.closeNotify();
    expect(await readers.host.next()).toEqual({ type: "peerClosed" });
  });

  it("close with 1000, hear no ending of their own making, and forget the key", async () => {
    const { relay, host, readers } = await connected();
    expect(host.key).not.toEqual(zeros);
    await Promise.all([host.close(), host.close()]);
    expect(relay.seats[0]?.closed).toBe(1000);
    expect(await readers.host.next()).toBeUndefined();
    expect(host.key).toEqual(zeros);
    host.send("{}");
    host.closeNotify();
    expect(relay.frames).toHaveLength(4);
  });

  it("send nothing after their close_notify", async () => {
    const { relay, host, join, readers } = await connected();
    host.closeNotify();
    expect(await readers.join.next()).toEqual({ type: "peerClosed" });
    host.send("{}");
    host.closeNotify();
    join.send("{}");
    expect(await readers.host.next()).toMatchObject({ type: "message" });
    expect(relay.frames).toHaveLength(6);
  });

  it("say no goodbye in the clear, which would look like tampering, but just leave", async () => {
    const relay = new MemoryRelay();
    const host = await createChannel(optionsFor(relay));
    const join = await joinWith(new MemoryRelay());
    for (const channel of [host, join]) {
      channel.closeNotify();
      channel.send("{}");
      await channel.close();
    }
    expect(relay.frames).toEqual([]);
    expect(relay.seats[0]?.closed).toBe(1000);
  });

  it("do not wait for a relay that never closes", async () => {
    const { clock, relay, host } = await connected();
    const [seat] = relay.seats;
    if (seat) seat.close = () => undefined;
    const closing = host.close();
    clock.advance(1000);
    await closing;
    expect(seat?.closed).toBe("terminated");
  });
});

describe("opening a channel", () => {
  it("draws 32 bytes for the key, and them alone before anything arrives", async () => {
    const draws: number[] = [];
    const random = (length: number) => {
      draws.push(length);
      return systemRandom(length);
    };
    const options = { ...optionsFor(new MemoryRelay()), random };
    const channels = [await createChannel(options), await createChannel(options)];
    expect(draws).toEqual([32, 32]);
    expect(encodeBase64url(channels[0]!.key)).not.toBe(encodeBase64url(channels[1]!.key));
  });

  it.each<[greeting: number | null | undefined, milliseconds: number | null]>([
    [12, 12_000],
    [null, null],
    [undefined, 300_000],
  ])("knows when it will end: expires_in %s", async (expiresIn, milliseconds) => {
    const relay = new MemoryRelay();
    relay.greeting = expiresIn === undefined ? {} : { expires_in: expiresIn };
    const clock = new FakeClock();
    const { expiresAt } = await createChannel(optionsFor(relay, clock));
    expect(expiresAt).toBe(milliseconds === null ? null : clock.now() + milliseconds);
  });

  it("drops the path of the relay's address", async () => {
    const relay = new MemoryRelay();
    await createChannel({ ...optionsFor(relay), relayUrl: "wss://relay.example:8443/some/path?x#y" });
    await joinChannel({
      ...optionsFor(relay),
      channelId: CHANNEL_ID,
      channelKey: KEY,
      relayUrl: "wss://relay.example",
    });
    expect(relay.seats.map(({ request }) => request.url)).toEqual([
      "wss://relay.example:8443/v1/ws/",
      `wss://relay.example/v1/ws/${CHANNEL_ID}`,
    ]);
  });

  it.each(["ws://relay.example", "ws://127.0.0.1.example", "http://127.0.0.1", "relay.example", ""])(
    "refuses the address %j",
    async (relayUrl) => {
      const relay = new MemoryRelay();
      await expect(createChannel({ ...optionsFor(relay), relayUrl })).rejects.toMatchObject({
        code: "usage",
      });
      expect(relay.seats).toHaveLength(0);
    },
  );

  it("takes an unencrypted address where it was allowed", async () => {
    await createChannel({
      ...optionsFor(new MemoryRelay()),
      relayUrl: "ws://relay.example",
      allowInsecure: true,
    });
  });

  it("sends nothing where the relay puts it into another channel", async () => {
    const relay = new MemoryRelay();
    relay.greeting = { channelid: OTHER_ID };
    await expect(joinWith(relay)).rejects.toMatchObject({ code: "channel_security" });
    expect(relay.frames).toHaveLength(0);
    expect(relay.seats[0]?.closed).toBe("terminated");
  });

  it("makes no channel of an id that is not 16 bytes", async () => {
    const relay = new MemoryRelay();
    relay.greeting = { channelid: "AAAA" };
    await expect(createChannel(optionsFor(relay))).rejects.toMatchObject({ code: "channel_security" });
  });

  it.each<[facts: ConnectFacts, joining: string, creating: string]>([
    [{ status: 404 }, "timeout", "unreachable"],
    [{ status: 410 }, "timeout", "unreachable"],
    [{ status: 409 }, "channel_security", "unreachable"],
    [{ status: 400 }, "unreachable", "unreachable"],
    [{ status: 429, retryAfter: "7" }, "unreachable", "unreachable"],
    [{ status: 503, retryAfter: "7" }, "unreachable", "unreachable"],
    [{ status: 200 }, "unreachable", "unreachable"],
    [{ systemCode: "ECONNREFUSED" }, "unreachable", "unreachable"],
    [{}, "unreachable", "unreachable"],
  ])("fails as the relay's answer says: %j", async (facts, joining, creating) => {
    const relay = new MemoryRelay();
    relay.refusal = new ConnectError(facts);
    await expect(joinWith(relay)).rejects.toMatchObject({ code: joining });
    await expect(createChannel(optionsFor(relay))).rejects.toMatchObject({ code: creating });
  });

  it("passes on how long to wait", async () => {
    const relay = new MemoryRelay();
    relay.refusal = new ConnectError({ status: 503, retryAfter: "7" });
    await expect(joinWith(relay)).rejects.toMatchObject({
      hint: "Try again in 7 seconds.",
      details: { status: 503, retryAfter: 7 },
    });
  });

  it.each(["soon", "-1", "1e3", "7 \u009b31m", "9".repeat(40), ""])(
    "passes on no other words of the relay: %j",
    async (retryAfter) => {
      const relay = new MemoryRelay();
      relay.refusal = new ConnectError({ status: 503, retryAfter });
      const failure: unknown = await joinWith(relay).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: "unreachable", hint: "Try again later." });
      expect(failure).toHaveProperty("details", { status: 503 });
    },
  );

  it.each([
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "NODE_EXTRA_CA_CERTS"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "NODE_EXTRA_CA_CERTS"],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "NODE_EXTRA_CA_CERTS"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "NODE_EXTRA_CA_CERTS"],
    ["CERT_HAS_EXPIRED", "clock"],
    ["CERT_NOT_YET_VALID", "clock"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "--channel-server"],
  ])("says what to do about a certificate: %s", async (systemCode, remedy) => {
    const relay = new MemoryRelay();
    relay.refusal = new ConnectError({ systemCode });
    const failure: unknown = await joinWith(relay).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("certificate"),
      hint: expect.stringContaining(remedy),
    });
    expect(String((failure as FxaPairError).hint).includes("NODE_EXTRA_CA_CERTS")).toBe(
      remedy === "NODE_EXTRA_CA_CERTS",
    );
  });

  it.each(["EPROTO", "ERR_SSL_WRONG_VERSION_NUMBER", "HPE_INVALID_CONSTANT", "not a WebSocket"])(
    "says that something else answers there: %s",
    async (systemCode) => {
      const relay = new MemoryRelay();
      relay.refusal = new ConnectError({ systemCode });
      await expect(joinWith(relay)).rejects.toMatchObject({
        code: "unreachable",
        message: `What answers at the relay's address is no relay (${systemCode}).`,
        hint: expect.stringContaining("wss:// or with ws://"),
      });
    },
  );

  it("takes a connection closed before its first message for a channel used up, when joining", async () => {
    const relay = new MemoryRelay();
    relay.opening = { type: "closed", code: 1000, reason: "" };
    await expect(joinWith(relay)).rejects.toMatchObject({ code: "timeout" });
    await expect(createChannel(optionsFor(relay))).rejects.toMatchObject({ code: "unreachable" });
  });

  it.each([1001, 1013])("takes a relay that goes or cannot, %i, for no channel used up", async (code) => {
    const relay = new MemoryRelay();
    relay.opening = { type: "closed", code, reason: "" };
    await expect(joinWith(relay)).rejects.toMatchObject({
      code: "unreachable",
      details: { closeCode: code },
    });
  });

  it.each([{ type: "text", text: "hello" } as const, { type: "violation" } as const])(
    "refuses a first message that is none: %j",
    async (opening) => {
      const relay = new MemoryRelay();
      relay.opening = opening;
      await expect(joinWith(relay)).rejects.toMatchObject({ code: "channel_security" });
      expect(relay.seats.map(({ closed }) => closed)).toEqual(["terminated"]);
    },
  );

  it("does not wait for ever for the first message", async () => {
    const relay = new MemoryRelay();
    relay.opening = "nothing";
    const clock = new FakeClock();
    const opening = createChannel({ ...optionsFor(relay, clock), connectTimeout: 5000 });
    const refused = expect(opening).rejects.toMatchObject({ code: "unreachable" });
    await new Promise(setImmediate);
    clock.advance(5000);
    await refused;
    expect(relay.seats.map(({ closed }) => closed)).toEqual(["terminated"]);
  });
});

describe("the end of a connection", () => {
  it.each<[code: number, before: string, after: string]>([
    [1000, "unreachable", "declined_there"],
    [1001, "unreachable", "unreachable"],
    [1003, "unreachable", "unreachable"],
    [1006, "unreachable", "unreachable"],
    [1008, "unreachable", "unreachable"],
    [1009, "unreachable", "unreachable"],
    [1013, "unreachable", "unreachable"],
    [4001, "timeout", "timeout"],
    [4002, "unreachable", "unreachable"],
    [4003, "declined_there", "declined_there"],
  ])("close code %i: %s before the handshake, %s after it", async (code, before, after) => {
    const alone = new MemoryRelay();
    const channel = await createChannel(optionsFor(alone));
    alone.cut(code);
    expect(await new EventReader(channel).rest()).toEqual([
      { type: "ended", error: expect.objectContaining({ code: before }) },
    ]);
    const { relay, readers, host } = await connected();
    relay.cut(code);
    expect(await readers.host.rest()).toEqual([
      { type: "ended", error: expect.objectContaining({ code: after }) },
    ]);
    expect(host.key).toEqual(zeros);
  });
});

describe("a rule of the relay's that was broken", () => {
  it.each<[code: number, reason: string, told: string]>([
    [1003, "binary message", "not text"],
    [1008, "max-exchanges", "allows less than a pairing needs (max-exchanges)"],
    [1008, "max-data", "allows less than a pairing needs (max-data)"],
    [1008, "slow-consumer", "did not read"],
    [1008, "evil words", "one of its rules"],
    [1009, "max-message", "larger than it allows"],
  ])("is named: %i %s", async (code, reason, told) => {
    const relay = new MemoryRelay();
    const channel = await createChannel(optionsFor(relay));
    relay.cut(code, reason);
    const [ended] = await new EventReader(channel).rest();
    expect(ended).toMatchObject({ error: { code: "unreachable", message: expect.stringContaining(told) } });
    expect(JSON.stringify(ended)).not.toContain("evil");
  });
});

/** Both sides' events and keys after something was done to their frames. */
async function aftermath(relay: MemoryRelay, key?: Uint8Array) {
  const { host, join } = await openPair(relay, new FakeClock(), key);
  host.send('{"from":"host"}');
  join.send('{"from":"join"}');
  await new Promise(setImmediate);
  relay.cut();
  const read = (channel: PairingChannel) => new EventReader(channel).rest();
  const [atHost, atJoin] = await Promise.all([read(host), read(join)]);
  expect([host.key, join.key]).toEqual([zeros, zeros]);
  return { host: atHost, join: atJoin };
}

const overfull = {
  type: "ended",
  error: expect.objectContaining({
    code: "channel_security",
    message: "The relay misbehaved: it sent far more than a pairing takes.",
  }),
};

/** The same bytes in base64url that is not canonical; whole groups have no bits to spare. */
function withUnusedBit(text: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(text.at(-1) ?? "");
  return text.length % 4 === 0 ? text : `${text.slice(0, -1)}${alphabet[last ^ 1] ?? ""}`;
}

const codeAtEnd = (events: readonly object[]) =>
  (events.at(-1) as { error?: { code: string } } | undefined)?.error?.code;

describe("a relay that interferes", () => {
  it("is noticed by whoever gets a changed byte, whichever it is", async () => {
    // One position in each byte of each of the six frames would be slow here; the engine's own tests do that.
    const change = fc.record({
      frame: fc.nat(5),
      // The header more often than its share.
      at: fc.oneof(fc.nat(4), fc.nat(1000)),
      mask: fc.oneof(fc.constantFrom(1, 2), fc.integer({ min: 1, max: 255 })),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ frame, at, mask }) => {
        const { code, tolerated } = await afterChange(frame, at, mask);
        if (!tolerated) expect(code).toBe("channel_security");
      }),
      { numRuns: 60 },
    );
  });

  it.each([0, 1])("may call the version of plaintext record %i 0x0301, and no other", async (frame) => {
    expect(await afterChange(frame, 2, 2)).toEqual({ code: "unreachable", tolerated: true });
    for (let mask = 1; mask < 256; mask++) {
      if (mask !== 2) expect((await afterChange(frame, 2, mask)).code).toBe("channel_security");
    }
  });

  /** What becomes of the one who gets that frame with one byte changed, and whether it is the one change allowed. */
  async function afterChange(frame: number, at: number, mask: number) {
    const relay = new MemoryRelay();
    let victim: "host" | "join" = "host";
    let tolerated = false;
    relay.tap = ({ from, text }, index) => {
      if (index !== frame) return [text];
      const bytes = Buffer.from(text, "base64url");
      const position = at % bytes.length;
      bytes[position] = bytes[position]! ^ mask;
      victim = from === 0 ? "join" : "host";
      // Plaintext records only: type 22, handshake.
      tolerated = position === 2 && bytes[0] === 22 && bytes.readUInt16BE(1) === 0x0301;
      return [bytes.toString("base64url")];
    };
    const events = await aftermath(relay);
    return { code: codeAtEnd(events[victim]), tolerated };
  }

  it.each<[what: string, tap: MemoryRelay["tap"]]>([
    ["repeats a record", ({ text }, index) => (index === 4 ? [text, text] : [text])],
    ["loses a record", ({ text }, index) => (index === 3 ? [] : [text])],
    ["sends text that is no base64url", ({ text }, index) => (index === 0 ? [`${text}!`] : [text])],
    ["sends nothing at all", ({ text }, index) => (index === 0 ? [""] : [text])],
    ["changes bits that base64url does not use", ({ text }) => [withUnusedBit(text)]],
  ])("%s", async (_what, tap) => {
    const relay = new MemoryRelay();
    relay.tap = tap;
    const events = await aftermath(relay);
    expect([codeAtEnd(events.host), codeAtEnd(events.join)]).toContain("channel_security");
  });

  it("cannot reflect: each side refuses its own records", async () => {
    const relay = new MemoryRelay();
    const join = await joinWith(relay);
    const hello = relay.frames[0]?.text ?? "";
    relay.seats[0]?.emit({ type: "text", text: JSON.stringify({ message: hello, sender: {} }) });
    expect(codeAtEnd(await new EventReader(join).rest())).toBe("channel_security");
  });

  it("with another key gets nowhere, and the peer is told by an alert", async () => {
    const relay = new MemoryRelay();
    const events = await aftermath(relay, KEY);
    expect(events.host).toEqual([
      {
        type: "ended",
        error: expect.objectContaining({
          code: "channel_security",
          details: { alert: "decrypt_error", fromPeer: false },
        }),
      },
    ]);
    expect(codeAtEnd(events.join)).toBe("channel_security");
    // ClientHello and the host's alert; the channel is burnt.
    expect(relay.frames.map(({ from }) => from)).toEqual([1, 0]);
    expect(relay.seats[0]?.closed).toBe(1000);
  });

  it.each<[what: string, texts: () => readonly string[]]>([
    ["nesting without end", () => ["[".repeat(60_000)]],
    ["a malformed envelope", () => ["{}"]],
  ])("sends %s", async (_what, texts) => {
    const relay = new MemoryRelay();
    const channel = await createChannel(optionsFor(relay));
    for (const text of texts()) relay.seats[0]?.emit({ type: "text", text });
    const events = await new EventReader(channel).rest();
    expect(codeAtEnd(events)).toBe("channel_security");
    expect(events).toHaveLength(1);
  });

  // Two messages came with the handshake; these mean nothing, but their records are good.
  it("sends more messages than a pairing takes", async () => {
    const { relay, host, join, readers } = await connected();
    for (let i = 0; i < 62; i++) join.send("");
    join.send("{}");
    expect(await readers.host.rest()).toEqual([overfull]);
    expect(relay.seats[0]?.closed).toBe("terminated");
    expect(host.key).toEqual(zeros);
  });

  it("may send 64 messages, and of the largest four", async () => {
    const many = await connected();
    for (let i = 0; i < 61; i++) many.join.send("");
    many.join.send("{}");
    expect(await many.readers.host.next()).toMatchObject({ type: "message", text: "{}" });
    const large = await connected();
    for (let i = 0; i < 4; i++) large.join.send("x".repeat(16_384));
    for (let i = 0; i < 4; i++) expect(await large.readers.host.next()).toMatchObject({ type: "message" });
    large.join.send("x".repeat(16_384));
    expect(await large.readers.host.rest()).toEqual([overfull]);
  });

  it("sends a binary or oversized message", async () => {
    const { relay, readers } = await connected();
    relay.seats[0]?.emit({ type: "violation" });
    expect(codeAtEnd(await readers.host.rest())).toBe("channel_security");
  });
});

it("refuses a document that is not UTF-8", async () => {
  const relay = new MemoryRelay();
  const { host, join, readers } = await connected(relay);
  // A peer of our own making would not send such a record, so its encoder is spoilt.
  const encode = TextEncoder.prototype.encode;
  TextEncoder.prototype.encode = () => new Uint8Array([0x22, 0xc3, 0x22]);
  try {
    join.send("");
  } finally {
    TextEncoder.prototype.encode = encode;
  }
  expect(codeAtEnd(await readers.host.rest())).toBe("channel_security");
  expect(host.key).toEqual(zeros);
});
