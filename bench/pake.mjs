/**
 * What a code to type costs. First the operations of CPace, each a second, in this process. Then whole pairings by real
 * programs, sign-in of a new device included, against one sandbox: the CPU time of `host` and `join` together with a code
 * to type, and with a pairing URL, in turns, so that a busy moment hits both.
 *
 *     npm run bench:pake
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { calculateGenerator, calculateShare, sampleScalar, verifiedMultiply } from "../src/cpace/cpace.ts";
import { JoinerExchange, respond } from "../src/cpace/exchange.ts";
import { systemRandom } from "../src/lib/random.ts";

/** A relay lets one address join ten times a minute by number: these, and one to warm up. */
const ROUNDS = 9;
/** The most that a pairing by a code may cost, as a multiple of one by a URL. */
const GOAL = 1.5;
const OPERATION_MILLISECONDS = 200;
const OPERATION_ROUNDS = 9;

const program = fileURLToPath(new URL("../bin/fxa-pair", import.meta.url));
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

function cpuMilliseconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Calls a second of CPU time, the median of the rounds. */
function rate(action) {
  const rates = [];
  for (let round = 0; round <= OPERATION_ROUNDS; round++) {
    const start = cpuMilliseconds();
    let calls = 0;
    let spent = 0;
    for (; spent < OPERATION_MILLISECONDS; spent = cpuMilliseconds() - start, calls++) action();
    if (round > 0) rates.push((calls * 1000) / spent);
  }
  return median(rates);
}

function operations() {
  const input = {
    password: Buffer.from("apple-river-stone"),
    channelIdentifier: Buffer.from("fxa-pair/1AAECAwQFBgcICQoLDA0ODw"),
    sessionId: systemRandom(16),
  };
  const generator = calculateGenerator(input);
  const [scalar, other] = [sampleScalar(systemRandom), sampleScalar(systemRandom)];
  const share = calculateShare(other, generator);
  const exchange = {
    password: "apple-river-stone",
    channelId: "AAECAwQFBgcICQoLDA0ODw",
    random: systemRandom,
  };
  const rows = [
    ["generator from the password", () => calculateGenerator(input)],
    ["share from a scalar", () => calculateShare(scalar, generator)],
    ["secret point from a share", () => verifiedMultiply(scalar, share)],
    [
      "whole exchange, both sides",
      () => {
        const joiner = new JoinerExchange(exchange);
        joiner.finish(respond(exchange, joiner.message).answer);
      },
    ],
  ];
  for (const [name, action] of rows) {
    const perSecond = rate(action);
    const each = (1000 / perSecond).toFixed(2);
    console.log(`${name.padEnd(30)} ${perSecond.toFixed(0).padStart(6)}/s  ${each.padStart(6)} ms`);
  }
}

const folder = mkdtempSync(join(tmpdir(), "fxa-pair-bench-"));
const meter = join(folder, "meter.mjs");
const children = new Set();
let started = 0;

/** A program that writes down its CPU time when it ends. */
function fxaPair(args, input = "") {
  const name = args[0];
  const figure = join(folder, `cpu-${started++}`);
  const child = spawn(process.execPath, ["--import", pathToFileURL(meter).href, program, ...args, "--json"], {
    env: { ...process.env, FXA_PAIR_BENCH_CPU: figure },
    stdio: ["pipe", "pipe", "pipe"],
  });
  children.add(child);
  const events = [];
  const waiting = [];
  let [rest, stderr, status] = ["", "", undefined];
  const wakeAll = () => {
    for (const wake of waiting.splice(0)) wake();
  };
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  child.stdout.setEncoding("utf8").on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) events.push(JSON.parse(line));
    wakeAll();
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const ended = new Promise((resolve) => child.on("close", resolve)).then((code) => {
    children.delete(child);
    status = code;
    wakeAll();
  });
  return {
    child,
    async event(wanted) {
      for (;;) {
        const found = events.find(({ event }) => event === wanted);
        if (found !== undefined) return found;
        if (status !== undefined) throw new Error(`${name} ended without "${wanted}":\n${stderr}`);
        await new Promise((wake) => waiting.push(wake));
      }
    },
    /** Waits for its success. Returns its CPU time in milliseconds. */
    async cpu() {
      await ended;
      if (status !== 0) throw new Error(`${name} ended with ${status}:\n${stderr}`);
      return Number(readFileSync(figure, "utf8"));
    },
  };
}

/** One pairing: the CPU time of both devices. */
async function pair(servers, host, way) {
  const urlFile = join(folder, `url-${started}`);
  const shown = way === "code" ? ["--code"] : ["--url-out", urlFile];
  const hosting = fxaPair(["host", ...servers, "--config-dir", host, "--yes", ...shown]);
  const channel = await hosting.event("channel");
  const typed = way === "code" ? ["--code", "-"] : ["-"];
  const joining = fxaPair(
    ["join", ...typed, ...servers, "--config-dir", join(folder, `new-${started}`), "--yes"],
    way === "code" ? channel.code : readFileSync(urlFile, "utf8"),
  );
  const [a, b] = await Promise.all([hosting.cpu(), joining.cpu()]);
  return a + b;
}

async function pairings() {
  writeFileSync(
    meter,
    `import { writeFileSync } from "node:fs";
     process.on("exit", () => {
       const { user, system } = process.cpuUsage();
       writeFileSync(process.env.FXA_PAIR_BENCH_CPU, String((user + system) / 1000));
     });`,
  );
  const sandbox = fxaPair(["sandbox"]);
  const ready = await sandbox.event("ready");
  const servers = ["--server", ready.server, "--channel-server", ready.channelServer];
  const host = join(folder, "host");
  const signIn = ["login", "--server", ready.server, "--config-dir", host, "--email", ready.email];
  await fxaPair([...signIn, "--password-stdin"], ready.password).cpu();
  const figures = { url: [], code: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const way of ["url", "code"]) {
      const spent = await pair(servers, host, way);
      if (round > 0) figures[way].push(spent);
    }
  }
  sandbox.child.kill("SIGTERM");
  await sandbox.cpu();
  const ratio = median(figures.code.map((spent, round) => spent / figures.url[round]));
  const words = (way) => `${median(figures[way]).toFixed(0).padStart(5)} ms of CPU, both devices`;
  console.log(`pairing by a URL               ${words("url")}`);
  console.log(`pairing by a code to type      ${words("code")}`);
  const missed = ratio > GOAL;
  console.log(
    `ratio                          ${ratio.toFixed(2)}x (goal ${GOAL}x${missed ? ", MISSED" : ""})`,
  );
  return !missed;
}

try {
  const [load] = loadavg();
  console.log(`Node ${process.version}, ${cpus().length} cores, load average ${load.toFixed(2)}`);
  operations();
  if (!(await pairings())) process.exitCode = 1;
} finally {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
