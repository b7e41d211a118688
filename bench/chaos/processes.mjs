/** Real processes on loopback: relays, Redis and its sentinels, and `fxa-pair` commands with their events. */
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../bin/fxa-pair", import.meta.url));
export const folder = mkdtempSync(join(tmpdir(), "fxa-pair-chaos-"));
const running = new Set();
let names = 0;

/** Ends every process that is left. */
export function endProcesses() {
  for (const child of running) {
    // One that is stopped would not even be killed before it goes on.
    child.kill("SIGCONT");
    child.kill("SIGKILL");
  }
}

process.on("exit", () => {
  endProcesses();
  rmSync(folder, { recursive: true, force: true });
});

function run(command, args, options) {
  const child = spawn(command, args, options);
  running.add(child);
  const exited = new Promise((resolve) => {
    child.on("exit", (status, signal) => {
      running.delete(child);
      resolve(status ?? signal);
    });
  });
  return { child, exited };
}

/** What a process prints, line by line: everything so far, and a wait for a line that `read` makes something of. */
function linesOf(stream, exited) {
  const lines = [];
  let rest = "";
  let wake = () => undefined;
  stream.setEncoding("utf8").on("data", (text) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop();
    lines.push(...parts);
    wake();
  });
  let over = false;
  void exited.then(() => {
    over = true;
    wake();
  });
  return async (read) => {
    for (;;) {
      for (const line of lines) {
        const found = read(line);
        if (found) return found;
      }
      if (over) return undefined;
      await new Promise((resolve) => (wake = resolve));
    }
  };
}

/** Starts `fxa-pair`; its events come as JSON. */
export function fxaPair(args, input = "") {
  const stderrFile = join(folder, `${names++}.err`);
  const stderr = openSync(stderrFile, "w");
  const { child, exited } = run(process.execPath, [program, ...args, "--json"], {
    stdio: ["pipe", "pipe", stderr],
  });
  closeSync(stderr);
  child.stdin.end(input);
  const line = linesOf(child.stdout, exited);
  const complaint = () => readFileSync(stderrFile, "utf8");
  return {
    pid: child.pid,
    exited,
    complaint,
    kill: (signal) => child.kill(signal),
    /** The first event of that type. */
    async event(type) {
      const found = await line((text) => {
        const event = JSON.parse(text);
        return event.event === type ? event : undefined;
      });
      if (found === undefined) throw new Error(`fxa-pair ${args[0]} ended without "${type}": ${complaint()}`);
      return found;
    },
  };
}

/** A relay on any free port, or on the one that is given. */
export async function startRelay(...settings) {
  const relay = fxaPair(["relay", "--host", "127.0.0.1", "--port", "0", ...settings]);
  const { url } = await relay.event("listening");
  const { port } = new URL(url);
  return {
    ...relay,
    url,
    port: Number(port),
    async kill9() {
      relay.kill("SIGKILL");
      await relay.exited;
    },
  };
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** A Redis that keeps nothing on disk. */
export async function startRedis(port, ...options) {
  port ??= await freePort();
  const standard = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  return startRedisProcess(port, [...standard, ...options], "Ready to accept");
}

/** A sentinel that watches a master by the name `relay`, alone. */
export async function startSentinel(master) {
  const port = await freePort();
  const file = join(folder, `${names++}.conf`);
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder}`,
    `sentinel monitor relay 127.0.0.1 ${master.port} 1`,
    "sentinel down-after-milliseconds relay 500",
    "sentinel failover-timeout relay 3000",
  ];
  writeFileSync(file, [...lines, ""].join("\n"));
  const sentinel = await startRedisProcess(port, [file, "--sentinel"], "+monitor master");
  await sentinel.logged("+slave");
  return sentinel;
}

async function startRedisProcess(port, args, ready) {
  const { child, exited } = run("redis-server", args, { stdio: ["ignore", "pipe", "ignore"] });
  const failed = new Promise((_, reject) => child.on("error", reject));
  const line = linesOf(child.stdout, exited);
  const logged = (text) => line((each) => each.includes(text));
  if (!(await Promise.race([logged(ready), failed]))) throw new Error("redis-server did not start.");
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    logged,
    pause: () => child.kill("SIGSTOP"),
    goOn: () => child.kill("SIGCONT"),
    async kill9() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
