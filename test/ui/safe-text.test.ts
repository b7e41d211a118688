import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { displayText } from "../../src/ui/safe-text.ts";

const RAW_CONTROL =
  // eslint-disable-next-line no-control-regex, no-misleading-character-class
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\uffff\u{e0000}-\u{10ffff}]/u;

const SPECIAL =
  "\u001b[]52;c\u0007\r\n\t\u0000\u007f\u0085\u009b\u009d\u202e\u2066\u2069\u200b\u200d\u2028\u2029\ufe0f\u{e0041}" +
  "\ud800\udfffaé漢字ハンかな한글Ａ😀👩‍👩‍👧🇩🇪\u0301\u0489…\\{}";

/** Anything a peer could send, with the interesting characters far more often than by chance. */
const foreign = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.array(fc.constantFrom(...Array.from(SPECIAL)), { maxLength: 200 }).map((parts) => parts.join("")),
);

describe("for every text", () => {
  test("nothing raw is left that a terminal could obey or hide", () => {
    fc.assert(
      fc.property(foreign, fc.integer({ min: 1, max: 200 }), (text, cells) => {
        expect(displayText(text, cells)).not.toMatch(RAW_CONTROL);
      }),
    );
  });

  test("the result is at most so many cells wide, counted independently", () => {
    fc.assert(
      fc.property(foreign, fc.integer({ min: 1, max: 200 }), (text, cells) => {
        expect(widthOf(displayText(text, cells))).toBeLessThanOrEqual(cells);
      }),
    );
  });

  test("showing twice changes nothing more", () => {
    fc.assert(
      fc.property(foreign, (text) => {
        const once = displayText(text);
        expect(displayText(once)).toBe(once);
      }),
    );
  });

  test("what fits is whole, what does not ends in an ellipsis", () => {
    fc.assert(
      fc.property(foreign, (text) => {
        const whole = displayText(text, Infinity);
        const cut = displayText(text, 20);
        if (cut !== whole) expect(whole.startsWith(cut.replace(/…$/, ""))).toBe(true);
        if (cut !== whole) expect(cut).toMatch(/…$/);
      }),
    );
  });
});

/** Cells by a few plain ranges, as a terminal reserves them. */
function widthOf(text: string): number {
  return Array.from(text, (character) => {
    if (/\p{M}/u.test(character)) return 0;
    return /[\u1100-\u115f\u3000-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff01-\uff60]|[\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u.test(
      character,
    )
      ? 2
      : 1;
  }).reduce<number>((sum, width) => sum + width, 0);
}

test.each([
  ["Anna Müller <anna@example.com>", "Anna Müller <anna@example.com>"],
  ["山田　太郎 — Ελλάδα — हिन्दी", "山田　太郎 — Ελλάδα — हिन्दी"],
  ["a\u001b]52;c;cm0gLXJm\u0007b", "a\\u{1b}]52;c;cm0gLXJm\\u{7}b"],
  ["\u001b]0;title\u001b\\", "\\u{1b}]0;title\\u{1b}\\"],
  ["one\rtwo\nthree\u0085four", "one\\u{d}two\\u{a}three\\u{85}four"],
  ["\u009b2J", "\\u{9b}2J"],
  ["gnp.\u202efdp", "gnp.\\u{202e}fdp"],
  ["pay\u200bpal", "pay\\u{200b}pal"],
  ["half \ud83d emoji", "half \\u{d83d} emoji"],
  ["tag \u{e0041}", "tag \\u{e0041}"],
  ["C:\\Users", "C:\\Users"],
  ["", ""],
])("%j", (text, expected) => {
  expect(displayText(text)).toBe(expected);
});

test("80 cells are whole, the 81st costs one for the ellipsis", () => {
  expect(displayText("x".repeat(80))).toBe("x".repeat(80));
  expect(displayText("x".repeat(81))).toBe(`${"x".repeat(79)}…`);
  expect(displayText("漢".repeat(40))).toBe("漢".repeat(40));
  expect(displayText("漢".repeat(41))).toBe(`${"漢".repeat(39)}…`);
  expect(displayText(`${"x".repeat(78)}\u202e`)).toBe(`${"x".repeat(78)}…`);
});

test("marks are not piled up, nor put on what stands before", () => {
  expect(displayText("e\u0301")).toBe("e\u0301");
  expect(displayText("\u0301e")).toBe("\\u{301}e");
  expect(displayText(`e${"\u0301".repeat(6)}`)).toBe(`e${"\u0301".repeat(4)}\\u{301}\\u{301}`);
  expect(displayText(`e${"\u0301".repeat(1_000_000)}`).length).toBeLessThan(100);
});
