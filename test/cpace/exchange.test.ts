/** Both sides of the key exchange: same words, same key; anything else, another key or none. */
import { createHash, hkdfSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExchangeError, JoinerExchange, respond } from "../../src/cpace/exchange.ts";
import type { ExchangeInput } from "../../src/cpace/exchange.ts";
import { derivePsk } from "../../src/cpace/psk.ts";
import { encodeBase64url } from "../../src/lib/base64url.ts";
import { systemRandom } from "../../src/lib/random.ts";

const INPUT: ExchangeInput = {
  password: "tiger-abandon-zoo",
  channelId: "AAECAwQFBgcICQoLDA0ODw",
  random: systemRandom,
};
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const zeros = new Uint8Array(32);

function exchange(joiner: Partial<ExchangeInput> = {}, host: Partial<ExchangeInput> = {}) {
  const initiator = new JoinerExchange({ ...INPUT, ...joiner });
  const { answer, psk } = respond({ ...INPUT, ...host }, initiator.message);
  return { joiner: initiator.finish(answer), host: psk };
}

/** Random bytes that are the same each time, kept to see what becomes of their memory. */
function fixedRandom(seed: string) {
  const handedOut: Uint8Array[] = [];
  const random = (length: number) => {
    const digest = createHash("sha512").update(`${seed} ${handedOut.length}`).digest();
    const bytes = new Uint8Array(digest.subarray(0, length));
    handedOut.push(bytes);
    return bytes;
  };
  return { random, handedOut };
}

describe("the pre-shared key", () => {
  it("is HKDF-SHA256 of CPace's key, without salt", () => {
    const key = systemRandom(64);
    const expected = hkdfSync("sha256", key, new Uint8Array(0), "fxa-pair psk 1", 32);
    expect(hex(derivePsk(key))).toBe(hex(new Uint8Array(expected)));
  });

  it("is the same on both sides, 32 bytes", () => {
    const { joiner, host } = exchange();
    expect(joiner).toHaveLength(32);
    expect(joiner).not.toEqual(zeros);
    expect(hex(joiner)).toBe(hex(host));
  });

  it("is the one that another implementation, in Python from the draft and RFC 9496, has for these draws", () => {
    const { joiner } = exchange(fixedRandom("joiner"), fixedRandom("host"));
    expect(hex(joiner)).toBe("e81c15f2caa12c935c7a952a15c5c12780f76d59f992bfe62c20b90e0ba7b6cc");
  });

  it("is another one for other words or another channel", () => {
    const word = fc.string({ minLength: 1, maxLength: 30, unit: "grapheme" });
    fc.assert(
      fc.property(word, word, (mine, theirs) => {
        fc.pre(mine !== theirs);
        const { joiner, host } = exchange({ password: mine }, { password: theirs });
        expect(hex(joiner)).not.toBe(hex(host));
      }),
      { numRuns: 20 },
    );
    const elsewhere = exchange({}, { channelId: "EAECAwQFBgcICQoLDA0ODw" });
    expect(hex(elsewhere.joiner)).not.toBe(hex(elsewhere.host));
  });

  it("W1: is another one for the same words, session id and channel with fresh scalars", () => {
    const sessionId = systemRandom(16);
    const random = (length: number) => (length === 16 ? sessionId : systemRandom(length));
    const keys = new Set<string>();
    for (let run = 0; run < 20; run++) keys.add(hex(exchange({ random }).joiner));
    expect(keys.size).toBe(20);
  });
});

describe("a message of the exchange", () => {
  it("has this form", () => {
    const joiner = new JoinerExchange(INPUT);
    expect(joiner.message).toMatch(/^\{"pake":\{"v":1,"sid":"[\w-]{22}","Y":"[\w-]{43}"\}\}$/);
    expect(respond(INPUT, joiner.message).answer).toMatch(/^\{"pake":\{"v":1,"Y":"[\w-]{43}"\}\}$/);
  });

  it("may have members that are not known", () => {
    const joiner = new JoinerExchange(INPUT);
    const added = (text: string) => text.replace('"v":1,', '"v":1,"more":[],').replace("{", '{"other":0,');
    const { answer, psk } = respond(INPUT, added(joiner.message));
    expect(hex(joiner.finish(added(answer)))).toBe(hex(psk));
  });

  const share = encodeBase64url(
    Uint8Array.from(Buffer.from("2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c", "hex")),
  );
  const sid = "AAECAwQFBgcICQoLDA0ODw";
  const message = (pake: unknown) => JSON.stringify({ pake });

  it.each<[name: string, text: string, reason: string]>([
    ["nothing", "", "malformed"],
    ["no JSON", "{", "malformed"],
    ["a TLS record", encodeBase64url(Uint8Array.of(22, 3, 1, 0, 1, 1)), "malformed"],
    ["another version", message({ v: 2, sid, Y: share }), "malformed"],
    ["no version", message({ sid, Y: share }), "malformed"],
    ["no share", message({ v: 1, sid }), "malformed"],
    ["an array", message([1, sid, share]), "malformed"],
    ["a share of 31 bytes", message({ v: 1, sid, Y: share.slice(0, -1) }), "malformed"],
    ["a share of 33 bytes", message({ v: 1, sid, Y: `${share.slice(0, -1)}AA` }), "malformed"],
    ["a padded share", message({ v: 1, sid, Y: `${share}=` }), "malformed"],
    ["a share with trailing bits", message({ v: 1, sid, Y: `${share.slice(0, -1)}d` }), "malformed"],
    ["a number for a share", message({ v: 1, sid, Y: 7 }), "malformed"],
    ["1 MB", message({ v: 1, sid, Y: share, more: "x".repeat(2 ** 20) }), "malformed"],
    ["the neutral element", message({ v: 1, sid, Y: encodeBase64url(zeros) }), "no point"],
    ["no point", message({ v: 1, sid, Y: encodeBase64url(zeros).replace(/A$/, "E") }), "no point"],
    [
      "a non-canonical point",
      message({ v: 1, sid, Y: encodeBase64url(new Uint8Array(32).fill(255)) }),
      "no point",
    ],
  ])("W4: is refused by both sides: %s", (_name, text, reason) => {
    expect(() => respond(INPUT, text)).toThrow(new RegExp(reason));
    expect(() => respond(INPUT, text)).toThrow(ExchangeError);
    const { random, handedOut } = fixedRandom("joiner");
    const joiner = new JoinerExchange({ ...INPUT, random });
    expect(() => joiner.finish(text)).toThrow(new RegExp(reason));
    expect(handedOut[1]).toEqual(new Uint8Array(64));
  });

  it.each([
    ["none", message({ v: 1, Y: share })],
    ["one of 15 bytes", message({ v: 1, sid: sid.slice(0, 20), Y: share })],
    ["one of 17 bytes", message({ v: 1, sid: `${sid}A`, Y: share })],
    ["a number", message({ v: 1, sid: 1, Y: share })],
  ])("W4: is refused by the host without a session id: %s", (_name, text) => {
    expect(() => respond(INPUT, text)).toThrow(ExchangeError);
  });

  it("W4: is refused by the joiner if it is its own, or a second one", () => {
    const mirrored = new JoinerExchange(INPUT);
    expect(() => mirrored.finish(mirrored.message)).toThrow("our own message came back");
    const joiner = new JoinerExchange(INPUT);
    const { answer } = respond(INPUT, joiner.message);
    joiner.finish(answer);
    expect(() => joiner.finish(answer)).toThrow("a second answer");
    joiner.wipe();
  });
});

describe("a scalar", () => {
  it("is overwritten once it has served, on both sides", () => {
    const [a, b] = [fixedRandom("joiner"), fixedRandom("host")];
    exchange(a, b);
    expect(a.handedOut.map(({ length }) => length)).toEqual([16, 64]);
    expect(b.handedOut.map(({ length }) => length)).toEqual([64]);
    expect([a.handedOut[1], b.handedOut[0]]).toEqual([new Uint8Array(64), new Uint8Array(64)]);
  });

  it("is overwritten when the exchange is given up, and after a refusal", () => {
    const [a, b] = [fixedRandom("joiner"), fixedRandom("host")];
    const joiner = new JoinerExchange({ ...INPUT, ...a });
    expect(a.handedOut[1]).not.toEqual(new Uint8Array(64));
    joiner.wipe();
    expect(a.handedOut[1]).toEqual(new Uint8Array(64));
    const neutral = JSON.stringify({ pake: { v: 1, sid: INPUT.channelId, Y: encodeBase64url(zeros) } });
    expect(() => respond({ ...INPUT, ...b }, neutral)).toThrow(ExchangeError);
    expect(b.handedOut).toEqual([new Uint8Array(64)]);
  });
});
