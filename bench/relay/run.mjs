/**
 * What the relay costs, beside a forwarder without rules (floor.mjs) measured in the same way and the same run:
 *
 *     npm run bench:relay [-- <part>…]         parts: throughput, memory, growth, redis; all by default
 *     npm run bench:relay -- <ws:// URL> <pid>  throughput of any other server, by its process's CPU time
 *
 * Every rule, log line and count of ours is on; logs go to files. Clients come from many loopback addresses, so that no
 * limit per address is met. Time is CPU time of the server, which other programs on the machine lengthen little.
 */
import { loadavg } from "node:os";
import { growth, memory } from "./idle.mjs";
import { redis } from "./redis.mjs";
import { throughput } from "./throughput.mjs";
import { cpuSeconds, floor, ours } from "./processes.mjs";

const PARTS = { throughput, memory, growth, redis };
const SUBJECTS = [floor, ours()];

function load() {
  const [oneMinute] = loadavg();
  return `load average ${oneMinute.toFixed(2)}`;
}

async function main([first, ...others]) {
  console.log(`Node ${process.version}, ${load()} at the start`);
  if (first?.startsWith("ws")) return throughput([running(first, Number(others[0]))]);
  let reached = true;
  for (const name of first === undefined ? Object.keys(PARTS) : [first, ...others]) {
    const part = PARTS[name];
    if (part === undefined)
      throw new Error(`No such part: ${name}. There are ${Object.keys(PARTS).join(", ")}.`);
    console.log("");
    if (!(await part(SUBJECTS))) reached = false;
  }
  console.log(`\n${load()} at the end`);
  return reached;
}

/** A server that somebody else has started. */
function running(url, pid) {
  const { hostname, port } = new URL(url);
  const server = {
    pid,
    target: { host: hostname, port: Number(port) },
    cpu: () => cpuSeconds(pid),
    stop: () => undefined,
  };
  return { name: url, start: () => Promise.resolve(server) };
}

if (!(await main(process.argv.slice(2)))) process.exitCode = 1;
