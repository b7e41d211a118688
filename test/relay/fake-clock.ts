import type { Clock } from "../../src/lib/clock.ts";

/** A clock that a test moves. It starts in the middle of a slot, and counts in fractions as real ones do. */
export class FakeClock implements Clock {
  #now = 12_345.75;
  readonly #timers = new Set<{ at: number; action: () => void }>();
  readonly #awaited: { at: number; set: () => void }[] = [];

  /** Timers that are neither due nor cancelled. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now;
  }

  after(milliseconds: number, action: () => void): () => void {
    const timer = { at: this.#now + milliseconds, action };
    this.#timers.add(timer);
    for (const { at, set } of this.#awaited) if (at === timer.at) set();
    return () => this.#timers.delete(timer);
  }

  /** Resolves as soon as something waits for exactly that many milliseconds from now. */
  waitedFor(milliseconds: number): Promise<void> {
    const at = this.#now + milliseconds;
    if ([...this.#timers].some((timer) => timer.at === at)) return Promise.resolve();
    return new Promise((set) => this.#awaited.push({ at, set }));
  }

  /** Runs every timer due within the next milliseconds at its own moment. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.action();
    }
    this.#now = end;
  }
}
