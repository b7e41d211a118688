/** Many small draws from few large ones: each call of the system's generator costs more than the bytes it brings. */
import type { RandomSource } from "../lib/random.ts";

const POOL_BYTES = 4_096;

/** A source whose bytes come from `random`, each used once and overwritten in the pool. */
export function pooledRandom(random: RandomSource): RandomSource {
  let pool: Uint8Array = new Uint8Array(0);
  let used = 0;
  return (length) => {
    if (length > POOL_BYTES) return random(length);
    if (pool.length - used < length) {
      pool = random(POOL_BYTES);
      used = 0;
    }
    const drawn = pool.slice(used, used + length);
    pool.fill(0, used, used + length);
    used += length;
    return drawn;
  };
}
