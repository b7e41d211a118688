/**
 * The counters of all branches of all instrumented files, side by side, and what they have shown so far. Instrumented
 * files call `globalThis.fuzzCoverage` first of all; everything else imports from here.
 */

/** Room for all branches of `src`. */
const SIZE = 32_768;

/** How often each branch was taken in the current run, modulo 256. Only the first {@link usedCounters} count. */
export const counters = new Uint8Array(SIZE);
const words = new Uint32Array(counters.buffer);

export interface InstrumentedFile {
  readonly name: string;
  /** Its first counter. */
  readonly first: number;
  /** The line of each branch. */
  readonly lines: readonly number[];
}

/** Every instrumented file that was loaded. */
export const files: InstrumentedFile[] = [];
/** Numbers and texts in the files: what they compare with or switch over is among them. */
export const literals = new Set<string | number>();

let next = 0;

export function usedCounters(): number {
  return next;
}

Object.assign(globalThis, {
  fuzzCoverage(name: string, lines: readonly number[], constants: readonly (string | number)[]): Uint8Array {
    const first = next;
    next += lines.length;
    if (next > SIZE) throw new Error("more branches than there are counters");
    files.push({ name, first, lines });
    for (const constant of constants) literals.add(constant);
    return counters.subarray(first, next);
  },
});

/** Once, twice, three times, a few times, … : more than that says little about a path. One bit each. */
const CLASSES = new Uint8Array(256);
for (let count = 1; count < CLASSES.length; count++) {
  CLASSES[count] =
    count < 4 ? 1 << (count - 1) : count < 8 ? 8 : count < 16 ? 16 : count < 32 ? 32 : count < 128 ? 64 : 128;
}

/** What a set of runs has shown: for each branch the classes of counts. */
export class Coverage {
  readonly #seen = new Uint8Array(SIZE);

  /** Adds the run that just ended. Returns whether it took a branch, or took one as often, as no run did before. */
  add(): boolean {
    let isNew = false;
    const end = Math.ceil(next / 4);
    for (let word = 0; word < end; word++) {
      if (words[word] === 0) continue;
      for (let at = word * 4; at < word * 4 + 4; at++) {
        const bit = CLASSES[counters[at] ?? 0] ?? 0;
        const seen = this.#seen[at] ?? 0;
        if ((seen | bit) === seen) continue;
        this.#seen[at] = seen | bit;
        isNew = true;
      }
    }
    return isNew;
  }

  /** Branches taken at all. */
  get taken(): number {
    let count = 0;
    for (let at = 0; at < next; at++) if (this.#seen[at] !== 0) count++;
    return count;
  }

  isTaken(at: number): boolean {
    return this.#seen[at] !== 0;
  }
}

/** Before each run. */
export function clearCounters(): void {
  counters.fill(0, 0, next);
}
