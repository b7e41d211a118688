/** The table of commands, and the way from arguments to an exit status. */
import { CommanderError } from "commander";
import type { Command } from "commander";
import type { CommandEntry } from "./command.ts";
import type { Environment } from "./context.ts";
import { buildProgram } from "./program.ts";

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "host",
    summary: "approve a new device from this signed-in terminal: shows the QR code",
    load: async () => (await import("./host.ts")).host,
  },
  {
    name: "join",
    summary: "sign this device in: reads the other device's QR code or URL",
    load: async () => (await import("./join.ts")).join,
  },
  {
    name: "relay",
    summary: "run the channel server between the two",
    load: async () => (await import("./relay.ts")).relay,
  },
  {
    name: "login",
    summary: "sign in with e-mail and password, where there is no device to pair with",
    load: async () => (await import("./login.ts")).login,
  },
  {
    name: "status",
    summary: "show who is signed in here",
    load: async () => (await import("./status.ts")).status,
  },
  {
    name: "logout",
    summary: "end the session on the server, then forget it here",
    load: async () => (await import("./logout.ts")).logout,
  },
  {
    name: "devices",
    summary: "list the account's devices, and remove one",
    load: async () => (await import("./devices.ts")).devices,
  },
  {
    name: "token",
    summary: "print a fresh access token for scripts",
    load: async () => (await import("./token.ts")).token,
  },
  {
    name: "qr",
    summary: "print the text of the QR codes in pictures",
    load: async () => (await import("./qr.ts")).qr,
  },
  {
    name: "sandbox",
    summary: "an accounts server and a relay on loopback, to try things out and for tests",
    load: async () => (await import("./sandbox.ts")).sandbox,
  },
  {
    name: "doctor",
    summary: "check what a pairing needs from this machine",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    name: "completion",
    summary: "print a script with which a shell completes these commands",
    load: async () => (await import("./completion.ts")).completion,
  },
];

/** A command and a topic that describe all commands. */
const DESCRIBES_ALL = new Set(["completion", "environment"]);

/**
 * Runs one command line (without `node` and the script's path).
 *
 * @returns the exit status; never throws: failures are reported on the environment's streams.
 */
export async function runCli(argv: readonly string[], environment: Environment): Promise<number> {
  let status = 0;
  let program: Command | undefined;
  try {
    const all = argv.some((word) => DESCRIBES_ALL.has(word));
    program = await buildProgram({
      commands: COMMANDS,
      isNeeded: (name) => all || argv.includes(name),
      environment,
      onStatus(result) {
        status = result;
      },
      async showTopic(topic, whole) {
        const { explain } = await import("./help/topics.ts");
        environment.streams.stdout.write(explain(topic, whole));
      },
    });
    await program.parseAsync(argv, { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    // Loaded only now: help and version need none of it.
    const { reportFailure } = await import("./report-failure.ts");
    return reportFailure(error, { program, argv, environment });
  }
}
