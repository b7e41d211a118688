/** A step function whose states are numbered and whose steps are taken once: they are pure, and a model takes millions. */
import type { Step } from "../../../src/pairing/flow-types.ts";
import { codeOf } from "../transcript.ts";

export class RememberedSteps<State, Input, Effect> {
  readonly #step: (state: State, input: Input) => Step<State, Effect>;
  readonly #states: State[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #steps = new Map<string, { readonly to: number; readonly effects: readonly Effect[] }>();

  constructor(step: (state: State, input: Input) => Step<State, Effect>) {
    this.#step = step;
  }

  number(state: State): number {
    const key = JSON.stringify(state, (_name, value: unknown) =>
      value instanceof Error ? codeOf(value) : value instanceof Set ? [...value] : value,
    );
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#states.push(state) - 1;
    this.#numbers.set(key, number);
    return number;
  }

  state(number: number): State {
    return this.#states[number]!;
  }

  /** @param name tells inputs apart */
  take(number: number, name: string, input: Input): { to: number; effects: readonly Effect[] } {
    const key = `${number} ${name}`;
    let step = this.#steps.get(key);
    if (step === undefined) {
      const { state, effects } = this.#step(this.state(number), input);
      step = { to: this.number(state), effects };
      this.#steps.set(key, step);
    }
    return step;
  }
}
