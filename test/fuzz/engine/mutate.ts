/** Changes inputs: what other inputs have, what the program compares with, and plain damage. */
import { mutateJson } from "./json-mutation.ts";
import type { Random } from "./random.ts";

/** Numbers at which programs tend to go wrong. */
const EDGES_8 = [0, 1, 16, 32, 64, 100, 127, 128, 255];
const EDGES_16 = [0, 1, 255, 256, 512, 4_096, 16_384, 16_385, 32_767, 32_768, 65_535];
const EDGES_32 = [0, 1, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

/** Up to so many changes make one new input. */
const MOST_CHANGES = 16;

export interface MutatorOptions {
  readonly random: Random;
  /** Bytes an input may have. */
  readonly maxLength: number;
  /** Whether inputs hold JSON documents. */
  readonly isJson: boolean;
  /** Pieces worth inserting. */
  readonly dictionary: readonly Uint8Array[];
}

type Change = (input: Uint8Array, other: Uint8Array) => Uint8Array;

export class Mutator {
  readonly #random: Random;
  readonly #maxLength: number;
  readonly #dictionary: readonly Uint8Array[];
  readonly #changes: readonly Change[];

  constructor({ random, maxLength, isJson, dictionary }: MutatorOptions) {
    this.#random = random;
    this.#maxLength = maxLength;
    this.#dictionary = dictionary;
    const words: Change[] = dictionary.length === 0 ? [] : [this.#insertWord, this.#overwriteWithWord];
    this.#changes = [
      this.#flipBit,
      this.#setByte,
      this.#addToByte,
      this.#setEdge,
      this.#insertBytes,
      this.#repeat,
      this.#remove,
      this.#remove,
      this.#copyWithin,
      this.#overwriteFrom,
      this.#insertFrom,
      this.#splice,
      this.#changeDigits,
      ...words,
      ...words,
      ...(isJson ? Array.from({ length: 12 }, () => this.#changeJson) : []),
    ];
  }

  /** A new input made of one, with parts of another. */
  mutate(input: Uint8Array, other: Uint8Array): Uint8Array {
    let result = new Uint8Array(input);
    for (let left = this.#random.length(MOST_CHANGES); left > 0; left--) {
      const change = this.#random.of(this.#changes) ?? this.#flipBit;
      const changed = change(result, other);
      result = changed.length > this.#maxLength ? changed.slice(0, this.#maxLength) : new Uint8Array(changed);
    }
    return result;
  }

  #at(input: Uint8Array): number {
    return this.#random.below(input.length);
  }

  #piece(input: Uint8Array): Uint8Array {
    const start = this.#at(input);
    return input.subarray(start, start + this.#random.length(Math.min(input.length - start, 256)));
  }

  #replace(input: Uint8Array, start: number, end: number, piece: Uint8Array): Uint8Array {
    const result = new Uint8Array(start + piece.length + Math.max(0, input.length - end));
    result.set(input.subarray(0, start));
    result.set(piece, start);
    result.set(input.subarray(end), start + piece.length);
    return result;
  }

  #edit(input: Uint8Array, change: (old: number) => number): Uint8Array {
    if (input.length === 0) return this.#insertBytes(input);
    const at = this.#at(input);
    input[at] = change(input[at] ?? 0);
    return input;
  }

  readonly #flipBit = (input: Uint8Array): Uint8Array =>
    this.#edit(input, (old) => old ^ (1 << this.#random.below(8)));

  readonly #setByte = (input: Uint8Array): Uint8Array => this.#edit(input, () => this.#random.below(256));

  readonly #addToByte = (input: Uint8Array): Uint8Array =>
    this.#edit(input, (old) => old + this.#random.below(33) - 16);

  readonly #setEdge = (input: Uint8Array): Uint8Array => {
    const bytes = Buffer.alloc(4);
    const size = this.#random.of([1, 2, 2, 4]) ?? 1;
    if (size === 1) bytes.writeUInt8(this.#random.of(EDGES_8) ?? 0);
    else if (size === 2) bytes.writeUInt16BE(this.#random.of(EDGES_16) ?? 0);
    else bytes.writeUInt32BE(this.#random.of(EDGES_32) ?? 0);
    return this.#overwrite(input, bytes.subarray(0, size));
  };

  readonly #insertBytes = (input: Uint8Array): Uint8Array => {
    const bytes = new Uint8Array(this.#random.length(16)).map(() => this.#random.below(256));
    const at = this.#random.below(input.length + 1);
    return this.#replace(input, at, at, bytes);
  };

  readonly #repeat = (input: Uint8Array): Uint8Array => {
    const at = this.#random.below(input.length + 1);
    const byte = input[at] ?? this.#random.below(256);
    return this.#replace(input, at, at, new Uint8Array(this.#random.length(512)).fill(byte));
  };

  readonly #remove = (input: Uint8Array): Uint8Array => {
    if (input.length === 0) return input;
    const start = this.#at(input);
    return this.#replace(input, start, start + this.#random.length(input.length - start), new Uint8Array());
  };

  readonly #copyWithin = (input: Uint8Array): Uint8Array =>
    this.#put(input, new Uint8Array(this.#piece(input)));

  readonly #overwriteFrom = (input: Uint8Array, other: Uint8Array): Uint8Array =>
    this.#overwrite(input, this.#piece(other));

  readonly #insertFrom = (input: Uint8Array, other: Uint8Array): Uint8Array => {
    const at = this.#random.below(input.length + 1);
    return this.#replace(input, at, at, this.#piece(other));
  };

  /** The start of one and the end of the other. */
  readonly #splice = (input: Uint8Array, other: Uint8Array): Uint8Array =>
    this.#replace(
      input,
      this.#random.below(input.length + 1),
      input.length,
      other.subarray(this.#random.below(other.length + 1)),
    );

  /** Another number in the place of digits. */
  readonly #changeDigits = (input: Uint8Array): Uint8Array => {
    const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;
    let start = input.findIndex((byte, at) => isDigit(byte) && this.#random.below(4) === 0 && at >= 0);
    if (start < 0) return this.#addToByte(input);
    while (isDigit(input[start - 1])) start--;
    let end = start;
    while (isDigit(input[end])) end++;
    const number = this.#random.of([...EDGES_16, ...EDGES_32, -1, 1e21, 0.5, this.#random.uint32()]) ?? 0;
    return this.#replace(input, start, end, Buffer.from(String(number)));
  };

  readonly #changeJson = (input: Uint8Array): Uint8Array =>
    mutateJson(input, this.#random) ?? this.#addToByte(input);

  readonly #insertWord = (input: Uint8Array): Uint8Array => {
    const at = this.#random.below(input.length + 1);
    return this.#replace(input, at, at, this.#word());
  };

  readonly #overwriteWithWord = (input: Uint8Array): Uint8Array => this.#overwrite(input, this.#word());

  #word(): Uint8Array {
    return this.#random.of(this.#dictionary) ?? new Uint8Array(1);
  }

  #put(input: Uint8Array, piece: Uint8Array): Uint8Array {
    const at = this.#random.below(input.length + 1);
    return this.#replace(input, at, this.#random.below(2) === 0 ? at : at + piece.length, piece);
  }

  #overwrite(input: Uint8Array, piece: Uint8Array): Uint8Array {
    const at = this.#random.below(input.length + 1);
    return this.#replace(input, at, at + piece.length, piece);
  }
}

/** What stands in the program as text or number, in the forms in which it may stand in inputs. */
export function dictionaryOf(literals: Iterable<string | number>): Uint8Array[] {
  const words: Uint8Array[] = [];
  for (const literal of literals) {
    words.push(Buffer.from(String(literal)));
    if (typeof literal === "string" || !Number.isInteger(literal) || literal < 0 || literal > 0xffff_ffff)
      continue;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(literal);
    words.push(bytes.subarray(literal < 256 ? 3 : literal < 65_536 ? 2 : 0));
  }
  return words;
}
