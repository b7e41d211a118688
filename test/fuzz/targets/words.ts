/** What must hold for the words of an error that anything from outside has brought about. */
import { FxaPairError } from "../../../src/lib/errors.ts";
import { literals } from "../engine/coverage.ts";
import { check } from "../engine/target.ts";

/** Matches no text. */
const NOTHING = /(?!)/;
const MOST_CHARACTERS = 900;

/**
 * Whole sentences for people: nothing in them steers a terminal, and no piece of `text` is repeated that has as many
 * characters as are `recognizable`, unless all of them are `harmless`.
 */
export function checkWords(
  error: FxaPairError,
  text: string,
  recognizable: number,
  harmless = NOTHING,
): void {
  const words = `${error.message}\n${error.hint ?? ""}`;
  check(words.length <= MOST_CHARACTERS, "an error with very many words");
  check(
    !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(words.replace("\n", "")),
    "an error that steers the terminal",
  );
  if (text.length < recognizable) return;
  for (let at = 0; at + recognizable <= words.length; at++) {
    const piece = words.slice(at, at + recognizable);
    check(
      !text.includes(piece) || harmless.test(piece) || isOwn(piece),
      `an error that repeats its input: ${words}`,
    );
  }
}

/** Characters that are seldom together by chance. */
const GRAM = 6;
const grams = new Set<string>();

/** Inputs are made of the program's own words, too, whole or in part: such pieces tell nothing. */
function isOwn(piece: string): boolean {
  if (grams.size === 0)
    for (const literal of literals) for (const gram of gramsOf(String(literal))) grams.add(gram);
  const all = gramsOf(piece);
  return all.filter((gram) => grams.has(gram)).length * 2 > all.length;
}

function gramsOf(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - GRAM + 1) }, (_gram, at) =>
    text.slice(at, at + GRAM),
  );
}

/** Everything else that is thrown is a fault of the program. */
export function expectOwnError(error: unknown): FxaPairError {
  if (!(error instanceof FxaPairError)) throw error;
  check(error.code !== "internal", `an internal error: ${error.message}`);
  return error;
}
