/**
 * How soon the program is there, measured against the runtime alone (`node -e 0`) in the same run: `--version`, `--help`,
 * `join` until the relay sees its upgrade request, and `host` until its QR code is drawn, in a pseudo-terminal (by `script`
 * of util-linux) against an accounts server and a relay on loopback. Each figure is the median of the rounds; rounds are interleaved, so
 * that a busy moment hits all of them.
 *
 *     npm run bench:start [-- <rounds>]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
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

/** A stand-in accounts server and a relay, with somebody signed in. */
async function openSandbox() {
  const sandbox = spawn(process.execPath, [program, "sandbox", "--json"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ready = JSON.parse(await lineOf(sandbox.stdout));
  const env = { ...process.env, ...ready.env, TERM: "xterm-256color", LANG: "C.UTF-8" };
  for (const name of ["FXA_PAIR_ACCESSIBLE", "NO_COLOR"]) delete env[name];
  const login = spawn(process.execPath, [program, "login", "--password-stdin"], {
    env,
    stdio: ["pipe", "ignore", "inherit"],
  });
  login.stdin.end(ready.password);
  const [status] = await once(login, "exit");
  if (status !== 0) throw new Error(`login ended with ${status}`);
  return { env, close: () => sandbox.kill() };
}

async function lineOf(stream) {
  let text = "";
  for await (const chunk of stream) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0];
}

/** Milliseconds until the terminal has been sent the whole screen, the last line of which is below the QR code. */
async function untilDrawn(env) {
  const command = `stty rows 24 cols 80; exec '${process.execPath}' '${program}' host`;
  const started = performance.now();
  const child = spawn("script", ["-q", "-e", "-f", "-c", command, "/dev/null"], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  for await (const chunk of child.stdout) {
    output += chunk;
    if (output.includes("48;5;231m") && output.includes("Only scan this yourself")) break;
  }
  const milliseconds = performance.now() - started;
  child.stdin.write("\u0003");
  if (child.exitCode === null) await once(child, "exit");
  if (!output.includes("48;5;231m")) throw new Error(`no code was drawn:\n${output}`);
  return milliseconds;
}

const sandbox = await openSandbox();
const measures = [
  { name: "node -e 0", goal: undefined, take: () => untilExit(["-e", "0"]) },
  { name: "--version", goal: 1.3, take: () => untilExit([program, "--version"]) },
  { name: "--help", goal: 1.6, take: () => untilExit([program, "--help"]) },
  { name: "join, to the relay", goal: 2.5, take: untilConnecting },
  { name: "host, to a drawn QR code", goal: 9, take: () => untilDrawn(sandbox.env) },
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
sandbox.close();

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const [base] = times.map(median);
console.log(`Node ${process.version}, ${rounds} rounds, medians`);
for (const [index, { name, goal }] of measures.entries()) {
  const value = median(times[index]);
  const ratio = value / base;
  const verdict = goal === undefined ? "" : `  goal at most ${goal} ×`;
  console.log(`${name.padEnd(25)} ${value.toFixed(1).padStart(7)} ms  ${ratio.toFixed(2)} ×${verdict}`);
}
