/** A generator of numbers that are the same for the same seed (xorshift128, Marsaglia 2003). */
export class Random {
  #a: number;
  #b = 362_436_069;
  #c = 521_288_629;
  #d = 88_675_123;

  constructor(seed: number) {
    this.#a = (seed ^ 123_456_789) >>> 0 || 1;
    for (let i = 0; i < 16; i++) this.uint32();
  }

  uint32(): number {
    const mixed = this.#a ^ (this.#a << 11);
    this.#a = this.#b;
    this.#b = this.#c;
    this.#c = this.#d;
    this.#d = (this.#d ^ (this.#d >>> 19) ^ mixed ^ (mixed >>> 8)) >>> 0;
    return this.#d;
  }

  /** A whole number from 0, less than `limit`. */
  below(limit: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * limit);
  }

  /** Small numbers more often than large ones: from 1 to `limit`. */
  length(limit: number): number {
    return 1 + this.below(1 + this.below(Math.max(1, limit)));
  }

  of<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }
}
