/** Questions on their way to somebody who may never answer. */
import type { Clock } from "../lib/clock.ts";
import { Settled } from "../lib/settled.ts";
import { within } from "../lib/within.ts";

export class Questions<T> {
  readonly #clock: Clock;
  readonly #patience: number;
  readonly #open = new Map<number, Settled<T | undefined>>();
  #last = 0;

  /** @param patience milliseconds after which no answer is expected any more. */
  constructor(clock: Clock, patience: number) {
    this.#clock = clock;
    this.#patience = patience;
  }

  /** Sends a question under its number; resolves to the answer, or to `undefined` if there is none in time. */
  ask(send: (question: number) => void): Promise<T | undefined> {
    const question = ++this.#last;
    const answer = new Settled<T | undefined>();
    this.#open.set(question, answer);
    send(question);
    return within(this.#clock, this.#patience, answer.promise, () => undefined).finally(() => {
      this.#open.delete(question);
    });
  }

  /** Harmless for a question that nobody waits for. */
  answer(question: number, answer: T): void {
    this.#open.get(question)?.settle(answer);
  }
}
