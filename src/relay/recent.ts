/** A map that keeps what was put lately: for so many milliseconds, and so many entries, oldest forgotten first. */

export class Recent<T> {
  readonly #most: number;
  readonly #period: number;
  /** In the order of being put, as a Map keeps the order of insertion. */
  readonly #entries = new Map<string, { readonly value: T; readonly at: number }>();

  constructor(most: number, period: number) {
    this.#most = most;
    this.#period = period;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Keeps the value from now on, at the cost of the oldest if there are too many. */
  put(key: string, value: T, now: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, at: now });
    if (this.#entries.size <= this.#most) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      break;
    }
  }

  /** Forgets what was put that long ago. */
  forget(now: number): void {
    for (const [key, { at }] of this.#entries) {
      if (now - at < this.#period) break;
      this.#entries.delete(key);
    }
  }
}
