import { wordlist } from "@scure/bip39/wordlists/english.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FxaPairError } from "../../src/lib/errors.ts";
import type { CodeWords } from "../../src/pairing/typed-code.ts";
import {
  completeTypedCode,
  drawWords,
  formatTypedCode,
  looksLikeTypedCode,
  parseTypedCode,
  passwordOf,
} from "../../src/pairing/typed-code.ts";

const CODE = { nameplate: "7", words: ["tiger", "abandon", "zoo"] };

function failure(text: string): FxaPairError {
  try {
    parseTypedCode(text);
  } catch (error) {
    if (error instanceof FxaPairError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

const anyWord = fc.constantFrom(...wordlist);
const anyWords = fc.tuple(anyWord, anyWord, anyWord);
const anyNameplate = fc.integer({ min: 1, max: 999_999_999 }).map(String);

describe("words", () => {
  it("are 2048, told apart by their first four letters", () => {
    expect(new Set(wordlist.map((word) => word.slice(0, 4))).size).toBe(2048);
    expect(wordlist.every((word) => /^[a-z]{3,8}$/.test(word))).toBe(true);
  });

  it("are drawn by two bytes each, so that every word is as likely", () => {
    const draws: number[] = [];
    const fixed = (bytes: readonly number[]) => (length: number) => {
      draws.push(length);
      return Uint8Array.from(bytes);
    };
    expect(drawWords(fixed([0, 0, 0, 1, 7, 255]))).toEqual(["abandon", "ability", "zoo"]);
    expect(drawWords(fixed([8, 0, 248, 1, 255, 255]))).toEqual(["abandon", "ability", "zoo"]);
    expect(draws).toEqual([6, 6]);
    const counts = new Map<string, number>();
    for (let drawn = 0; drawn < 65_536; drawn++) {
      const [word] = drawWords(fixed([drawn >> 8, drawn & 255, 0, 0, 0, 0]));
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual(Array.from({ length: 2048 }, () => 32));
  });
});

describe("a code to type", () => {
  it("comes back as it was written", () => {
    fc.assert(
      fc.property(anyNameplate, anyWords, (nameplate, words) => {
        const text = formatTypedCode(nameplate, words);
        expect(text).toBe(`${nameplate}-${passwordOf(words)}`);
        expect(parseTypedCode(text)).toEqual({ nameplate, words });
        expect(looksLikeTypedCode(text)).toBe(true);
      }),
    );
  });

  it("comes back in any case, shortened, and with any blanks and dashes", () => {
    const separator = fc.constantFrom(
      "-",
      " ",
      "  ",
      " - ",
      "\u2011",
      "\u2013",
      "\t",
      ", ",
      "\u00a0",
      "\u2212",
    );
    const shape = fc.record({
      before: fc.constantFrom("", " ", "\n", "\u00a0"),
      separators: fc.tuple(fc.constantFrom("", "-", " "), separator, separator),
      after: fc.constantFrom("", " ", "\r\n", "-"),
      letters: fc.tuple(...[4, 4, 4].map((min) => fc.integer({ min, max: 8 }))),
      capitals: fc.constantFrom(
        (word: string) => word,
        (word: string) => word.toUpperCase(),
        (word: string) => `${word[0]?.toUpperCase() ?? ""}${word.slice(1)}`,
      ),
    });
    fc.assert(
      fc.property(anyNameplate, anyWords, shape, (nameplate, words, typed) => {
        const shortened = words.map((word, index) => typed.capitals(word.slice(0, typed.letters[index])));
        const body = shortened.map((word, index) => `${typed.separators[index] ?? ""}${word}`).join("");
        expect(parseTypedCode(`${typed.before}${nameplate}${body}${typed.after}`)).toEqual({
          nameplate,
          words,
        });
      }),
    );
  });

  it.each(["7-tiger-abandon-zoo", "７－ｔｉｇｅｒ－ａｂａｎｄｏｎ－ｚｏｏ", "7TIGE abandon\nzoo"])(
    "is read from %j",
    (text) => {
      expect(parseTypedCode(text)).toEqual(CODE);
    },
  );

  it.each<[text: string, part: string, reason: string, hint: string]>([
    ["", "number", "it does not begin with its number", "A code is a number and three words"],
    ["tiger-abandon-zoo", "number", "it does not begin with its number", "A code is a number"],
    ["07-tiger-abandon-zoo", "number", "its number is none that relays give", "A code is a number"],
    ["1234567890-tiger-abandon-zoo", "number", "its number is none that relays give", "A code is"],
    ["7", "words", "0 words follow its number, not 3", "A code is"],
    ["7-tiger", "words", "1 word follows its number, not 3", "A code is"],
    ["7-tiger-abandon-zoo-zoo", "words", "4 words follow its number, not 3", "A code is"],
    ["7-tigre-abandon-zoo", "word 1", "its first word, tigre, is none of those", "Did you mean tiger?"],
    ["7-tiger-abnadon-zoo", "word 2", "its second word, abnadon, is none of those", "Did you mean abandon?"],
    ["7-tiger-abandoned-zoo", "word 2", "its second word, abandoned, is none of", "Did you mean abandon?"],
    ["7-tiger-abamd-zoo", "word 2", "its second word, abamd, is none of those", "Did you mean abandon?"],
    ["7-tiger-aba-zoo", "word 2", "its second word, aba, is none of those", "Did you mean abandon?"],
    ["7-tiger-abandon-zo", "word 3", "its third word, zo, is too short", "Type four letters or more"],
    ["7-tiger-ab-zoo", "word 2", "its second word, ab, is too short", "Type four letters or more"],
    ["7-tiger-qqqqqq-zoo", "word 2", "its second word, qqqqqq, is none of those", "Look at it again"],
    ["7-tiger-t\u001b[2Jger-zoo", "word 2", "its second word has other characters than letters", "A code is"],
    [`7-tiger-${"a".repeat(17)}-zoo`, "word 2", "its second word has other characters than", "A code is"],
  ])("is refused with the wrong part named: %j", (text, part, reason, hint) => {
    const error = failure(text);
    expect(error.code).toBe("unreadable");
    expect(error.details).toEqual({ part });
    expect(error.message).toContain(reason);
    expect(error.hint).toContain(hint);
  });

  it("names the word that one wrong letter makes unreadable, the right one, and no other", () => {
    const mistake = fc.record({
      at: fc.nat(7),
      letter: fc.constantFrom(...Array.from("abcdefghijklmnopqrstuvwxyz")),
    });
    fc.assert(
      fc.property(anyWords, fc.nat(2), mistake, (words, index, { at, letter }) => {
        const word = words[index] ?? "";
        const place = at % word.length;
        const wrong = word.slice(0, place) + letter + word.slice(place + 1);
        // Whatever begins like a word is taken for it: four letters are enough.
        fc.pre(word.length >= 4 && !wordlist.some((each) => each.startsWith(wrong)));
        fc.pre(wordlist.filter((each) => isOneEdit(each, wrong)).length === 1);
        const typed = words.map((each, i) => (i === index ? wrong : each));
        const error = failure(formatTypedCode("7", typed as unknown as CodeWords));
        expect(error.details).toEqual({ part: `word ${index + 1}` });
        expect(error.hint).toBe(`Did you mean ${word}?`);
        const ordinal = ["first", "second", "third"][index] ?? "";
        const reason = `its ${ordinal} word, ${wrong}, is none of those that codes are made of`;
        expect(error.message).toBe(`This is not a code to type: ${reason}.`);
      }),
    );
  });

  it("is never repeated as a whole, nor is a text without an end read", () => {
    for (const text of ["7-tigre-abnadon-zooo", `7-tiger-abandon-zoo${"-zoo".repeat(100_000)}`]) {
      const { message, hint } = failure(text);
      expect(`${message} ${hint ?? ""}`).not.toMatch(/zoo|abn/);
    }
  });
});

/** Whether one letter replaced, left out, added, or exchanged with its neighbour makes one of the other. */
function isOneEdit(a: string, b: string): boolean {
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  const [cutA, cutB] = [restA.slice(1), restB.slice(1)];
  const exchanged = restB.charAt(1) + restB.charAt(0) + cutB.slice(1);
  return a !== b && (cutA === cutB || cutA === restB || cutB === restA || restA === exchanged);
}

describe("what looks like a code", () => {
  it.each(["7-tiger-abandon-zoo", "7 tigre", "12tiger lamp", "tiger abandon zoo", " 7-tiger "])(
    "%j",
    (text) => {
      expect(looksLikeTypedCode(text)).toBe(true);
    },
  );

  it.each([
    "",
    "7",
    "tiger",
    "tiger abandon zoot",
    "https://accounts.firefox.com/pair#channel_id=x",
    "7-tiger.png",
    "./7-tiger",
    "20240101_123456.jpg",
    "IMG 7",
    "7/tiger",
    "-",
    "123",
  ])("not %j", (text) => {
    expect(looksLikeTypedCode(text)).toBe(false);
  });
});

describe("while a code is typed", () => {
  it.each<[typed: string, hint: string, completed: string]>([
    ["", "", ""],
    ["7", "", "7"],
    ["7-", "first word", "7-"],
    ["ti", "the number comes first", "ti"],
    ["7-ti", "ticket tide tiger tilt timber and 6 more", "7-ti"],
    ["7-tig", "tiger", "7-tiger-"],
    ["7 TIGE", "tiger", "7-tiger-"],
    ["7-tiger-", "second word", "7-tiger-"],
    ["7 tige aban", "abandon", "7-tiger-abandon-"],
    ["7-tiger-abandon-zo", "zone zoo", "7-tiger-abandon-zo"],
    ["7-tiger-abandon-zon", "zone", "7-tiger-abandon-zone"],
    ["7-tige-aban-zone", "zone", "7-tiger-abandon-zone"],
    ["7-tiger-abandon-zone-", "", "7-tiger-abandon-zone-"],
    ["7-tiger-abandon-zone-z", "a code has three words", "7-tiger-abandon-zone-z"],
    ["7-tiger-abnadon", "no such word; abandon?", "7-tiger-abnadon"],
    ["7-qqqqq", "no such word", "7-qqqqq"],
    [`7-${"abandoned".padEnd(32, "x")}`, "no such word; abandon?", `7-${"abandoned".padEnd(32, "x")}`],
    [`7-${"abandoned".padEnd(33, "x")}`, "no such word", `7-${"abandoned".padEnd(33, "x")}`],
    ["7-ac", "access accident account accuse achieve and 9 more", "7-ac"],
    ["7-acti", "action", "7-action-"],
    ["7-actr", "actress", "7-actress-"],
    ["7-exhib", "exhibit", "7-exhibit-"],
    ["7-wres", "wrestle", "7-wrestle-"],
  ])("%j", (typed, hint, completed) => {
    expect(completeTypedCode(typed)).toEqual({ hint, completed });
  });

  it("Tab after four letters of each word makes the whole code", () => {
    fc.assert(
      fc.property(anyNameplate, anyWords, (nameplate, words) => {
        let typed = `${nameplate}-`;
        for (const word of words) {
          typed = completeTypedCode(typed + word.slice(0, 4)).completed;
          if (!typed.endsWith("-")) typed += "-";
        }
        expect(parseTypedCode(typed)).toEqual({ nameplate, words });
      }),
    );
  });
});
