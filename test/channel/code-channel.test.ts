import { describe, expect, it } from "vitest";
import { createCodeChannel, joinCodeChannel } from "../../src/channel/code-channel.ts";
import { AGREEMENT_TIME } from "../../src/channel/tls-channel.ts";
import { ConnectError } from "../../src/channel/socket.ts";
import { encodeBase64url } from "../../src/lib/base64url.ts";
import { FxaPairError } from "../../src/lib/errors.ts";
import { ALERT_CODES } from "../../src/tls/alerts.ts";
import { CONTENT } from "../../src/tls/constants.ts";
import {
  APPLICATION_DATA,
  NAMEPLATE,
  openCodePair,
  PASSWORD,
  recordType,
  relayWithNameplate,
} from "./code-harness.ts";
import { optionsFor } from "./harness.ts";
import type { EventReader } from "./harness.ts";
import { MemoryRelay } from "./memory-relay.ts";
import type { Frame } from "./memory-relay.ts";

const zeros = new Uint8Array(32);

async function failureOf(promise: Promise<unknown>): Promise<FxaPairError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof FxaPairError) return error;
  throw new Error("there was no failure to report", { cause: error });
}

/** The failure that a side ends with, and that nothing came before it. */
async function ending(reader: EventReader): Promise<FxaPairError> {
  const events = await reader.rest();
  const [event] = events;
  if (events.length !== 1 || event?.type !== "ended")
    throw new Error(`not just an end: ${JSON.stringify(events)}`);
  return failureOf(Promise.reject(event.error));
}

describe("two devices with a code to type", () => {
  it("agree on a key, then speak TLS, as in any channel", async () => {
    const { relay, host, join, readers } = await openCodePair();
    expect(await readers.host.next()).toEqual({ type: "connected" });
    expect(await readers.join.next()).toEqual({ type: "connected" });
    expect(relay.frames.map(({ from }) => from)).toEqual([1, 0, 1, 0, 0, 1]);
    expect(relay.frames.map(recordType)).toEqual([
      undefined,
      undefined,
      22,
      22,
      APPLICATION_DATA,
      APPLICATION_DATA,
    ]);
    expect(encodeBase64url(host.key)).toBe(encodeBase64url(join.key));
    join.send("{}");
    expect(await readers.host.next()).toMatchObject({ type: "message", text: "{}" });
    host.send("[]");
    expect(await readers.join.next()).toMatchObject({ type: "message", text: "[]" });
    await Promise.all([host.close(), join.close()]);
    expect([host.key, join.key]).toEqual([zeros, zeros]);
  });

  it("may take their time once they have a key", async () => {
    const { clock, join, readers } = await openCodePair();
    expect(await readers.host.next()).toEqual({ type: "connected" });
    expect(await readers.join.next()).toEqual({ type: "connected" });
    clock.advance(2 * AGREEMENT_TIME);
    join.send("{}");
    expect(await readers.host.next()).toMatchObject({ type: "message", text: "{}" });
  });

  it("find each other by the number, which the relay gives", async () => {
    const { relay, host } = await openCodePair();
    expect(host.nameplate).toBe(NAMEPLATE);
    expect(relay.seats.map(({ request }) => new URL(request.url))).toMatchObject([
      { pathname: "/v1/ws/", search: "?nameplate=1" },
      { pathname: "/v1/nameplates/7", search: "" },
    ]);
  });

  it("W5: have no key before, and send nothing until there is one", async () => {
    const relay = relayWithNameplate();
    relay.tap = () => [];
    const { host, join } = await openCodePair({ relay });
    expect([host.key, join.key]).toEqual([zeros, zeros]);
    for (const channel of [host, join]) {
      channel.send('{"secret":true}');
      channel.closeNotify();
      await channel.close();
    }
    expect(relay.frames).toHaveLength(1);
    expect(relay.frames[0]?.text).toMatch(/^\{"pake":/);
  });

  it("send what they were given too early once the other one has proved its words", async () => {
    const { relay, host, join, readers } = await openCodePair();
    join.send('{"from":"join"}');
    host.send('{"from":"host"}');
    expect(await readers.host.next()).toEqual({ type: "connected" });
    expect(await readers.join.next()).toEqual({ type: "connected" });
    expect(await readers.host.next()).toMatchObject({ text: '{"from":"join"}' });
    expect(await readers.join.next()).toMatchObject({ text: '{"from":"host"}' });
    expect(relay.frames).toHaveLength(8);
  });

  it("lose nothing to a connection that breaks during the key exchange", async () => {
    for (const frame of [0, 1, 2]) {
      const relay = relayWithNameplate();
      relay.counts = true;
      relay.afterFrame = (_frame, index) => {
        if (index !== frame) return;
        relay.afterFrame = () => undefined;
        relay.cut();
      };
      const { clock, readers } = await openCodePair({ relay });
      const both = Promise.all([readers.host.next(), readers.join.next()]);
      await relay.tried(2);
      // Each side waits two seconds before it takes its seat again.
      for (let second = 0; second < 3; second++) {
        await new Promise(setImmediate);
        clock.advance(1000);
      }
      expect(await both).toEqual([{ type: "connected" }, { type: "connected" }]);
      expect(relay.seats.length).toBe(4);
    }
  });
});

describe("opening a channel with a code", () => {
  it("draws nothing before somebody comes", async () => {
    const draws: number[] = [];
    const random = (length: number) => {
      draws.push(length);
      return new Uint8Array(length).fill(draws.length);
    };
    const options = { ...optionsFor(relayWithNameplate()), random };
    await createCodeChannel({ ...options, password: PASSWORD });
    expect(draws).toEqual([]);
    await joinCodeChannel({ ...options, nameplate: NAMEPLATE, password: PASSWORD });
    expect(draws.slice(0, 2)).toEqual([16, 64]);
  });

  it("says what to do where the relay knows no numbers, and leaves", async () => {
    const relay = new MemoryRelay();
    const error = await failureOf(createCodeChannel({ ...optionsFor(relay), password: PASSWORD }));
    expect(error.code).toBe("unreachable");
    expect(error.message).toContain("no codes to type");
    expect(error.hint).toMatch(/QR code .* another|QR code .*--channel-server/);
    expect(relay.seats[0]?.closed).toBe(1000);
  });

  it.each(["", "0", "07", "1234567890", "7-", "x", "\u001b[2J", "7\n"])(
    "refuses %j for a number",
    async (nameplate) => {
      const relay = new MemoryRelay();
      relay.greeting = { nameplate };
      const error = await failureOf(createCodeChannel({ ...optionsFor(relay), password: PASSWORD }));
      expect(error.code).toBe("channel_security");
      expect(relay.seats[0]?.closed).toBe(1000);
    },
  );

  it.each([
    [404, "timeout", /does not know this code/, /same relay/],
    [410, "timeout", /does not know this code/, /new code/],
    [409, "channel_security", /Another device/, /new code/],
    [429, "unreachable", /takes no more connections/, /in 60 seconds/],
    [503, "unreachable", /takes no more connections/, /in 60 seconds/],
    [426, "unreachable", /HTTP status 426/, /--channel-server/],
  ])("says why it may not join: %s", async (status, code, message, hint) => {
    const relay = new MemoryRelay();
    relay.refusal = new ConnectError({ status, retryAfter: "60" });
    const options = { ...optionsFor(relay), nameplate: NAMEPLATE, password: PASSWORD };
    const error = await failureOf(joinCodeChannel(options));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
    expect(`${error.message} ${error.hint ?? ""}`).not.toMatch(/tiger|abandon|zoo/);
  });

  it("asks for no other path than the number's, whatever was typed", async () => {
    const relay = relayWithNameplate();
    await joinCodeChannel({ ...optionsFor(relay), nameplate: "../ws/x?resume=1#", password: PASSWORD });
    expect(relay.seats[0]?.request.url).toBe("ws://127.0.0.1:8000/v1/nameplates/..%2Fws%2Fx%3Fresume%3D1%23");
  });
});

describe("a wrong code", () => {
  it("W2: ends both sides, each of which knows why, and burns the channel", async () => {
    const { relay, host, join, readers } = await openCodePair({ typed: "tiger-abandon-zone" });
    const [here, there] = await Promise.all([ending(readers.host), ending(readers.join)]);
    expect(here).toMatchObject({
      code: "channel_security",
      details: { alert: "decrypt_error", wrongCode: true },
    });
    expect(here.message).toContain("Somebody tried a wrong code");
    expect(there).toMatchObject({
      code: "channel_security",
      details: { alert: "decrypt_error", wrongCode: true },
    });
    expect(there.message).toContain("The code was wrong");
    expect([host.key, join.key]).toEqual([zeros, zeros]);
    expect(relay.seats.map(({ closed }) => closed)).toEqual([1000, 1000]);
  });

  it("W5: lets no application record onto the wire, whatever was to be sent", async () => {
    const { relay, host, join, readers } = await openCodePair({ typed: "zoo-abandon-tiger" });
    for (const channel of [host, join]) channel.send('{"message":"pair:supp:request"}');
    await Promise.all([ending(readers.host), ending(readers.join)]);
    for (const channel of [host, join]) channel.send("{}");
    expect(relay.frames.map(({ from }) => from)).toEqual([1, 0, 1, 0]);
    // The two messages of the exchange, a ClientHello, and an alert.
    expect(relay.frames.map(recordType)).toEqual([undefined, undefined, 22, 21]);
  });

  it("is not what an alert is called that the host got instead of a ClientHello", async () => {
    const relay = relayWithNameplate();
    const alert = encodeBase64url(Uint8Array.of(21, 3, 3, 0, 2, 2, ALERT_CODES.decrypt_error));
    relay.tap = (frame) => [recordType(frame) === CONTENT.handshake ? alert : frame.text];
    const { readers } = await openCodePair({ relay });
    const error = await ending(readers.host);
    expect(error).toMatchObject({
      code: "channel_security",
      details: { alert: "decrypt_error", fromPeer: true },
    });
    expect(error.details).not.toHaveProperty("wrongCode");
    expect(error.message).toContain("The secure channel failed");
  });

  it("is not what a broken record later on is called", async () => {
    const relay = relayWithNameplate();
    relay.tap = ({ text }, index) => [
      index === 6 ? text.replace(/.$/, (last) => (last === "A" ? "B" : "A")) : text,
    ];
    const { join, readers } = await openCodePair({ relay });
    expect(await readers.host.next()).toEqual({ type: "connected" });
    join.send("{}");
    const error = await ending(readers.host);
    expect(error.details).not.toHaveProperty("wrongCode");
    expect(error.message).toContain("The secure channel failed");
  });
});

describe("W4: the key exchange", () => {
  const neutral = encodeBase64url(zeros);
  const notCanonical = encodeBase64url(new Uint8Array(32).fill(0xff));
  const withShare = (text: string, share: string) => text.replace(/"Y":"[\w-]*"/, `"Y":"${share}"`);
  const tlsRecord = encodeBase64url(Uint8Array.of(22, 3, 3, 0, 1, 1));
  const JOINERS = 0;
  const HOSTS = 1;

  it.each<[name: string, change: (frame: Frame) => readonly string[]]>([
    ["the neutral element", ({ text }) => [withShare(text, neutral)]],
    ["a point that is not canonical", ({ text }) => [withShare(text, notCanonical)]],
    ["31 bytes", ({ text }) => [withShare(text, neutral.slice(0, -1))]],
    ["33 bytes", ({ text }) => [withShare(text, `${neutral}A`)]],
    ["TLS instead", () => [tlsRecord]],
    ["nothing that can be read", () => ["\u0000"]],
    ["an empty text", () => [""]],
  ])("ends before TLS on either side at %s", async (_name, change) => {
    for (const frame of [JOINERS, HOSTS]) {
      const relay = relayWithNameplate();
      relay.tap = (sent, index) => (index === frame ? change(sent) : [sent.text]);
      const { readers, host, join } = await openCodePair({ relay });
      const error = await ending(frame === JOINERS ? readers.host : readers.join);
      expect(error.code).toBe("channel_security");
      expect(error.message).toContain("The key exchange failed");
      expect(relay.frames).toHaveLength(frame + 1);
      expect(relay.seats[frame === JOINERS ? 0 : 1]?.closed).toBe(1000);
      await Promise.all([host.close(), join.close()]);
    }
  });

  it("ends before TLS when the joiner's own message comes back", async () => {
    const relay = relayWithNameplate();
    relay.tap = ({ text }, index) => [index === HOSTS ? (relay.frames[JOINERS]?.text ?? "") : text];
    const { readers } = await openCodePair({ relay });
    const error = await ending(readers.join);
    expect(error).toMatchObject({ code: "channel_security" });
    expect(error.message).toContain("our own message came back");
    expect(relay.frames).toHaveLength(2);
  });

  it("ends at a second message of either side", async () => {
    for (const frame of [JOINERS, HOSTS]) {
      const relay = relayWithNameplate();
      relay.tap = ({ text }, index) => (index === frame ? [text, text] : [text]);
      const { readers } = await openCodePair({ relay });
      // Neither was ever connected.
      const [here, there] = await Promise.all([ending(readers.host), ending(readers.join)]);
      expect([here.code, there.code]).toEqual(["channel_security", "channel_security"]);
    }
  });

  it.each([
    ["the host's answer", HOSTS, "join"],
    ["the joiner's first record", 2, "host"],
  ] as const)("waits ten seconds for %s, and no longer", async (_name, dropped, side) => {
    const relay = relayWithNameplate();
    relay.tap = ({ text }, index) => (index === dropped ? [] : [text]);
    let arrived: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => (arrived = resolve));
    relay.afterFrame = (_frame, index) => {
      if (index === dropped) arrived();
    };
    const { clock, readers, relay: inUse } = await openCodePair({ relay });
    await waiting;
    const seat = side === "host" ? 0 : 1;
    clock.advance(AGREEMENT_TIME - 1);
    expect(inUse.seats[seat]?.closed).toBeUndefined();
    clock.advance(1);
    const error = await ending(readers[side]);
    expect(error.code).toBe("channel_security");
    expect(error.message).toContain("sent nothing more for 10 seconds");
    expect(inUse.seats[seat]?.closed).toBe(1000);
  });

  it("leaves a host in peace to whom nobody has come", async () => {
    const relay = relayWithNameplate();
    const { clock, ...options } = optionsFor(relay);
    const host = await createCodeChannel({ ...options, clock, password: PASSWORD });
    clock.advance(10 * AGREEMENT_TIME);
    expect(relay.seats[0]?.closed).toBeUndefined();
    await host.close();
    expect(relay.frames).toEqual([]);
  });
});
