/**
 * Tries inputs, and keeps those that take branches which none took before, to make further ones of them. The same seed
 * and corpus lead to the same inputs, as long as the program stays the same.
 */
import { clearCounters, Coverage, literals } from "./coverage.ts";
import { dictionaryOf, Mutator } from "./mutate.ts";
import { Random } from "./random.ts";
import type { Target } from "./target.ts";

/** So many runs that wait for nothing between two looks at the time. */
const BURST = 64;
/** A program that shows something new with every input would fill the memory. */
const MOST_KEPT = 20_000;
/** Runs spent on making one failing input smaller. */
const SHRINKING = 5_000;

export interface FuzzOptions {
  readonly seed: number;
  readonly corpus: readonly Uint8Array[];
  /** Whether to go on; asked now and then. */
  goesOn(executions: number): boolean;
  /** Told of each input before it is tried. */
  before?(input: Uint8Array): void;
}

export interface Failure {
  readonly input: Uint8Array;
  readonly error: unknown;
}

export interface FuzzResult {
  readonly executions: number;
  readonly coverage: Coverage;
  /** Inputs that showed something new when they were tried, in that order. */
  readonly kept: readonly Uint8Array[];
  readonly failure: Failure | undefined;
}

export class Fuzzer {
  readonly #target: Target;
  readonly #options: FuzzOptions;
  readonly #random: Random;
  readonly #coverage = new Coverage();
  readonly #kept: Uint8Array[] = [];
  #executions = 0;

  constructor(target: Target, options: FuzzOptions) {
    this.#target = target;
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  get executions(): number {
    return this.#executions;
  }

  get coverage(): Coverage {
    return this.#coverage;
  }

  get kept(): readonly Uint8Array[] {
    return this.#kept;
  }

  async run(): Promise<FuzzResult> {
    const { stackTraceLimit } = Error;
    // Most inputs end in an error, and nobody reads where most of them come from.
    Error.stackTraceLimit = 0;
    // What loading the program took.
    this.#coverage.add();
    const failure = (await this.#tryCorpus()) ?? (await this.#tryNew());
    Error.stackTraceLimit = stackTraceLimit;
    return {
      executions: this.#executions,
      coverage: this.#coverage,
      kept: this.#kept,
      failure: failure && (await this.#shrink(failure)),
    };
  }

  async #tryCorpus(): Promise<Failure | undefined> {
    for (const input of [...this.#target.seeds, ...this.#options.corpus]) {
      if (!this.#options.goesOn(this.#executions)) break;
      const failure = await this.#try(input);
      if (failure !== undefined) return failure;
    }
    if (this.#kept.length === 0) this.#kept.push(new Uint8Array());
    return undefined;
  }

  async #tryNew(): Promise<Failure | undefined> {
    const { maxLength, isJson = false, words = [] } = this.#target;
    const dictionary = [...dictionaryOf(literals), ...words.map((word) => new Uint8Array(Buffer.from(word)))];
    const mutator = new Mutator({ random: this.#random, maxLength, isJson, dictionary });
    while (this.#options.goesOn(this.#executions)) {
      for (let left = BURST; left > 0; left--) {
        const outcome = this.#try(mutator.mutate(this.#pick(), this.#pick()));
        const failure = outcome instanceof Promise ? await outcome : outcome;
        if (failure !== undefined) return failure;
        // What waits for something may take long each time.
        if (outcome instanceof Promise) break;
      }
    }
    return undefined;
  }

  /** The newest ones more often: what they lead to has not been tried as often. */
  #pick(): Uint8Array {
    const count = this.#kept.length;
    const newest = Math.min(count, 32);
    const at =
      this.#random.below(4) === 0 ? count - newest + this.#random.below(newest) : this.#random.below(count);
    return this.#kept[at] ?? new Uint8Array();
  }

  #try(input: Uint8Array): Failure | undefined | Promise<Failure | undefined> {
    this.#executions++;
    this.#options.before?.(input);
    clearCounters();
    try {
      const running = this.#target.run(input);
      if (running === undefined) {
        this.#keepIfNew(input);
        return undefined;
      }
      return running.then(
        () => {
          this.#keepIfNew(input);
          return undefined;
        },
        (error: unknown) => ({ input, error }),
      );
    } catch (error) {
      return { input, error };
    }
  }

  #keepIfNew(input: Uint8Array): void {
    if (this.#coverage.add() && this.#kept.length < MOST_KEPT) this.#kept.push(new Uint8Array(input));
  }

  /** A smaller input that fails with the same words. */
  async #shrink(found: Failure): Promise<Failure> {
    let smallest = found;
    let left = SHRINKING;
    for (let size = Math.ceil(found.input.length / 2); size >= 1 && left > 0; size = Math.floor(size / 2)) {
      for (let start = 0; start < smallest.input.length && left > 0; left--) {
        const { input } = smallest;
        const shorter = new Uint8Array([...input.subarray(0, start), ...input.subarray(start + size)]);
        const failure = await this.#try(shorter);
        if (failure !== undefined && String(failure.error) === String(found.error)) smallest = failure;
        else start += size;
      }
    }
    return smallest;
  }
}
