/**
 * The words that codes to type are made of: the 2048 of the English BIP-39 list, three to eight letters, no two with the
 * same first four. One word stands for 11 bits, the three of a code for 33.
 */
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { nearest } from "../lib/nearest.ts";
import type { RandomSource } from "../lib/random.ts";

export type CodeWords = readonly [string, string, string];

/** Letters that tell every word from all others. */
export const TELLING_LETTERS = 4;

/** Beyond it nobody can have meant a word: the longest has eight letters. */
const MOST_LETTERS = 32;

const WORDS: readonly string[] = wordlist;
const KNOWN: ReadonlySet<string> = new Set(WORDS);

/** Draws three words, each as likely as any other. Two random bytes a word, of which the list takes 11 bits. */
export function drawWords(random: RandomSource): CodeWords {
  const bytes = random(6);
  const at = (index: number) => {
    const drawn = ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
    return WORDS[drawn % WORDS.length] ?? "";
  };
  const words: CodeWords = [at(0), at(2), at(4)];
  bytes.fill(0);
  return words;
}

/** The one word that lower-case letters stand for, whole or shortened to four or more; `undefined` if none does. */
export function findWord(letters: string): string | undefined {
  if (KNOWN.has(letters)) return letters;
  return letters.length < TELLING_LETTERS ? undefined : wordsFrom(letters)[0];
}

/** Every word that begins with these lower-case letters, in the order of the alphabet. */
export function wordsFrom(letters: string): readonly string[] {
  return WORDS.filter((word) => word.startsWith(letters));
}

/** The word most likely meant by letters that are none; `undefined` if none is close, or if they are more than 32. */
export function nearestWord(letters: string): string | undefined {
  if (letters.length > MOST_LETTERS) return undefined;
  const begun = letters.length === 0 ? [] : wordsFrom(letters);
  if (begun.length === 1) return begun[0];
  return (
    nearest(letters, WORDS) ?? wordShortenedTo(letters) ?? wordsFrom(letters.slice(0, TELLING_LETTERS))[0]
  );
}

/** What was shortened and then mistyped: the word whose own beginning of that length is closest. */
function wordShortenedTo(letters: string): string | undefined {
  const beginnings = WORDS.map((word) => word.slice(0, letters.length));
  const closest = nearest(letters, beginnings);
  return closest === undefined ? undefined : WORDS[beginnings.indexOf(closest)];
}
