import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatFingerprint,
  isEndOf,
  normalizeFingerprint,
  requestFingerprint,
} from "../../src/pairing/fingerprint.ts";

/** The definition, bit by bit, instead of by shifting. */
function bitByBit(document: string): string {
  const input = Buffer.concat([Buffer.from("fxa-pair request 1"), Buffer.from([0]), Buffer.from(document)]);
  const digest = createHash("sha256").update(input).digest();
  const bits = [...digest].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const characters = Array.from({ length: 13 }, (_, i) => parseInt(bits.slice(i * 5, i * 5 + 5), 2));
  return characters.map((value) => "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[value]).join("");
}

it("is the first 65 bits of the hash over label and document", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (document) => {
      expect(requestFingerprint(document)).toBe(bitByBit(document));
    }),
  );
});

it("keeps its value for good", () => {
  expect(requestFingerprint("{}")).toBe(bitByBit("{}"));
  expect(requestFingerprint('{"message":"pair:supp:request","data":{}}')).toMatchInlineSnapshot(
    `"VT70MG66R7PAN"`,
  );
});

it("differs if one character does", () => {
  expect(requestFingerprint('{"a":1}')).not.toBe(requestFingerprint('{"a": 1}'));
});

it("is read back however people type it", () => {
  fc.assert(
    fc.property(fc.string(), (document) => {
      const fingerprint = requestFingerprint(document);
      const shown = formatFingerprint(fingerprint);
      expect(shown).toMatch(/^.{4}-.{5}-.{4}$/);
      expect(normalizeFingerprint(shown)).toBe(fingerprint);
      expect(normalizeFingerprint(` ${shown.toLowerCase().replaceAll("-", " ")}`)).toBe(fingerprint);
      expect(normalizeFingerprint(shown.replaceAll("0", "o").replaceAll("1", "l"))).toBe(fingerprint);
      expect(normalizeFingerprint(shown.replaceAll("1", "I"))).toBe(fingerprint);
    }),
  );
});

it.each([
  "",
  "ABCD-EFGH0-123",
  "ABCD-EFGH0-12345",
  "ABCD-EFGHU-1234",
  "ABCD-EFGH\u0131-1234",
  "ABCD_EFGH0_1234",
])("is not made from %j", (input) => {
  expect(normalizeFingerprint(input)).toBeUndefined();
});

describe("the end of a fingerprint", () => {
  it.each(["1O0X", "io0x", " 1o-0X ", "LO0x", "9f69-p1gca-1o0x", "9F69PIGCA100X"])("V4: is %j", (typed) => {
    expect(isEndOf(typed, "9F69-P1GCA-100X")).toBe(true);
  });

  it.each(["", "100", "00X", "100Y", "1000X", "0100X", "9F69", "9F69-P1GCA-100Y", "8F69-P1GCA-100X", "100U"])(
    "V4: is not %j",
    (typed) => {
      expect(isEndOf(typed, "9F69-P1GCA-100X")).toBe(false);
    },
  );
});
