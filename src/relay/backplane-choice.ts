/** The backplane that the settings ask for. What the one around a store needs is read only if it is asked for. */
import type { Clock } from "../lib/clock.ts";
import type { RandomSource } from "../lib/random.ts";
import { MemoryBackplane } from "./backplane-memory.ts";
import type { Backplane, BackplaneObserver } from "./backplane.ts";
import { limitsOf } from "./limits.ts";
import type { RelayLog } from "./log.ts";
import type { RelaySettings } from "./settings.ts";

export interface BackplaneOptions {
  readonly settings: RelaySettings;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly log: RelayLog;
}

/**
 * Makes the backplane, connected to its store if it has one.
 *
 * @throws FxaPairError `usage` if the store's address is malformed, or the store refuses what is needed
 */
export async function startBackplane(
  { settings, clock, random, log }: BackplaneOptions,
  observer: BackplaneObserver,
): Promise<Backplane> {
  const limits = limitsOf(settings);
  if (settings.redis === null) return new MemoryBackplane(limits, clock, random, observer);
  const { startRedisBackplane } = await import("./redis/start.ts");
  const heartbeat = settings.heartbeat * 1000;
  return startRedisBackplane(settings.redis, { limits, heartbeat, clock, random, observer, log });
}
