import type { CancelTimer, Clock } from "./clock.ts";

/** A signal that is aborted with another one, or when its time is over. Nobody may wait for it any more after {@link end}. */
export class TimedSignal {
  readonly #controller = new AbortController();
  readonly #cancel: CancelTimer;
  readonly #parent: AbortSignal;
  readonly #passOn = () => {
    this.#controller.abort(this.#parent.reason);
  };
  isOver = false;

  /** @param milliseconds of the clock from now on */
  constructor(clock: Clock, milliseconds: number, parent: AbortSignal) {
    this.#parent = parent;
    this.#cancel = clock.after(milliseconds, () => {
      this.isOver = true;
      this.#controller.abort();
    });
    if (parent.aborted) this.#passOn();
    else parent.addEventListener("abort", this.#passOn);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    this.#cancel();
    this.#parent.removeEventListener("abort", this.#passOn);
  }
}
