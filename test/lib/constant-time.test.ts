import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equalBytes, equalText } from "../../src/lib/constant-time.ts";
import { shareOfEarlyDifference } from "./comparison-time.ts";
import type { Compare } from "./comparison-time.ts";

/** What is compared in earnest has 32 bytes; in a long input an early exit cannot hide. */
const LENGTHS = [32, 4096];
/** Measured: 0.97 to 1.03 for the helper, 0.11 (32 bytes) and 0.00 (4096 bytes) for one that ends early. */
const EARLY_EXIT = 0.6;

/** Whether each of several measurements says that it ends early: a busy machine may spoil one, not all. */
function endsEarly(compare: Compare, length: number): boolean {
  for (let attempt = 0; attempt < 5; attempt++) {
    if (shareOfEarlyDifference(compare, length) > EARLY_EXIT) return false;
  }
  return true;
}

/** Ends at the first difference, as a plain loop or `===` does. */
function impatient(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

describe("the constant-time comparison", () => {
  it("C10: is one of equality", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
        expect(equalBytes(a, new Uint8Array(a))).toBe(true);
      }),
    );
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (a, at, bits) => {
          const b = new Uint8Array(a);
          b[at % b.length]! ^= bits;
          expect(equalBytes(a, b)).toBe(false);
        },
      ),
    );
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(equalText(a, b)).toBe(a === b);
        expect(equalText(a, a)).toBe(true);
      }),
    );
    expect(equalText("anna@exämple", "anna@exämple")).toBe(true);
    expect(equalText("anna@exämple", "anna@exàmple")).toBe(false);
  });

  it.each(LENGTHS)("C10: of %i bytes takes as long whether the first or the last byte differs", (length) => {
    expect(endsEarly(equalBytes, length)).toBe(false);
  });

  it.each(LENGTHS)("C10: of %i bytes would be found out if it ended at the first difference", (length) => {
    expect(endsEarly(impatient, length)).toBe(true);
  });

  it("C10: of texts looks at all of them, too", () => {
    const decoder = new TextDecoder("latin1");
    const texts = new Map<Uint8Array, string>();
    const asText: Compare = (a, b) => {
      for (const bytes of [a, b]) if (!texts.has(bytes)) texts.set(bytes, decoder.decode(bytes));
      return equalText(texts.get(a) ?? "", texts.get(b) ?? "");
    };
    expect(endsEarly(asText, 4096)).toBe(false);
  });
});
