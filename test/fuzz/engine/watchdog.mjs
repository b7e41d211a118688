/**
 * Beside a fuzzer, in a thread of its own: tells of an input that does not come to an end, and ends the process.
 * Processor time counts, as others may keep the machine busy; and time on the clock where nothing is computed at all.
 */
import { writeSync } from "node:fs";
import { setInterval } from "node:timers";
import { workerData } from "node:worker_threads";

const LOOK = 500;
const MOST_WAITED = 120_000;

const { memory, patience } = workerData;
const counter = new Int32Array(memory, 0, 2);
const computed = () => process.cpuUsage().user / 1_000;

let last = { count: -1, computed: 0, waited: 0 };
setInterval(() => {
  const count = Atomics.load(counter, 0);
  if (count !== last.count) last = { count, computed: computed(), waited: performance.now() };
  const isStuck = computed() - last.computed > patience || performance.now() - last.waited > MOST_WAITED;
  if (!isStuck) return;
  const input = Buffer.from(new Uint8Array(memory, 8, Atomics.load(counter, 1))).toString("base64url");
  writeSync(1, `${JSON.stringify({ type: "failure", message: "it does not come to an end", input })}\n`);
  process.kill(process.pid, "SIGKILL");
}, LOOK);
