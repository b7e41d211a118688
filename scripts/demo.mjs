/**
 * Two devices on one machine: a sandbox (accounts server and relay on loopback), a terminal that hosts, and a new device
 * that joins from the picture of the QR code the first one wrote. Every step is a real `fxa-pair` process.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../bin/fxa-pair", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fxa-pair-demo-"));
const picture = join(folder, "code.png");
const started = performance.now();
const children = [];

/** Starts `fxa-pair` and gathers its JSON events. */
function fxaPair(args, { env = {}, input } = {}) {
  const child = spawn(process.execPath, [program, ...args, "--json", "--quiet"], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  children.push(child);
  const events = [];
  const waiting = [];
  let rest = "";
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  child.stdout.setEncoding("utf8").on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) events.push(JSON.parse(line));
    for (const wake of waiting.splice(0)) wake();
  });
  child.stdin.end(input ?? "");
  let over = false;
  const ended = new Promise((resolve) => child.on("close", resolve)).then((status) => {
    over = true; // before anybody looks
    for (const wake of waiting.splice(0)) wake();
    return status;
  });
  return {
    child,
    /** The first event of that name. */
    async event(name) {
      for (;;) {
        const found = events.find(({ event }) => event === name);
        if (found) return found;
        if (over) throw new Error(`fxa-pair ${args[0]} ended without "${name}":\n${stderr}`);
        await new Promise((wake) => waiting.push(wake));
      }
    },
    async success() {
      const status = await ended;
      if (status !== 0) throw new Error(`fxa-pair ${args[0]} ended with ${status}:\n${stderr}`);
    },
  };
}

function say(text) {
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${seconds.padStart(5)} s  ${text}`);
}

function tell(name, value) {
  console.log(`         ${name.padEnd(13)}${value}`);
}

async function demo() {
  console.log("Pairing two devices, each with its own folder, through a relay on this machine.\n");
  say("sandbox                   an accounts server and a relay on loopback, with a ready account");
  const sandbox = fxaPair(["sandbox"]);
  const ready = await sandbox.event("ready");
  tell("account", ready.email);
  tell("relay", ready.channelServer);

  const server = ["--server", ready.server, "--channel-server", ready.channelServer];
  const desktop = [...server, "--config-dir", join(folder, "desktop")];
  const laptop = [...server, "--config-dir", join(folder, "laptop")];

  say("fxa-pair login            the desktop signs in with the password, once");
  await fxaPair(["login", ...desktop, "--email", ready.email, "--password-stdin"], {
    input: ready.password,
  }).success();

  const key = join(folder, "laptop.key");
  const thumbprint = await thumbprintOf(key);
  say("fxa-pair host             the desktop opens a channel and writes the QR code");
  const host = fxaPair([
    "host",
    ...desktop,
    "--qr-out",
    picture,
    "--yes",
    "--approve-jwk",
    thumbprint,
    "--device-name",
    "Desktop",
  ]);
  const channel = await host.event("channel");
  tell("QR code", `${picture} (${statSync(picture).size} bytes)`);
  tell("good until", channel.expiresAt);

  say("fxa-pair join --qr …      the laptop reads the picture; no password is typed");
  const join_ = fxaPair([
    "join",
    ...laptop,
    "--qr",
    picture,
    "--qr-timeout",
    "60", // however busy this machine is
    "--yes",
    "--expect-email",
    ready.email,
    "--key",
    key,
    "--device-name",
    "Laptop",
  ]);
  const request = await host.event("request");
  say("the desktop sees          who is asking, and for what");
  tell("client", `${request.clientName} (${request.clientId})`);
  for (const scope of request.scope) tell("scope", scope);
  const metadata = await join_.event("metadata");
  say("the laptop sees           whose account it is");
  tell("account", metadata.email);
  tell("device", metadata.deviceName);
  tell(
    "fingerprint",
    `${metadata.fingerprint}${metadata.fingerprint === request.fingerprint ? " (the same on both)" : " DIFFERS"}`,
  );
  const complete = await join_.event("complete");
  await Promise.all([host.success(), join_.success()]);

  say("done                      the laptop is signed in");
  tell("account", `${complete.email} (${complete.uid})`);
  tell("scopes", complete.scope.join(" "));
  tell("keys for", complete.keys.join(" "));
  tell("stored", complete.stored);

  say("fxa-pair token            a fresh access token from what was stored (not shown)");
  const token = fxaPair(["token", ...laptop, "--scope", "profile"]);
  tell("good until", (await token.event("token")).expiresAt);
  await token.success();
  sandbox.child.kill("SIGTERM");
  // Windows knows no signals: there the sandbox is simply ended.
  if (process.platform !== "win32") await sandbox.success();
  say("the sandbox is gone, and everything with it");
}

function thumbprintOf(key) {
  const child = spawn(process.execPath, [program, "join", "--key", key, "--print-thumbprint"]);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  return new Promise((resolve) => child.on("close", () => resolve(text.trim())));
}

try {
  await demo();
} catch (error) {
  console.error(`demo: ${error.message}`);
  process.exitCode = 1;
} finally {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
