/** Counting attempts: so many within a window, then refused for a while. Times are milliseconds of the clock's `now`. */
import type { Clock } from "../lib/clock.ts";

export interface ThrottleRules {
  readonly attempts: number;
  readonly window: number;
  /** How long a key stays refused once it used its attempts up. */
  readonly block: number;
}

export class Throttle {
  readonly #rules: ThrottleRules;
  readonly #clock: Clock;
  readonly #attempts = new Map<string, { times: number[]; blockedUntil: number }>();

  constructor(rules: ThrottleRules, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
  }

  /** Seconds until the key may try again; `undefined` when it may now. */
  wait(key: string): number | undefined {
    const blockedUntil = this.#attempts.get(key)?.blockedUntil ?? 0;
    const remaining = blockedUntil - this.#clock.now();
    return remaining > 0 ? remaining / 1000 : undefined;
  }

  /** Counts one attempt; the last one allowed blocks the key for what follows. */
  count(key: string): void {
    const now = this.#clock.now();
    const earlier = this.#attempts.get(key) ?? { times: [], blockedUntil: 0 };
    const times = [...earlier.times.filter((time) => time > now - this.#rules.window), now];
    const used = times.length >= this.#rules.attempts;
    // An attempt can come while the key is refused, with an unblock code: it must not end that.
    const blockedUntil = used ? now + this.#rules.block : earlier.blockedUntil;
    this.#attempts.set(key, { times: used ? [] : times, blockedUntil });
  }

  /** Forgets a key: its attempt was a good one. */
  clear(key: string): void {
    this.#attempts.delete(key);
  }
}

export type Throttles = ReturnType<typeof createThrottles>;

/** One throttle for each thing that can be tried too often, with the published limits of the hosted servers. */
export function createThrottles(clock: Clock) {
  const minute = 60_000;
  const block = 15 * minute;
  const limit = (attempts: number, window = block) => new Throttle({ attempts, window, block }, clock);
  return {
    signIn: limit(5),
    sessionCode: limit(10),
    totp: limit(10, minute / 2),
    unblockMail: limit(5),
    credentialStatus: limit(100),
  };
}
