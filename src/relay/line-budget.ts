/**
 * How many lines of one kind a log takes in a span of time, from one source and from all, so that nobody can flood it.
 * Pure; the time is passed in (milliseconds of one monotonic clock).
 */

export interface LineLimits {
  /** Lines from one source within a span. */
  readonly perSource: number;
  /** Lines from all sources within a span; also how many sources are remembered at most. */
  readonly total: number;
  /** Milliseconds. */
  readonly span: number;
}

export class LineBudget {
  readonly #limits: LineLimits;
  readonly #bySource = new Map<string, number>();
  #spanStart = -Infinity;
  #written = 0;
  #left = 0;

  constructor(limits: LineLimits) {
    this.#limits = limits;
  }

  /** Whether a line from that source may be written now; one that may not is counted. */
  allows(source: string, now: number): boolean {
    if (now - this.#spanStart >= this.#limits.span) {
      this.#spanStart = now;
      this.#written = 0;
      this.#bySource.clear();
    }
    const lines = this.#bySource.get(source) ?? 0;
    if (lines >= this.#limits.perSource || this.#written >= this.#limits.total) {
      this.#left++;
      return false;
    }
    this.#bySource.set(source, lines + 1);
    this.#written++;
    return true;
  }

  /** How many lines were left out in a span that is over; 0 while it lasts. Forgets them. */
  takeLeftOut(now: number): number {
    if (this.#left === 0 || now - this.#spanStart < this.#limits.span) return 0;
    const left = this.#left;
    this.#left = 0;
    return left;
  }
}
