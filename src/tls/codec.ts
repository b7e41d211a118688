/**
 * The presentation language of RFC 8446 §3: big-endian integers and length-prefixed vectors. Readers refuse whatever is
 * too short, too long or left over; writers fill in length prefixes themselves.
 */
import { refuse } from "./alerts.ts";

/** Reads a struct from front to back. All bytes it returns are views of the input. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  /** Position of the next byte, counted from the start of the input. */
  get position(): number {
    return this.#position;
  }

  uint8(): number {
    return this.#uint(1);
  }

  uint16(): number {
    return this.#uint(2);
  }

  uint24(): number {
    return this.#uint(3);
  }

  uint32(): number {
    return this.#uint(4) >>> 0;
  }

  bytes(length: number): Uint8Array {
    if (length > this.remaining) throw refuse("truncated");
    const start = this.#position;
    this.#position += length;
    return this.#bytes.subarray(start, this.#position);
  }

  /** `opaque<..2^8-1>`, and the body of a vector of small items. */
  vector8(): Uint8Array {
    return this.bytes(this.uint8());
  }

  /** `opaque<..2^16-1>`, and the body of a vector of larger items. */
  vector16(): Uint8Array {
    return this.bytes(this.uint16());
  }

  /** Refuses left-over bytes: every struct must be read to its end. */
  end(): void {
    if (this.remaining > 0) throw refuse("trailingBytes");
  }

  #uint(length: number): number {
    let value = 0;
    for (const byte of this.bytes(length)) value = (value << 8) | byte;
    return value;
  }
}

/** The items of a vector of 16-bit numbers; it must not be empty and must hold whole items (RFC 8446 §3.4). */
export function uint16Items(vector: Uint8Array): number[] {
  if (vector.length === 0 || vector.length % 2 !== 0) throw refuse("vectorLength");
  const reader = new ByteReader(vector);
  const items: number[] = [];
  while (reader.remaining > 0) items.push(reader.uint16());
  return items;
}

const INITIAL_BYTES = 192;

/** Writes a struct from front to back into a buffer that grows as needed. */
export class ByteWriter {
  #buffer = new Uint8Array(INITIAL_BYTES);
  #length = 0;

  uint8(value: number): this {
    return this.#uint(value, 1);
  }

  uint16(value: number): this {
    return this.#uint(value, 2);
  }

  uint32(value: number): this {
    return this.#uint(value, 4);
  }

  bytes(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** Writes a length of `prefix` bytes, then what `body` writes, and goes back to fill in the length. */
  vector(prefix: 1 | 2 | 3, body: () => void): this {
    const start = this.#length;
    this.#uint(0, prefix);
    body();
    const end = this.#length;
    this.#length = start;
    this.#uint(end - start - prefix, prefix);
    this.#length = end;
    return this;
  }

  /** What was written so far. The writer must not be used afterwards: the result is a view of its buffer. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #uint(value: number, length: number): this {
    this.#reserve(length);
    for (let shift = 8 * (length - 1); shift >= 0; shift -= 8) this.#buffer[this.#length++] = value >>> shift;
    return this;
  }

  #reserve(length: number): void {
    const needed = this.#length + length;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}
