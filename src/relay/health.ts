/** Whether what the relay depends on answers: asked once for all who want to know at the same time, and in bounded time. */
import type { Clock } from "../lib/clock.ts";
import { within } from "../lib/within.ts";
import type { Backplane } from "./backplane.ts";

/** Milliseconds after which no answer is an answer: shorter than load balancers wait. */
const CHECK_TIMEOUT = 2_000;

/** The only dependency that can be late. */
const STORE = "redis";

export class Health {
  readonly #clock: Clock;
  readonly #backplane: Backplane;
  #pending: Promise<string | undefined> | undefined;

  constructor(clock: Clock, backplane: Backplane) {
    this.#clock = clock;
    this.#backplane = backplane;
  }

  /** The name of a dependency that does not answer; `undefined` if all is well. Never rejects. */
  failing(): Promise<string | undefined> {
    this.#pending ??= within(this.#clock, CHECK_TIMEOUT, this.#backplane.failing(), () => STORE).finally(
      () => {
        this.#pending = undefined;
      },
    );
    return this.#pending;
  }
}
