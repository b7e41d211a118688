/** What a run asks of the system, as strace tells. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { PROGRAM, environmentFor } from "./harness.ts";

export const HAS_STRACE =
  process.platform === "linux" && spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status === 0;
export const NO_STRACE = "needs strace";

/** Runs the program under strace, with options of strace that say what to write, and where. */
export async function traced(
  args: readonly string[],
  input: string,
  strace: readonly string[],
  before = "",
): Promise<void> {
  const words = ["strace", "-f", "-qq", "-s", "4096", ...strace, process.execPath, PROGRAM, ...args];
  const command = `${before} exec ${words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")}`;
  const child = spawn("sh", ["-c", command], { env: environmentFor(), stdio: ["pipe", "ignore", "ignore"] });
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  await once(child, "close");
}
