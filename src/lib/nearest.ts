/** For "did you mean": what somebody who mistyped a name most likely meant. */

/** Share of a name's length that may be wrong in it. */
const TOLERANCE = 0.25;

/** The candidate closest to `name` by single edits; `undefined` if none is close. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const tolerated = TOLERANCE * Math.max(name.length, candidate.length);
    // Cheap to know, and enough to pass over a text of any length.
    if (Math.abs(name.length - candidate.length) > tolerated) continue;
    const edits = editsBetween(name, candidate);
    if (edits >= least || edits > tolerated) continue;
    best = candidate;
    least = edits;
  }
  return best;
}

/** Insertions, deletions and replacements of one character that turn one text into the other (Levenshtein). */
function editsBetween(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 0; row < from.length; row++) {
    const current = [row + 1];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (from[row] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}
