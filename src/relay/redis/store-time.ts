/**
 * The store's time, which all nodes share: this process's monotonic clock, set by the store's now and then. So a jump of
 * this machine's clock does nothing, and different nodes agree on deadlines to a few milliseconds. Where the store is
 * several servers, whose clocks may differ, all nodes are to ask the same one.
 */
import type { Clock } from "../../lib/clock.ts";

/** Milliseconds between settings. */
const SET_INTERVAL = 60_000;

export class StoreTime {
  readonly #clock: Clock;
  #offset: number | undefined;
  #nextSet = -Infinity;
  #setting = false;
  /** Who has told it last. */
  #source: object | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether it has ever been set. */
  get known(): boolean {
    return this.#offset !== undefined;
  }

  /** Whether it is time to {@link set} it, if that is the one to ask. */
  isDue(source: object): boolean {
    return !this.#setting && (source !== this.#source || this.#clock.now() >= this.#nextSet);
  }

  /** Whole milliseconds since 1970. */
  now(): number {
    return Math.floor(this.#clock.now() + (this.#offset ?? 0));
  }

  /**
   * Asks a server of the store; an answer counts as of the middle between question and answer. One that was long on its way tells
   * little: it changes nothing if what was known is as likely. Rejects if there is none.
   */
  async set(source: object, ask: () => Promise<number>): Promise<void> {
    this.#setting = true;
    const asked = this.#clock.now();
    try {
      const answer = await ask();
      const answered = this.#clock.now();
      const [least, most] = [answer - answered, answer - asked];
      const known = this.#offset ?? NaN;
      if (!(known >= least && known <= most)) this.#offset = (least + most) / 2;
      this.#nextSet = answered + SET_INTERVAL;
      this.#source = source;
    } finally {
      this.#setting = false;
    }
  }
}
