/** The processes of a measurement: servers, whose time and memory are read from /proc, and the generator of the load. */
import { fork, spawn } from "node:child_process";
import { mkdtempSync, openSync, closeSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const program = file("../../bin/fxa-pair");
const folder = mkdtempSync(join(tmpdir(), "fxa-pair-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Channels may not end by age within a measurement, which changes nothing else. Everything else is as it comes. */
const RELAY = [program, "relay", "--host", "127.0.0.1", "--port", "0", "--json", "--conn-lifespan", "3600"];

export const floor = { name: "bare ws forwarder", start: () => startServer([file("floor.mjs")]) };
/** Our relay, with whatever settings are to be added. */
export const ours = (...settings) => ({
  name: ["fxa-pair relay", ...settings].join(" "),
  start: () => startServer([...RELAY, ...settings]),
});

let started = 0;

/**
 * Starts a server that says on stdout where it listens. Its log goes to a file, as it would. `v8`: options for Node.
 */
export async function startServer(args, v8 = []) {
  const log = join(folder, `${started++}.log`);
  const stderr = openSync(log, "w");
  const options = ["--expose-gc", "--import", file("collect.mjs"), ...v8];
  const child = spawn(process.execPath, [...options, ...args], { stdio: ["ignore", "pipe", stderr, "ipc"] });
  closeSync(stderr);
  const exited = new Promise((resolve) => child.on("exit", resolve));
  const url = await new Promise((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text) => resolve(/ws:\/\/[^"\s]+/.exec(text)?.[0]));
    void exited.then(() => reject(new Error(`The server did not start: ${readFileSync(log, "utf8")}`)));
  });
  const { hostname, port } = new URL(url);
  return {
    pid: child.pid,
    url,
    log,
    target: { host: hostname, port: Number(port) },
    cpu: () => cpuSeconds(child.pid),
    memory: () => memoryOf(child),
    async stop(signal = "SIGKILL") {
      child.kill(signal);
      await exited;
      rmSync(log, { force: true });
    },
  };
}

/** A Redis that keeps nothing on disk, on a free port. */
export async function startRedis() {
  const port = await freePort();
  const options = ["--port", String(port), "--save", "", "--dir", folder];
  const child = spawn("redis-server", options, { stdio: ["ignore", "pipe", "ignore"] });
  const exited = new Promise((resolve) => child.on("exit", resolve));
  await new Promise((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text) => text.includes("Ready to accept") && resolve());
    child.on("error", reject);
    void exited.then(() => reject(new Error("redis-server did not start.")));
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    cpu: () => cpuSeconds(child.pid),
    /** Answers of the commands, each an array of words, as they come over the wire. */
    ask: (...commands) => askRedis(port, commands),
    async stop() {
      child.kill();
      await exited;
    },
  };
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Inline commands, and everything that comes back. */
function askRedis(port, commands) {
  return new Promise((resolve, reject) => {
    let answers = "";
    const socket = connect({ host: "127.0.0.1", port });
    socket.setEncoding("utf8").on("data", (text) => (answers += text));
    socket.on("error", reject).on("close", () => resolve(answers));
    socket.end([...commands.map((words) => words.join(" ")), "QUIT", ""].join("\r\n"));
  });
}

/** Seconds of CPU that all threads of a process have had. */
export function cpuSeconds(pid) {
  let nanoseconds = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
  }
  return nanoseconds / 1e9;
}

function status(pid, field) {
  const line = new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line[1]);
}

export const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/**
 * Bytes in use after full collections, those of them on V8's heap or counted by it, and all that are resident, once they
 * have come to rest: V8 gives memory back bit by bit.
 */
async function memoryOf(child) {
  let least = Infinity;
  for (let unchanged = 0; ;) {
    const answer = new Promise((resolve) => child.once("message", resolve));
    child.send("collect");
    const { held } = await answer;
    await pause(0.3);
    const resident = status(child.pid, "VmRSS") * 1024;
    unchanged = resident > least - 131_072 ? unchanged + 1 : 0;
    least = Math.min(least, resident);
    if (unchanged === 4) return { held, resident: least };
  }
}

/** Starts a generator; each of its tasks is a method that resolves with the task's result. */
export function startLoad() {
  const child = fork(file("load.mjs"));
  const waiting = new Map();
  let number = 0;
  const lost = [];
  child.on("message", (message) => {
    if (message.lost !== undefined) {
      lost.push(message.lost);
      return;
    }
    const { resolve, reject } = waiting.get(message.number);
    waiting.delete(message.number);
    if (message.error === undefined) resolve(message.result);
    else reject(new Error(message.error));
  });
  child.on("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error("The load generator has ended."));
  });
  const run = (task, options) =>
    new Promise((resolve, reject) => {
      number++;
      waiting.set(number, { resolve, reject });
      child.send({ number, task, ...options });
    });
  return {
    /** Why held connections were lost. */
    lost,
    cpu: () => cpuSeconds(child.pid),
    pair: (options) => run("pair", options),
    hold: (options) => run("hold", options),
    talk: (options) => run("talk", options),
    release: (options) => run("release", options ?? {}),
    stop: () => child.disconnect(),
  };
}

export const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
