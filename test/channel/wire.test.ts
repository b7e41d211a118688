import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatEnvelope,
  formatFirstMessage,
  isChannelId,
  MAX_FRAME_LENGTH,
  parseEnvelope,
  parseFirstMessage,
} from "../../src/channel/wire.ts";
import { encodeBase64url } from "../../src/lib/base64url.ts";

const ID = "AAECAwQFBgcICQoLDA0ODw";
const idBytes = fc.uint8Array({ minLength: 16, maxLength: 16 });

describe("channel ids", () => {
  it("are exactly 16 bytes in canonical base64url", () => {
    fc.assert(fc.property(idBytes, (bytes) => isChannelId(encodeBase64url(bytes))));
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }).filter((bytes) => bytes.length !== 16),
        (bytes) => !isChannelId(encodeBase64url(bytes)),
      ),
    );
  });

  it.each([
    ["padding", `${ID}==`],
    ["trailing bits", "AAECAwQFBgcICQoLDA0ODx"],
    ["the other alphabet", "AAECAwQFBgcICQoLDA0O/w"],
    ["a path", "../CAwQFBgcICQoLDA0ODw"],
    ["a newline", `${ID}\n`],
  ])("are refused with %s", (_what, text) => {
    expect(isChannelId(text)).toBe(false);
  });
});

describe("first message", () => {
  it("comes back as it was written", () => {
    const message = fc.record(
      {
        link: fc.string(),
        channelid: idBytes.map(encodeBase64url),
        resume: fc.string(),
        seen: fc.nat(),
        expires_in: fc.option(fc.nat(365 * 86_400)),
        nameplate: fc.string(),
      },
      { requiredKeys: ["link", "channelid"] },
    );
    fc.assert(
      fc.property(message, (written) => {
        expect(parseFirstMessage(formatFirstMessage(written))).toEqual(written);
      }),
    );
  });

  it("may come from a relay that knows only link and channelid, or more than we do", () => {
    const link = `/v1/ws/${ID}`;
    expect(parseFirstMessage(JSON.stringify({ link, channelid: ID }))).toEqual({ link, channelid: ID });
    expect(parseFirstMessage(JSON.stringify({ link, channelid: ID, motd: "hi" }))).toEqual({
      link,
      channelid: ID,
    });
  });

  it.each([
    ["not JSON", "{"],
    ["an array", "[]"],
    ["null", "null"],
    ["no link", JSON.stringify({ channelid: ID })],
    ["no id", JSON.stringify({ link: "/" })],
    ["a short id", JSON.stringify({ link: "/", channelid: "AAAA" })],
    ["an id that is a number", JSON.stringify({ link: "/", channelid: 22 })],
    ["a negative lifespan", JSON.stringify({ link: "/", channelid: ID, expires_in: -1 })],
    ["an endless lifespan", `{"link":"/","channelid":"${ID}","expires_in":1e999}`],
    ["a lifespan that no clock can count", `{"link":"/","channelid":"${ID}","expires_in":1e300}`],
    ["a lifespan of more than a year", JSON.stringify({ link: "/", channelid: ID, expires_in: 31_536_001 })],
    ["a lifespan as text", JSON.stringify({ link: "/", channelid: ID, expires_in: "300" })],
    ["a count that is no integer", JSON.stringify({ link: "/", channelid: ID, seen: 0.5 })],
    ["a token with half a character", JSON.stringify({ link: "/", channelid: ID, resume: "\ud800" })],
    ["an envelope", JSON.stringify({ message: "", sender: {} })],
  ])("is refused: %s", (_what, text) => {
    expect(parseFirstMessage(text)).toBeUndefined();
  });
});

describe("envelope", () => {
  const sender = fc.record(
    { ua: fc.string(), remote: fc.string(), city: fc.string(), region: fc.string(), country: fc.string() },
    { requiredKeys: [] },
  );

  it("comes back as it was written", () => {
    fc.assert(
      fc.property(fc.string(), sender, (message, from) => {
        expect(parseEnvelope(formatEnvelope({ message, sender: from }))).toEqual({ message, sender: from });
      }),
    );
  });

  it("takes null for unknown and ignores what it does not know", () => {
    const text = JSON.stringify({ message: "x", sender: { ua: null, remote: "::1", asn: 7 }, id: 1 });
    expect(parseEnvelope(text)).toEqual({ message: "x", sender: { remote: "::1" } });
  });

  it.each([
    ["not JSON", "abc"],
    ["no message", JSON.stringify({ sender: {} })],
    ["no sender", JSON.stringify({ message: "x" })],
    ["a message that is an object", JSON.stringify({ message: {}, sender: {} })],
    ["a sender of the wrong type", JSON.stringify({ message: "x", sender: "me" })],
    ["a fact of the wrong type", JSON.stringify({ message: "x", sender: { ua: 7 } })],
    ["a text beyond the limit", JSON.stringify({ message: "x".repeat(MAX_FRAME_LENGTH), sender: {} })],
    ["endless nesting", "[".repeat(60_000)],
  ])("is refused: %s", (_what, text) => {
    expect(parseEnvelope(text)).toBeUndefined();
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        parseEnvelope(text);
        parseFirstMessage(text);
      }),
    );
  });
});
