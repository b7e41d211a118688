/**
 * Makes the pictures of the screens in docs/screens/ from a real pairing: host and join in two terminals of tmux, the
 * accounts server and the relay a sandbox on loopback. Needs tmux.
 *
 *     npm run docs:screens
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { terminalSvg } from "./terminal-svg.mjs";

const WINDOW = { columns: 80, rows: 30 };
/** Milliseconds between two looks at a terminal, and until a screen that does not come is given up. */
const LOOK_EVERY = 100;
const PATIENCE = 20_000;
/** Milliseconds for which a new question hears no key. */
const KEYS_COUNT_AFTER = 500;

const program = fileURLToPath(new URL("../bin/fxa-pair", import.meta.url));
const pictures = fileURLToPath(new URL("../docs/screens/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fxa-pair-screens-"));
const socket = `fxa-pair-screens-${process.pid}`;

function tmux(...args) {
  return execFileSync("tmux", ["-L", socket, "-f", "/dev/null", ...args], { encoding: "utf8" });
}

function quoted(words) {
  return words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
}

/** Runs `fxa-pair` in a terminal of its own, which stays when the program has ended. */
function open(name, args, env) {
  const variables = Object.entries(env).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
  const size = ["-x", String(WINDOW.columns), "-y", String(WINDOW.rows)];
  tmux("new-session", "-d", "-s", name, ...size, ...variables, `${quoted([program, ...args])}; sleep 1000`);
}

/** What the terminal shows, as soon as it matches. */
async function shows(name, pattern) {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const text = tmux("capture-pane", "-p", "-t", name);
    if (pattern.test(text)) return text;
    if (performance.now() > deadline) throw new Error(`"${name}" does not show ${pattern}:\n${text}`);
    await new Promise((wake) => setTimeout(wake, LOOK_EVERY));
  }
}

async function take(name, title) {
  const captured = tmux("capture-pane", "-p", "-e", "-t", name);
  writeFileSync(join(pictures, `${name}.svg`), terminalSvg(captured, { title, columns: WINDOW.columns }));
  console.log(`docs/screens/${name}.svg`);
}

async function press(name, key) {
  await new Promise((wake) => setTimeout(wake, KEYS_COUNT_AFTER));
  tmux("send-keys", "-t", name, key);
}

const sandbox = spawn(process.execPath, [program, "sandbox", "--json"], {
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  mkdirSync(pictures, { recursive: true });
  const ready = await new Promise((resolve) => {
    createInterface({ input: sandbox.stdout }).once("line", (line) => resolve(JSON.parse(line)));
  });
  const env = {
    FXA_PAIR_SERVER: ready.server,
    FXA_PAIR_CHANNEL_SERVER: ready.channelServer,
    // A terminal that shows what others would not is no example.
    CI: "",
  };
  const [desktop, laptop] = [join(folder, "desktop"), join(folder, "laptop")];
  execFileSync(program, ["login", "--config-dir", desktop, "--email", ready.email, "--password-stdin"], {
    env: { ...process.env, ...env },
    input: ready.password,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const url = join(folder, "url.png");

  open("host", ["host", "--config-dir", desktop, "--device-name", "Desktop"], env);
  await shows("host", /q quit/);
  await take("host", "fxa-pair host");
  await press("host", "q");

  open("code", ["host", "--code", "--config-dir", desktop, "--device-name", "Desktop"], env);
  await shows("code", /q quit/);
  await take("code", "fxa-pair host --code");
  await press("code", "q");

  open("approve", ["host", "--config-dir", desktop, "--device-name", "Desktop", "--qr-out", url], env);
  await shows("approve", /removed once it was used/);
  open("join", ["join", "--qr", url, "--config-dir", laptop, "--device-name", "Laptop"], env);
  await shows("join", /y approve/);
  await shows("approve", /y approve/);
  await take("join", "fxa-pair join --qr code.png");
  await take("approve", "fxa-pair host, when the new device asks");
  await press("join", "y");
  await press("approve", "y");
  await shows("join", /Stored in|logout/);
} finally {
  try {
    tmux("kill-server");
  } catch {
    // It never ran.
  }
  sandbox.kill();
  rmSync(folder, { recursive: true, force: true });
}
