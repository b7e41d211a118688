/** Short numbers for channels, which people type: each is random among the shortest free ones. */
import type { RandomSource } from "../lib/random.ts";

export class Nameplates {
  readonly #random: RandomSource;
  readonly #ids = new Map<string, string>();
  /** Free numbers by their length, from 1 digit. A length is laid out when all shorter ones are in use. */
  readonly #free: number[][] = [];

  constructor(random: RandomSource) {
    this.#random = random;
  }

  /** How many are in use. */
  get size(): number {
    return this.#ids.size;
  }

  /** Draws a nameplate for a channel. */
  take(id: string): string {
    const free = this.#free.find((numbers) => numbers.length > 0) ?? this.#layOut();
    const index = this.#below(free.length);
    const nameplate = String(free[index]);
    free[index] = free[free.length - 1] ?? 0;
    free.pop();
    this.#ids.set(nameplate, id);
    return nameplate;
  }

  /** The channel of a nameplate; `undefined` for whatever is none. */
  find(nameplate: string): string | undefined {
    return this.#ids.get(nameplate);
  }

  /** Makes a nameplate free again. Harmless if it is. */
  release(nameplate: string): void {
    if (this.#ids.delete(nameplate)) this.#free[nameplate.length - 1]?.push(Number(nameplate));
  }

  /** Numbers of one more digit: 1 to 9, 10 to 99, and so on. */
  #layOut(): number[] {
    const first = 10 ** this.#free.length;
    const numbers = Array.from({ length: 9 * first }, (_, index) => first + index);
    this.#free.push(numbers);
    return numbers;
  }

  /** A random whole number below `limit`, each as likely as any other. */
  #below(limit: number): number {
    const most = 2 ** 32 - (2 ** 32 % limit);
    for (;;) {
      const [a = 0, b = 0, c = 0, d = 0] = this.#random(4);
      const drawn = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
      if (drawn < most) return drawn % limit;
    }
  }
}
