/**
 * How soon the program is there, measured against the runtime alone (`node -e 0`) in the same run: `--version`, `--help`,
 * and `join` until the relay sees its upgrade request. Each figure is the median of the rounds; rounds are interleaved, so
 * that a busy moment hits all of them.
 *
 *     npm run bench:start [-- <rounds>]
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../bin/fxa-pair", import.meta.url));
const rounds = Math.max(5, Number(process.argv[2] ?? 21));
const folder = mkdtempSync(join(tmpdir(), "fxa-pair-bench-"));

/** Milliseconds until the process has ended. */
function untilExit(args) {
  return new Promise((resolve) => {
    const started = performance.now();
    spawn(process.execPath, args, { stdio: "ignore" }).on("exit", () => resolve(performance.now() - started));
  });
}

/** Milliseconds until a relay on loopback has the first byte of the upgrade request. */
function untilConnecting() {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const relay = createServer((socket) => {
      socket.once("data", () => {
        resolve(performance.now() - started);
        socket.destroy();
        child.kill("SIGKILL");
        relay.close();
      });
      socket.on("error", () => undefined);
    });
    let child;
    relay.listen(0, "127.0.0.1", () => {
      const { port } = relay.address();
      // Nothing listens on port 9: discovery fails meanwhile, as it may, without holding the relay up.
      const server = "http://127.0.0.1:9";
      const url = `${server}/pair#channel_id=${"A".repeat(22)}&channel_key=${"A".repeat(43)}`;
      const args = [
        "join",
        "--server",
        server,
        "--channel-server",
        `ws://127.0.0.1:${port}`,
        "--config-dir",
        folder,
      ];
      child = spawn(process.execPath, [program, ...args, "--yes", "--quiet", "-"], {
        stdio: ["pipe", "ignore", "pipe"],
      });
      let stderr = "";
      child.stderr.on("data", (chunk) => (stderr += chunk));
      child.on(
        "exit",
        (status) => status === null || reject(new Error(`join ended with ${status}: ${stderr}`)),
      );
      child.stdin.end(url);
    });
  });
}

const measures = [
  { name: "node -e 0", goal: undefined, take: () => untilExit(["-e", "0"]) },
  { name: "--version", goal: 1.3, take: () => untilExit([program, "--version"]) },
  { name: "--help", goal: 1.6, take: () => untilExit([program, "--help"]) },
  { name: "join, to the relay", goal: 2.5, take: untilConnecting },
];
const times = measures.map(() => []);
for (let round = -1; round < rounds; round++) {
  for (const [index, { take }] of measures.entries()) {
    const milliseconds = await take();
    // The first round only warms the file cache.
    if (round >= 0) times[index].push(milliseconds);
  }
}
rmSync(folder, { recursive: true, force: true });

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const [base] = times.map(median);
console.log(`Node ${process.version}, ${rounds} rounds, medians`);
for (const [index, { name, goal }] of measures.entries()) {
  const value = median(times[index]);
  const ratio = value / base;
  const verdict = goal === undefined ? "" : `  goal at most ${goal} ×`;
  console.log(`${name.padEnd(20)} ${value.toFixed(1).padStart(7)} ms  ${ratio.toFixed(2)} ×${verdict}`);
}
