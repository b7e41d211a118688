/** Arguments in, exit status out: the only exit, the only catch-all, the only owner of `process`. */
import { homedir } from "node:os";
import { isatty } from "node:tty";
import type { Environment, SignalName } from "./commands/context.ts";
import { systemClock } from "./lib/clock.ts";
import { systemRandom } from "./lib/random.ts";
import { VERSION } from "./lib/version.ts";
import { systemStreams } from "./ui/streams.ts";

/** Bad luck in a place nobody awaited: same status as any other bug. */
const INTERNAL_ERROR = 1;

/** Milliseconds in which a terminal that tells that it goes is gone. */
const HANG_UP_TIME = 1_000;

let hungUp = false;
const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));

const environment: Environment = {
  streams: systemStreams,
  variables: process.env,
  clock: systemClock,
  random: systemRandom,
  platform: process.platform,
  nodeVersion: process.version,
  onSignal(name: SignalName, listener: () => void) {
    // Once only: a second signal does what it always does, so that nobody is ever stuck.
    const onSignal = () => {
      hungUp ||= name === "SIGHUP";
      listener();
    };
    process.once(name, onSignal);
    return () => {
      process.off(name, onSignal);
    };
  },
  onHangUp(reload: () => void, gone: () => void) {
    const endIfHungUp = () => {
      if (process.platform !== "win32" && terminals.every((descriptor) => isatty(descriptor))) return false;
      hungUp = true;
      process.off("SIGHUP", onSignal);
      gone();
      return true;
    };
    const onSignal = () => {
      if (endIfHungUp()) return;
      reload();
      // Some terminals tell before they are gone.
      if (terminals.length > 0) systemClock.after(HANG_UP_TIME, endIfHungUp);
    };
    process.on("SIGHUP", onSignal);
    return () => {
      process.off("SIGHUP", onSignal);
    };
  },
  onExit(listener: () => void) {
    process.on("exit", listener);
    return () => {
      process.off("exit", listener);
    };
  },
  onCrash(listener: (thrown: unknown) => void) {
    process.once("uncaughtException", (error) => {
      process.exitCode = INTERNAL_ERROR;
      try {
        listener(error);
      } finally {
        process.exit();
      }
    });
  },
};

async function main(argv: readonly string[]): Promise<number> {
  // Nearly nothing is loaded for this one: scripts call it to find out whether the program is there.
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  admitNoHome();
  const { runCli } = await import("./commands/index.ts");
  return runCli(argv, environment);
}

/**
 * Not every user has a home folder: containers run programs as whatever number they are given. What asks the system for it,
 * packages as they load among them, is to find that there is none rather than an error: much of this program needs no home.
 */
function admitNoHome(): void {
  try {
    homedir();
  } catch {
    process.env.HOME = "";
  }
}

const argv = process.argv.slice(2);
// Overwrites the arguments in the process list: they may hold a pairing URL or a code.
process.title = "fxa-pair";

// A reader that went away (`fxa-pair token | head -0`) is no reason for a stack trace.
process.stdout.on("error", () => undefined);
// Nor is a terminal that was closed: the hang-up signal tells.
process.stderr.on("error", () => undefined);

process.exitCode = await main(argv).catch((error: unknown) => {
  process.stderr.write(`fxa-pair: internal error (${error instanceof Error ? error.name : typeof error})\n`);
  return INTERNAL_ERROR;
});
// Idle keep-alive connections and an open stdin must not hold the process; what was written must still arrive.
process.stdout.write("", () => {
  process.stderr.write("", leave);
});

function leave(): void {
  if (!hungUp && terminals.every((descriptor) => isatty(descriptor))) process.exit();
  // Node aborts where it cannot put a terminal's settings back: without the terminal, end as the hang-up itself would.
  // A listener that was there has the signal end the process even where it was ignored at the start.
  process.once("SIGHUP", () => undefined).removeAllListeners("SIGHUP");
  process.kill(process.pid, "SIGHUP");
}
