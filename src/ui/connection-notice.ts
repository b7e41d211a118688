/** Tells people that the connection to the relay was lost, and that it is back; in one line if it took but a moment. */
import type { CancelTimer, Clock } from "../lib/clock.ts";
import type { Reporter } from "./reporter.ts";
import { CONNECTION_WORDS } from "./words.ts";

/** Milliseconds after which a loss is told without waiting for its end. */
const MOMENT = 1000;

export class ConnectionNotice {
  readonly #reporter: Reporter;
  readonly #clock: Clock;
  #cancel: CancelTimer = () => undefined;
  #told = false;

  constructor(reporter: Reporter, clock: Clock) {
    this.#reporter = reporter;
    this.#clock = clock;
  }

  lost(): void {
    this.#cancel();
    this.#told = false;
    this.#cancel = this.#clock.after(MOMENT, () => {
      this.#told = true;
      this.#reporter.progress(CONNECTION_WORDS.lost);
    });
  }

  resumed(): void {
    this.#cancel();
    this.#reporter.progress(this.#told ? CONNECTION_WORDS.back : CONNECTION_WORDS.lostForAMoment);
  }

  /** To be called when the pairing is over: nothing is told any more. */
  end(): void {
    this.#cancel();
  }
}
