/**
 * Breaks things around a relay on purpose, with real processes on loopback, and sees whether it behaves as documented:
 *
 *     npm run chaos [-- <scenario>…]
 *
 * Prints a line for each scenario. Needs `redis-server`; without it, only what needs none is tried.
 */
import { spawnSync } from "node:child_process";
import { loadavg } from "node:os";
import { seconds, started } from "./expect.mjs";
import { nodeKilledInPairing, nodeSleeps, survivorIsTold } from "./nodes.mjs";
import { endProcesses } from "./processes.mjs";
import { redisClockJumps, redisFailsOver, redisKilled, redisPaused, redisPausedInPairing } from "./store.mjs";
import { flood, lastSeatRaces, stuckReader } from "./strangers.mjs";

const SCENARIOS = {
  "stuck-reader": stuckReader,
  flood,
  "node-killed-in-pairing": nodeKilledInPairing,
  "survivor-is-told": survivorIsTold,
  "node-sleeps": nodeSleeps,
  "last-seat-races": lastSeatRaces,
  "redis-killed": redisKilled,
  "redis-paused": redisPaused,
  "redis-paused-in-pairing": redisPausedInPairing,
  "redis-fails-over": redisFailsOver,
  "redis-clock-jumps": redisClockJumps,
};
const WITHOUT_REDIS = ["stuck-reader", "flood"];

const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(SCENARIOS);
const width = Math.max(...Object.keys(SCENARIOS).map((name) => name.length));
console.log(`Node ${process.version}, load average ${loadavg()[0].toFixed(2)}`);
process.on("SIGINT", () => process.exit(130));
for (const name of chosen) {
  const scenario = SCENARIOS[name];
  if (scenario === undefined)
    throw new Error(`No such scenario: ${name}. There are ${Object.keys(SCENARIOS).join(", ")}.`);
  if (!hasRedis && !WITHOUT_REDIS.includes(name)) {
    console.log(`${name.padEnd(width)}  skipped  there is no redis-server on the PATH`);
    continue;
  }
  const since = started();
  const told = (verdict, detail) =>
    console.log(`${name.padEnd(width)}  ${verdict}  ${seconds(started() - since).padStart(6)}  ${detail}`);
  try {
    told("passed", await scenario());
  } catch (error) {
    process.exitCode = 1;
    told("FAILED", error.message);
  } finally {
    endProcesses();
  }
}
process.exit();
