/**
 * The code to type, for devices without a camera:
 *
 *     12-apple-river-stone        <nameplate>-<word>-<word>-<word>
 *
 * The nameplate tells the relay which channel is meant, and is no secret. The words are the password of the key exchange
 * (`src/cpace`), and nothing else: never a key, and never sent. What is typed is read forgivingly, as people hear codes
 * and type them on all kinds of keyboards; what is exchanged is always the same three words, in full and lower case.
 */
import { isNameplate } from "../channel/wire.ts";
import { FxaPairError } from "../lib/errors.ts";
import { drawWords, findWord, nearestWord, TELLING_LETTERS, wordsFrom } from "./code-words.ts";
import type { CodeWords } from "./code-words.ts";

export { drawWords };
export type { CodeWords };

export interface TypedCode {
  /** A number of 1 to 9 digits, not beginning with 0, as the relay gave it. */
  readonly nameplate: string;
  /** In full and lower case. */
  readonly words: CodeWords;
}

export interface Completion {
  /** What to show beside the text while it is typed; it may name words that fit, so it is as secret as the code. */
  readonly hint: string;
  /** The text after Tab: as it was if nothing can be added. */
  readonly completed: string;
}

/** Three words of eight letters and a number have 36 characters; the rest is room for blanks. */
const MAX_LENGTH = 200;
const WORD_COUNT = 3;
/** White space, and every dash that keyboards and programs put in a hyphen's place; the comma of who reads aloud. */
const SEPARATORS = /[\s\p{Pd}\u2212\u00ad,]+/gu;
/** What may be repeated to who typed it: no other text reaches a terminal. */
const PLAIN_LETTERS = /^[a-z]{1,16}$/;
const ORDINALS = ["first", "second", "third"] as const;
const SHAPE = "A code is a number and three words, as 12-apple-river-stone.";
/** Words that a hint names. */
const MAX_NAMED = 5;

/** Writes a code as it is shown. */
export function formatTypedCode(nameplate: string, words: CodeWords): string {
  return `${nameplate}-${passwordOf(words)}`;
}

/** The words as both devices put them into the key exchange: in full, lower case, joined by hyphens. */
export function passwordOf(words: CodeWords): string {
  return words.join("-");
}

/**
 * Reads a code as people type it: in capitals, with blanks or other dashes, with words shortened to four letters or more.
 *
 * @throws FxaPairError `unreadable`. It names the wrong word and the nearest one, and nothing else of the code;
 *   `details.part` is `number`, `words`, `word 1`, `word 2` or `word 3`.
 */
export function parseTypedCode(text: string): TypedCode {
  const { nameplate, words } = split(text);
  if (nameplate === undefined) throw unreadable("number", "it does not begin with its number", SHAPE);
  if (!isNameplate(nameplate)) throw unreadable("number", "its number is none that relays give", SHAPE);
  const [first, second, third, ...more] = words;
  if (first === undefined || second === undefined || third === undefined || more.length > 0) {
    const counted = words.length === 1 ? "1 word follows" : `${words.length} words follow`;
    throw unreadable("words", `${counted} its number, not ${WORD_COUNT}`, SHAPE);
  }
  return { nameplate, words: [readWord(first, 0), readWord(second, 1), readWord(third, 2)] };
}

/**
 * Whether somebody meant to type a code, right or wrong: a number and at least one word behind it, or just three words
 * of the list. No URL does, and no name of a picture that ends in `.png` and the like.
 */
export function looksLikeTypedCode(text: string): boolean {
  const { nameplate, words } = split(text);
  if (!words.every((word) => /^\p{L}+$/u.test(word))) return false;
  if (nameplate !== undefined) return words.length > 0;
  return words.length === WORD_COUNT && words.every((word) => findWord(word) !== undefined);
}

/**
 * What can be said and added while a code is typed. `completed` has the words so far in full and the last one as far as
 * it is certain, with a hyphen behind a word that is whole unless it is the last.
 */
export function completeTypedCode(typed: string): Completion {
  const { nameplate, words, open } = split(typed);
  if (nameplate === undefined)
    return { hint: words.length > 0 ? "the number comes first" : "", completed: typed };
  const begun = open ? words.length : words.length - 1;
  if (begun >= WORD_COUNT) return finished(typed, words);
  const last = open ? "" : (words[begun] ?? "");
  if (last === "") return { hint: open ? `${ORDINALS[begun] ?? ""} word` : "", completed: typed };
  const before = [nameplate, ...words.slice(0, begun).map((word) => findWord(word) ?? word)];
  return completeWord(typed, before, last, begun === WORD_COUNT - 1);
}

function finished(typed: string, words: readonly string[]): Completion {
  const hint = words.length > WORD_COUNT ? "a code has three words" : "";
  return { hint, completed: typed };
}

function completeWord(
  typed: string,
  before: readonly string[],
  letters: string,
  isLast: boolean,
): Completion {
  const fitting = wordsFrom(letters);
  const [only] = fitting;
  if (only === undefined) {
    const meant = nearestWord(letters);
    const hint = meant === undefined ? "no such word" : `no such word; ${meant}?`;
    return { hint, completed: typed };
  }
  const certain = fitting.length === 1 ? only : commonBeginning(fitting);
  const end = fitting.length === 1 && !isLast ? "-" : "";
  return { hint: nameSome(fitting), completed: [...before, certain].join("-") + end };
}

function nameSome(words: readonly string[]): string {
  const more = words.length - MAX_NAMED;
  const named = words.slice(0, MAX_NAMED).join(" ");
  return more > 0 ? `${named} and ${more} more` : named;
}

/** Words in the order of the alphabet share what the first and the last of them share. */
function commonBeginning(words: readonly string[]): string {
  const [first = "", last = ""] = [words[0], words.at(-1)];
  let length = 0;
  while (length < first.length && first[length] === last[length]) length++;
  return first.slice(0, length);
}

interface Parts {
  /** All digits that the text begins with. */
  readonly nameplate: string | undefined;
  readonly words: readonly string[];
  /** Whether the text ends in a separator, so that the last word is done. */
  readonly open: boolean;
}

function split(text: string): Parts {
  // Keyboards of East Asia write letters and digits of double width.
  const plain = text.length > MAX_LENGTH ? "" : text.normalize("NFKC").toLowerCase();
  const [, nameplate, rest = ""] = /^[\s\p{Pd}]*(\d+)?(.*)$/su.exec(plain) ?? [];
  const words = rest.split(SEPARATORS).filter((word) => word !== "");
  return { nameplate, words, open: rest !== "" && rest.replace(SEPARATORS, " ").endsWith(" ") };
}

function readWord(letters: string, index: 0 | 1 | 2): string {
  const word = findWord(letters);
  if (word !== undefined) return word;
  const part = `word ${index + 1}`;
  const ordinal = ORDINALS[index];
  if (!PLAIN_LETTERS.test(letters)) {
    throw unreadable(part, `its ${ordinal} word has other characters than letters`, SHAPE);
  }
  const meant = nearestWord(letters);
  const hint = meant === undefined ? "Look at it again on the other device." : `Did you mean ${meant}?`;
  if (letters.length < TELLING_LETTERS && wordsFrom(letters).length > 1) {
    throw unreadable(
      part,
      `its ${ordinal} word, ${letters}, is too short`,
      "Type four letters or more of each word.",
    );
  }
  throw unreadable(part, `its ${ordinal} word, ${letters}, is none of those that codes are made of`, hint);
}

function unreadable(part: string, reason: string, hint: string): FxaPairError {
  return new FxaPairError("unreadable", `This is not a code to type: ${reason}.`, {
    hint,
    details: { part },
  });
}
