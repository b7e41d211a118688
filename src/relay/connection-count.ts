/** How many connections there are, and waiting until there are none. */
import type { Clock } from "../lib/clock.ts";

export class ConnectionCount {
  readonly #clock: Clock;
  #count = 0;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get value(): number {
    return this.#count;
  }

  add(): void {
    this.#count++;
  }

  remove(): void {
    this.#count--;
    if (this.#count > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when no connection is left, or after that many milliseconds if they are given. */
  whenEmpty(milliseconds?: number): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = milliseconds === undefined ? undefined : this.#clock.after(milliseconds, resolve);
      this.#waiting.push(() => {
        cancel?.();
        resolve();
      });
    });
  }
}
