/**
 * How many pings and pongs one peer may send (RFC 6455 §5.5): they count for nothing else, and each costs the relay as
 * much as a message. Plain state; the time is passed in (milliseconds of one monotonic clock).
 */

/** Pings, and pongs that nobody asked for, within any one period. Peers and proxies send one in some seconds. */
export const MOST_CONTROL_FRAMES = 64;

/** Milliseconds. */
export const CONTROL_PERIOD = 5_000;

export class ControlFrames {
  /** When the period began. */
  #since = -Infinity;
  #counted = 0;
  /** Pings of ours that are not answered yet. */
  #asked = 0;

  /** Notes a ping of ours: its answer is free, also when a network that was stuck lets many through at once. */
  asked(): void {
    this.#asked++;
  }

  /** Counts a ping of the peer. Returns whether it is one too many. */
  isPingTooMany(now: number): boolean {
    if (now - this.#since >= CONTROL_PERIOD) {
      this.#since = now;
      this.#counted = 0;
    }
    return ++this.#counted > MOST_CONTROL_FRAMES;
  }

  /** Counts a pong of the peer. Returns whether it is one too many. */
  isPongTooMany(now: number): boolean {
    if (this.#asked === 0) return this.isPingTooMany(now);
    this.#asked--;
    return false;
  }
}
