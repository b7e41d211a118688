/** The command line as commander parses it: every command by name, and those that are needed with their options. */
import { Command } from "commander";
import { FxaPairError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { VERSION } from "../lib/version.ts";
import type { CommandEntry } from "./command.ts";
import type { Environment } from "./context.ts";
import { addGlobalOptions } from "./global-options.ts";

/** What `fxa-pair help` explains besides the commands, in a line each. */
export const TOPICS = {
  "exit-codes": "what each exit status means",
  environment: "the environment variables that are read, and the files",
  security: "what is protected, and what is not",
} as const;

export type Topic = keyof typeof TOPICS;

export interface Assembly {
  readonly commands: readonly CommandEntry[];
  /** Whether a command's own options are needed: loading them takes time. */
  readonly isNeeded: (name: string) => boolean;
  readonly environment: Environment;
  /** Told the exit status of the command that ran. */
  readonly onStatus: (status: number) => void;
  /** Shows a topic; gets the program, for topics that describe it. */
  readonly showTopic: (topic: Topic, program: Command) => Promise<void>;
}

/** The program, ready to parse arguments. */
export async function buildProgram(assembly: Assembly): Promise<Command> {
  const { commands, isNeeded, environment, onStatus } = assembly;
  const { stdout, stderr } = environment.streams;
  const program = new Command("fxa-pair")
    .description(
      "Sign a new device in to a Mozilla account by pairing it with one that is already signed in.",
    )
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      // Commander's own wording of a usage error is replaced by ours.
      outputError: () => undefined,
      writeErr: (text) => stderr.write(text),
    })
    .showSuggestionAfterError(false)
    .helpCommand(false);
  addGlobalOptions(program);

  for (const { name, summary, load } of commands) {
    const command = program.command(name).summary(summary).description(capitalised(summary));
    command.copyInheritedSettings(program);
    if (!isNeeded(name)) continue;
    const [module, { ABOUT }] = await Promise.all([load(), import("./help/about.ts")]);
    command.description([capitalised(summary), ABOUT[name]].filter(Boolean).join(".\n\n"));
    module.define(command);
    addGlobalOptions(command);
    command.action(async () => {
      onStatus(await module.run(command, environment));
    });
  }
  addHelpCommand(program, assembly);
  return program;
}

function addHelpCommand(program: Command, { showTopic }: Assembly): void {
  program
    .command("help")
    .argument("[name]", "a command or a topic")
    .summary("show the help of a command, or explain a topic")
    .action(async (name: string | undefined) => {
      if (name === undefined) program.outputHelp();
      else if (isTopic(name)) await showTopic(name, program);
      else (findCommand(program, name) ?? unknownSubject(program, name)).outputHelp();
    });
  const topics = Object.entries(TOPICS).map(([name, words]) => `  ${name.padEnd(14)} ${words}`);
  program.addHelpText("after", `\nTopics of fxa-pair help:\n${topics.join("\n")}`);
}

function findCommand(program: Command, name: string): Command | undefined {
  return program.commands.find((command) => command.name() === name);
}

function unknownSubject(program: Command, name: string): never {
  const known = [...program.commands.map((command) => command.name()), ...Object.keys(TOPICS)];
  const meant = nearest(name, known);
  throw new FxaPairError("usage", "There is no help on that.", {
    hint:
      meant === undefined
        ? "Run fxa-pair --help to see the commands and the topics."
        : `Did you mean fxa-pair help ${meant}?`,
  });
}

function isTopic(name: string): name is Topic {
  return Object.hasOwn(TOPICS, name);
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
