/** A random source that gives the same bytes each time, and remembers them to see what becomes of their memory. */
import { createHash } from "node:crypto";
import { check } from "../../engine/target.ts";

/** Random bytes for one scalar. */
const SCALAR_DRAW = 64;

export class Draws {
  readonly #seed: string;
  readonly #handedOut: Uint8Array[] = [];

  constructor(seed: string) {
    this.#seed = seed;
  }

  readonly source = (length: number): Uint8Array => {
    const digest = createHash("sha512").update(`${this.#seed} ${this.#handedOut.length}`).digest();
    const bytes = new Uint8Array(digest.subarray(0, length));
    this.#handedOut.push(bytes);
    return bytes;
  };

  get scalars(): number {
    return this.#handedOut.filter(({ length }) => length === SCALAR_DRAW).length;
  }

  /** Throws unless every scalar that was drawn has been overwritten. */
  checkWiped(): void {
    const isWiped = this.#handedOut.every(
      (bytes) => bytes.length !== SCALAR_DRAW || bytes.every((byte) => byte === 0),
    );
    check(isWiped, "a scalar is left in memory");
  }
}
