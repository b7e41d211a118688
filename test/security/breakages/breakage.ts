/** One slip that a programmer could make, and that the tests of the requirements it breaks must notice. */
export interface Breakage {
  /** The requirements of docs/security.md that no longer hold with it: tests of each of them must fail. */
  readonly ids: readonly string[];
  /** The file of src/ or bin/ that it is in, as seen from the root. */
  readonly file: string;
  /** What stands there exactly once. */
  readonly find: string;
  /** What stands there instead. It builds, and typechecks but for names that nobody uses any more. */
  readonly replace: string;
  /** What is broken, as a sentence: "the host asks for the code before its user has answered". */
  readonly words: string;
}
