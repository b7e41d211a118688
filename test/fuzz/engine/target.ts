/** Something that is fed with bytes that anybody may have chosen. */
export interface Target {
  /** The files that it is for, each by how its name begins; others that take part are not reported. */
  readonly subjects: readonly string[];
  /** Bytes an input may have. */
  readonly maxLength: number;
  /** Inputs to begin with, beside those kept under `corpus`. */
  readonly seeds: readonly Uint8Array[];
  /** Whether inputs hold JSON documents; other bytes may stand before them. */
  readonly isJson?: boolean;
  /** Pieces worth inserting, beside what stands in the program itself. */
  readonly words?: readonly (string | Uint8Array)[];
  /** Tries one input. Throws, or rejects, if the program under test did anything that it must not. */
  run(input: Uint8Array): void | Promise<void>;
  /** After the last one. */
  finish?(): Promise<void>;
}

/** Throws unless it holds. */
export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}
