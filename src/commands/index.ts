/** The table of commands, and the way from arguments to an exit status. */
import { Command, CommanderError } from "commander";
import { VERSION } from "../lib/version.ts";
import { chooseReporter } from "../ui/choose-reporter.ts";
import type { CommandEntry } from "./command.ts";
import type { Environment } from "./context.ts";
import { EXIT_STATUS } from "./exit-codes.ts";
import { asFxaPairError, ReportedFailure } from "./failure.ts";
import { addGlobalOptions, isRequested } from "./flags.ts";

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
];

/**
 * Runs one command line (without `node` and the script's path).
 *
 * @returns the exit status; never throws: failures are reported on the environment's streams.
 */
export async function runCli(argv: readonly string[], environment: Environment): Promise<number> {
  let status = 0;
  try {
    const program = await buildProgram(argv, environment, (result) => {
      status = result;
    });
    await program.parseAsync(argv, { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    return reportFailure(error, argv, environment);
  }
}

async function buildProgram(
  argv: readonly string[],
  environment: Environment,
  onStatus: (status: number) => void,
): Promise<Command> {
  const { stdout, stderr } = environment.streams;
  const program = new Command("fxa-pair")
    .description(
      "Sign a new device in to a Mozilla account by pairing it with one that is already signed in.",
    )
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      // Commander's own wording of a usage error is replaced by ours, in reportFailure.
      outputError: () => undefined,
      writeErr: (text) => stderr.write(text),
    })
    .showSuggestionAfterError()
    .helpCommand("help [command]", "show the help of a command");
  addGlobalOptions(program);

  for (const { name, summary, load } of COMMANDS) {
    const command = program.command(name).summary(summary).description(capitalised(summary));
    command.copyInheritedSettings(program);
    if (!argv.includes(name)) continue;
    const module = await load();
    module.define(command);
    addGlobalOptions(command);
    command.action(async () => {
      onStatus(await module.run(command, environment));
    });
  }
  return program;
}

function reportFailure(thrown: unknown, argv: readonly string[], environment: Environment): number {
  if (thrown instanceof ReportedFailure) return EXIT_STATUS[thrown.code];
  const error = asFxaPairError(thrown);
  const reporter = chooseReporter(environment.streams, environment.clock, {
    json: isRequested("json", argv, environment.variables),
    quiet: false,
    verbose: isRequested("verbose", argv, environment.variables),
  });
  reporter.fail(error);
  return EXIT_STATUS[error.code];
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
