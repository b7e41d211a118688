import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../src/lib/base64url.ts";
import { FxaPairError } from "../../src/lib/errors.ts";
import {
  asciiHost,
  formatPairingUrl,
  formatReverseUrl,
  matchesServer,
  parsePairingUrl,
} from "../../src/pairing/pairing-url.ts";
import { qrMatrix } from "../../src/qr/encode.ts";

const SERVER = "https://accounts.firefox.com";
const ID = "AAECAwQFBgcICQoLDA0ODw";
const KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const FRAGMENT = `channel_id=${ID}&channel_key=${KEY}`;

function failure(text: string): FxaPairError {
  try {
    parsePairingUrl(text);
  } catch (error) {
    if (error instanceof FxaPairError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

describe("a pairing URL", () => {
  it("comes back as it was written, with exactly two parameters", () => {
    const id = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(id, key, (idBytes, channelKey) => {
        const channelId = encodeBase64url(idBytes);
        const text = formatPairingUrl(`${SERVER}/`, channelId, channelKey);
        expect(text).toMatch(
          /^https:\/\/accounts\.firefox\.com\/pair#channel_id=[^&]{22}&channel_key=[^&]{43}$/,
        );
        expect(parsePairingUrl(text)).toEqual({
          contentServer: SERVER,
          channelId,
          channelKey,
          mode: "normal",
        });
      }),
    );
  });

  it("V3: of a new device carries its request's fingerprint, in 153 bytes", () => {
    const key = new Uint8Array(Buffer.from(KEY, "base64url"));
    const text = formatReverseUrl(SERVER, ID, key, "9F69P1GCAPJP8");
    expect(text).toBe(`${SERVER}/pair#${FRAGMENT}&mode=reverse&fp=9F69P1GCAPJP8`);
    expect(text).toHaveLength(153);
    // Version 7.
    expect(qrMatrix(text)).toHaveLength(45);
    expect(parsePairingUrl(text)).toMatchObject({ mode: "reverse", fingerprint: "9F69P1GCAPJP8" });
  });

  it.each([
    ["as Firefox writes it", `${SERVER}/pair#${FRAGMENT}&v=2`],
    ["with parameters swapped", `${SERVER}/pair#channel_key=${KEY}&channel_id=${ID}`],
    ["with unknown parameters, also twice", `${SERVER}/pair#x&${FRAGMENT}&utm=1&utm=2&=`],
    ["for the other path", `${SERVER}/pair/supp#${FRAGMENT}`],
    ["with a query", `${SERVER}/pair?entrypoint=qr#${FRAGMENT}`],
    ["with its port spelt out", `https://accounts.firefox.com:443/pair#${FRAGMENT}`],
    ["in capitals", `HTTPS://ACCOUNTS.FIREFOX.COM/pair#${FRAGMENT}`],
    ["with white space around it", `\n\t ${SERVER}/pair#${FRAGMENT} \r\n`],
  ])("is read %s", (_what, text) => {
    const url = parsePairingUrl(text);
    expect(url).toMatchObject({ contentServer: SERVER, channelId: ID, mode: "normal" });
    expect(matchesServer(url, SERVER)).toBe(true);
  });

  it.each(["http://localhost:3030", "http://127.0.0.1:9", "http://127.9.9.9", "http://[::1]:80"])(
    "may be plain http on the machine itself: %s",
    (origin) => {
      expect(matchesServer(parsePairingUrl(`${origin}/pair#${FRAGMENT}`), origin)).toBe(true);
    },
  );

  it.each([
    ["URL", ""],
    ["URL", "hello"],
    ["URL", `/pair#${FRAGMENT}`],
    ["URL", `https:/accounts.firefox.com/pair#${FRAGMENT}`],
    ["URL", `https:\\\\accounts.firefox.com\\pair#${FRAGMENT}`],
    ["URL", `${SERVER}/pair#channel_id=${ID}&\nchannel_key=${KEY}`],
    ["URL", `${SERVER}/pa\tir#${FRAGMENT}`],
    ["URL", `${SERVER}/pair#${FRAGMENT}${"&x=".repeat(700)}`],
    ["scheme", `http://accounts.firefox.com/pair#${FRAGMENT}`],
    ["scheme", `http://localhost.evil.example/pair#${FRAGMENT}`],
    ["scheme", `http://127.0.0.1.evil.example/pair#${FRAGMENT}`],
    ["scheme", `ftp://accounts.firefox.com/pair#${FRAGMENT}`],
    ["user information", `https://accounts.firefox.com@evil.example/pair#${FRAGMENT}`],
    ["user information", `https://a:b@accounts.firefox.com/pair#${FRAGMENT}`],
    ["user information", `https://@accounts.firefox.com/pair#${FRAGMENT}`],
    ["host", `https:///accounts.firefox.com/pair#${FRAGMENT}`],
    ["host", `https:///user:pw@accounts.firefox.com/pair#${FRAGMENT}`],
    ["host", `https:////accounts.firefox.com@evil.example/pair#${FRAGMENT}`],
    ["host", `https://accounts%2Efirefox.com/pair#${FRAGMENT}`],
    ["host", `https://accounts.firefox.com:/pair#${FRAGMENT}`],
    ["host", `https://accounts.firefox.com:0443/pair#${FRAGMENT}`],
    ["host", `https://\uff41ccounts.firefox.com/pair#${FRAGMENT}`],
    ["host", `http://0x7f.1/pair#${FRAGMENT}`],
    ["path", `${SERVER}/x/../pair#${FRAGMENT}`],
    ["path", `${SERVER}/./pair#${FRAGMENT}`],
    ["path", `${SERVER}/x/%2e%2e/pair#${FRAGMENT}`],
    ["path", `${SERVER}/pair/x/../supp#${FRAGMENT}`],
    ["path", `${SERVER}//pair#${FRAGMENT}`],
    ["path", `${SERVER}/p%61ir#${FRAGMENT}`],
    ["path", `${SERVER}/#${FRAGMENT}`],
    ["path", `${SERVER}/pair/#${FRAGMENT}`],
    ["path", `${SERVER}/pairing#${FRAGMENT}`],
    ["fragment", `${SERVER}/pair`],
    ["fragment", `${SERVER}/pair#`],
    ["fragment", `${SERVER}/pair?${FRAGMENT}`],
    ["channel_id", `${SERVER}/pair#channel_key=${KEY}`],
    ["channel_id", `${SERVER}/pair#${FRAGMENT}&channel_id=${ID}`],
    ["channel_id", `${SERVER}/pair#channel_id=${ID}==&channel_key=${KEY}`],
    ["channel_id", `${SERVER}/pair#channel_id=${ID.slice(0, -1)}x&channel_key=${KEY}`],
    ["channel_id", `${SERVER}/pair#channel_id=${ID}AA&channel_key=${KEY}`],
    ["channel_id", `${SERVER}/pair#channel_id=%41${ID.slice(1)}&channel_key=${KEY}`],
    ["channel_id", `${SERVER}/pair#Channel_ID=${ID}&channel_key=${KEY}`],
    ["channel_key", `${SERVER}/pair#channel_id=${ID}`],
    ["channel_key", `${SERVER}/pair#${FRAGMENT}&channel_key=${KEY}`],
    ["channel_key", `${SERVER}/pair#channel_id=${ID}&channel_key=${KEY}=`],
    ["channel_key", `${SERVER}/pair#channel_id=${ID}&channel_key=${KEY.slice(0, -1)}9`],
    ["channel_key", `${SERVER}/pair#channel_id=${ID}&channel_key=${KEY.slice(0, -2)}`],
  ])("is refused for its %s, which is named and not shown: %.90s", (part, text) => {
    const error = failure(text);
    expect(error).toMatchObject({ code: "unreadable", details: { part } });
    expect(error.message).toContain(part);
    expect(error.message).not.toContain("firefox");
    expect(error.message).not.toContain(KEY.slice(0, 8));
  });

  it.each([
    `https://accounts.firefox.com.evil.example/pair#${FRAGMENT}`,
    `https://accounts.firefox.com:444/pair#${FRAGMENT}`,
    `https://accounts.firefox.com./pair#${FRAGMENT}`,
    `https://аccounts.firefox.com/pair#${FRAGMENT}`,
    `https://accounts.stage.mozaws.net/pair#${FRAGMENT}`,
  ])("may name another server, and that is seen: %s", (text) => {
    expect(matchesServer(parsePairingUrl(text), SERVER)).toBe(false);
  });

  it("shows a look-alike host in ASCII", () => {
    expect(asciiHost(parsePairingUrl(`https://аccounts.firefox.com:8/pair#${FRAGMENT}`))).toBe(
      "xn--ccounts-1fg.firefox.com:8",
    );
  });

  it("says which direction it is for", () => {
    expect(parsePairingUrl(`${SERVER}/pair#fp=9F69P1GCAPJP8&${FRAGMENT}&mode=reverse`)).toEqual({
      contentServer: SERVER,
      channelId: ID,
      channelKey: new Uint8Array(Buffer.from(KEY, "base64url")),
      mode: "reverse",
      fingerprint: "9F69P1GCAPJP8",
    });
  });

  it.each([
    ["mode doubled", "mode=reverse&mode=reverse&fp=9F69P1GCAPJP8"],
    ["mode doubled and different", "mode=normal&mode=reverse&fp=9F69P1GCAPJP8"],
    ["mode removed", "fp=9F69P1GCAPJP8"],
    ["mode added", "mode=reverse"],
    ["another mode", "mode=normal"],
    ["mode in capitals", "mode=REVERSE&fp=9F69P1GCAPJP8"],
    ["an empty mode", "mode=&fp=9F69P1GCAPJP8"],
  ])("V1: is for neither command with %s, and says which commands there are", (_what, rest) => {
    const error = failure(`${SERVER}/pair#${FRAGMENT}&${rest}`);
    expect(error).toMatchObject({ code: "usage", details: { part: "mode" } });
    expect(error.hint).toMatch(/fxa-pair join\b.*fxa-pair host --scan/);
    expect(`${error.message} ${String(error.hint)}`).not.toContain(KEY.slice(0, 8));
  });

  it.each(["", "9F69P1GCAPJP", "9F69P1GCAPJP88", "9F69P1GCAPJPU", "9F69P1GCAPJP8&fp=9F69P1GCAPJP8"])(
    "V3: is refused with a fingerprint that is none: %j",
    (fingerprint) => {
      expect(failure(`${SERVER}/pair#${FRAGMENT}&mode=reverse&fp=${fingerprint}`)).toMatchObject({
        code: "unreadable",
        details: { part: "fp" },
      });
    },
  );

  it("is read or refused, and nothing else, whatever the text", () => {
    const near = fc.tuple(
      fc.constantFrom(SERVER, "http://localhost", "https:", ""),
      fc.string(),
      fc.string(),
    );
    const texts = fc.oneof(
      fc.string(),
      fc.webUrl({ withFragments: true }),
      near.map(([origin, path, fragment]) => `${origin}/pair${path}#${fragment}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(failure(text).code).toBe("unreadable");
      }),
    );
  });
});
