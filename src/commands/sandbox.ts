/** `fxa-pair sandbox`: an accounts server and a relay on loopback with a ready account, for trying out and for tests. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import * as v from "valibot";
import { startAccountsServer } from "../accounts/server.ts";
import { FxaPairError } from "../lib/errors.ts";
import { encodeHex } from "../lib/hex.ts";
import { silentLog } from "../relay/log.ts";
import { startRelay } from "../relay/server.ts";
import { parseSettings } from "../relay/settings.ts";
import { addExamples } from "./command.ts";
import type { CommandModule } from "./command.ts";
import type { Environment, SignalName } from "./context.ts";
import { globalFlags, readFlags } from "./flags.ts";
import { withRun } from "./setup.ts";
import type { Run } from "./setup.ts";

const Flags = v.object(globalFlags);
const LOOPBACK = "127.0.0.1";
const EMAIL = "sandbox@example.com";

const SIGNAL_STATUS_BASE = 128;

export const sandbox: CommandModule = {
  define(command: Command): void {
    command.argument(
      "[command...]",
      "command to run with the environment set; without one the sandbox stays up",
    );
    addExamples(command, ["fxa-pair sandbox", "fxa-pair sandbox -- npm test", "fxa-pair sandbox --json"]);
  },

  async run(command: Command, environment: Environment): Promise<number> {
    const flags = readFlags(command, Flags, environment.variables, { configFile: false });
    return withRun(flags, environment, (run) => runSandbox(command.args, flags.json, run));
  },
};

async function runSandbox(command: readonly string[], json: boolean, run: Run): Promise<number> {
  const { clock, random } = run.environment;
  const relay = await startRelay({
    // All its devices have one address: what limits strangers there would limit its only user.
    settings: parseSettings({ host: LOOPBACK, port: 0, maxChannelsPerIp: 0, connectRatePerIp: 0 }),
    clock,
    random,
    log: silentLog,
  });
  const accounts = await startAccountsServer({
    clock,
    random,
    pairingServer: () => relay.url,
    onMail: ({ to, code }) => {
      run.reporter.progress(`sandbox: mail to ${to}: ${code}`);
    },
  });
  const configDir = await mkdtemp(join(tmpdir(), "fxa-pair-sandbox-"));
  try {
    const password = encodeHex(random(8));
    await accounts.store.createAccount({ email: EMAIL, password, displayName: "Sandy Box" });
    const env = {
      FXA_PAIR_SERVER: accounts.url,
      FXA_PAIR_CHANNEL_SERVER: relay.url,
      FXA_PAIR_EMAIL: EMAIL,
      FXA_PAIR_CONFIG_DIR: configDir,
    };
    // With a command, stdout belongs to the command alone.
    if (command.length === 0 || json) {
      run.reporter.event({
        type: "ready",
        server: accounts.url,
        channelServer: relay.url,
        email: EMAIL,
        password,
        env,
      });
    }
    if (command.length > 0)
      return await runChild(command, { ...env, FXA_PAIR_SANDBOX_PASSWORD: password }, run);
    run.reporter.progress("The sandbox is up; Ctrl-C ends it.");
    await aborted(run.signal);
    return 0;
  } finally {
    await Promise.all([relay.close(), accounts.close(), rm(configDir, { recursive: true, force: true })]);
  }
}

/** Runs the command to its end, whatever signals come: it gets them too, and decides. */
function runChild(command: readonly string[], env: Record<string, string>, run: Run): Promise<number> {
  const [program = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: "inherit",
      env: { ...run.environment.variables, ...env },
      // There, npm and the like are scripts that only a shell starts.
      shell: run.environment.platform === "win32",
    });
    for (const name of forwardedSignals(run)) run.environment.onSignal(name, () => child.kill(name));
    child.once("error", (cause) => {
      const missing = "code" in cause && cause.code === "ENOENT";
      const reason = missing ? "there is no such command" : "it could not be started";
      reject(
        new FxaPairError("usage", `Could not run ${program}: ${reason}.`, {
          hint: `Check its name and PATH.`,
          cause,
        }),
      );
    });
    child.once("close", (code, signal) => {
      resolve(code ?? SIGNAL_STATUS_BASE + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/** Ctrl-C in a terminal reaches the command by itself; everything else reaches only us. */
function forwardedSignals({ environment }: Run): readonly SignalName[] {
  return environment.streams.stdin.isTTY === true ? ["SIGTERM", "SIGHUP"] : ["SIGINT", "SIGTERM", "SIGHUP"];
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        "abort",
        () => {
          resolve();
        },
        { once: true },
      );
  });
}
