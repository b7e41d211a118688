/** Those of the chaos scenarios that take seconds and have one outcome; `npm run chaos` has them all. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { describeWithRedis } from "../relay/redis-server.ts";

const program = fileURLToPath(new URL("../../bench/chaos/run.mjs", import.meta.url));

describeWithRedis("chaos with real processes", () => {
  it.each([
    ["stuck-reader", /1008 slow-consumer/],
    ["node-killed-in-pairing", /all 10 pairings finished/],
  ])("%s", { timeout: 120_000 }, (scenario, outcome) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, scenario], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout).toMatch(outcome);
    expect(status, stdout).toBe(0);
  });
});
