/** For "did you mean": what somebody who mistyped a name most likely meant. */

/** Share of a name's length that may be wrong in it. */
const TOLERANCE = 0.25;

/** The candidate closest to `name` by single edits, two exchanged neighbours among them; `undefined` if none is close. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const tolerated = TOLERANCE * Math.max(name.length, candidate.length);
    // Cheap to know, and enough to pass over a text of any length.
    if (Math.abs(name.length - candidate.length) > tolerated) continue;
    if (charactersNotIn(candidate, name) > tolerated) continue;
    const edits = editsBetween(name, candidate);
    if (edits >= least || edits > tolerated) continue;
    best = candidate;
    least = edits;
  }
  return best;
}

/** How many of a text's characters the other one has nowhere: each of them takes an edit. */
function charactersNotIn(other: string, text: string): number {
  let count = 0;
  for (const character of text) if (!other.includes(character)) count++;
  return count;
}

/**
 * Insertions, deletions and replacements of one character, and exchanges of two neighbours, that turn one text into the
 * other (Damerau and Levenshtein's distance, where no character is edited twice).
 */
function editsBetween(from: string, to: string): number {
  let before: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 0; row < from.length; row++) {
    const current = [row + 1];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (from[row] === to[column - 1] ? 0 : 1);
      const exchanged =
        column > 1 && row > 0 && from[row] === to[column - 2] && from[row - 1] === to[column - 1]
          ? (before[column - 2] ?? 0) + 1
          : Infinity;
      current.push(
        Math.min(replaced, exchanged, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1),
      );
    }
    [before, previous] = [previous, current];
  }
  return previous[to.length] ?? 0;
}
