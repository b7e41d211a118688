/** What the process that fuzzes one target tells the one that started it: one JSON document a line. */
export interface Progress {
  readonly type: "progress" | "end";
  readonly executions: number;
  readonly seconds: number;
  /** Branches taken, and all there are in the files that the target is for. */
  readonly taken: number;
  readonly branches: number;
  /** Inputs that showed something new. */
  readonly kept: number;
  /** Only at the end. */
  readonly files?: readonly FileCoverage[];
}

export interface FileCoverage {
  readonly name: string;
  readonly taken: number;
  readonly branches: number;
  /** Lines of branches that no input took. */
  readonly missed: readonly number[];
}

export interface FoundFailure {
  readonly type: "failure";
  readonly message: string;
  /** Base64url. */
  readonly input: string;
}

export type FuzzMessage = Progress | FoundFailure;

/** What is to be fuzzed, and for how long: whichever limit comes first. */
export interface Assignment {
  readonly target: string;
  readonly seed: number;
  readonly seconds: number;
  readonly executions: number;
  /** Add what was found worth keeping to the corpus. */
  readonly save: boolean;
  /** Milliseconds of computing after which an input counts as endless. */
  readonly patience: number;
  /** Try this input alone; base64url. */
  readonly input?: string;
}
