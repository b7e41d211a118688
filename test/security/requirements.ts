/** The requirements, as docs/security.md has them. */
import { readFileSync } from "node:fs";

export interface Requirement {
  readonly id: string;
  readonly words: string;
}

const DOCUMENT = new URL("../../docs/security.md", import.meta.url);
/** How many each part has. */
export const COUNTS = { C: 12, N: 4, A: 6, H: 16, F: 4, J: 9, W: 6, V: 6, S: 8, D: 4, R: 12 };

export function readRequirements(): readonly Requirement[] {
  const rows = readFileSync(DOCUMENT, "utf8").matchAll(/^\| ([CNAHFJWVSDR]\d+) +\| (.+?) +\|$/gm);
  return [...rows].map(([, id = "", words = ""]) => ({ id, words }));
}

/** The ids that a title names, as in `R5, R10: a broken limit` or `is a participant: R2`. */
export function idsIn(title: string): readonly string[] {
  return [...title.matchAll(/(?<![\w%.-])[CNAHFJWVSDR]\d{1,2}(?=[:,]|$)/g)].map(([id]) => id);
}

/**
 * Whoever misspells what is to be run shall not read that all is well.
 *
 * @throws Error if something chosen is not known
 */
export function requireKnown(chosen: readonly string[], known: readonly string[]): void {
  const unknown = chosen.filter((each) => !known.includes(each));
  if (unknown.length > 0) throw new Error(`There is nothing of the name ${unknown.join(", ")}.`);
}
