/** Counting attempts: so many within a window, then refused for a while. Times are milliseconds of the clock's `now`. */
import type { Clock } from "../lib/clock.ts";

export interface ThrottleRules {
  readonly attempts: number;
  readonly window: number;
  /** How long a key stays refused once it used its attempts up. */
  readonly block: number;
}

const MINUTE = 60_000;

/** The published limits of the hosted servers. */
export const THROTTLES = {
  signIn: { attempts: 5, window: 15 * MINUTE, block: 15 * MINUTE },
  sessionCode: { attempts: 10, window: 15 * MINUTE, block: 15 * MINUTE },
  totp: { attempts: 10, window: MINUTE / 2, block: 15 * MINUTE },
  unblockMail: { attempts: 5, window: 15 * MINUTE, block: 15 * MINUTE },
  credentialStatus: { attempts: 100, window: 15 * MINUTE, block: 15 * MINUTE },
} satisfies Record<string, ThrottleRules>;

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
