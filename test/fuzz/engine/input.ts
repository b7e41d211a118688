/** Takes an input apart, front to back. There is always something to take: behind the end everything is zero or empty. */
export class InputReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#bytes.length;
  }

  uint8(): number {
    return this.#bytes[this.#position++] ?? 0;
  }

  uint16(): number {
    return (this.uint8() << 8) | this.uint8();
  }

  /** A whole number from 0, less than `limit`, which is at most 65 536. */
  below(limit: number): number {
    return limit <= 1 ? 0 : (limit <= 256 ? this.uint8() : this.uint16()) % limit;
  }

  /** As many bytes as the two bytes before them say, or as there are. */
  piece(): Uint8Array {
    const length = this.uint16();
    const piece = this.#bytes.slice(this.#position, this.#position + length);
    this.#position += length;
    return piece;
  }

  rest(): Uint8Array {
    const rest = this.#bytes.slice(this.#position);
    this.#position = this.#bytes.length;
    return rest;
  }
}
