/** What must hold for the words of an error that anything from outside has brought about. */
import { FxaPairError } from "../../../src/lib/errors.ts";
import { literals } from "../engine/coverage.ts";
import { check } from "../engine/target.ts";

const MOST_CHARACTERS = 600;

/** Whole sentences for people: nothing in them steers a terminal, and no long piece of `text` is repeated. */
export function checkWords(error: FxaPairError, text: string, recognizable: number): void {
  const words = `${error.message}\n${error.hint ?? ""}`;
  check(words.length <= MOST_CHARACTERS, "an error with very many words");
  check(
    !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(words.replace("\n", "")),
    "an error that steers the terminal",
  );
  if (text.length < recognizable) return;
  for (let at = 0; at + recognizable <= words.length; at++) {
    const piece = words.slice(at, at + recognizable);
    check(!text.includes(piece) || isOwn(piece), `an error that repeats its input: ${words}`);
  }
}

/** Inputs are made of the program's own words, too. */
function isOwn(piece: string): boolean {
  return [...literals].some((literal) => String(literal).includes(piece));
}

/** Everything else that is thrown is a fault of the program. */
export function expectOwnError(error: unknown): FxaPairError {
  if (!(error instanceof FxaPairError)) throw error;
  check(error.code !== "internal", `an internal error: ${error.message}`);
  return error;
}
