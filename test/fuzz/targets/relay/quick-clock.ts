/** A clock that is moved; what was to be done by then is done at once. */
import type { CancelTimer, Clock } from "../../../../src/lib/clock.ts";

export class QuickClock implements Clock {
  #now = 1_000;
  readonly #timers = new Map<() => void, number>();

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now;
  }

  after(milliseconds: number, action: () => void): CancelTimer {
    const timer = (): void => {
      action();
    };
    this.#timers.set(timer, this.#now + milliseconds);
    return () => this.#timers.delete(timer);
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const [timer, due] of [...this.#timers]) {
      if (due > this.#now || !this.#timers.delete(timer)) continue;
      timer();
    }
  }
}
