/** The shape every command has: what it is called, its options, and what it does. */
import type { Command } from "commander";
import type { Environment } from "./context.ts";

export interface CommandModule {
  /** Adds arguments, options and examples to the command. */
  define(command: Command): void;
  /**
   * Does the work; resolves to the exit status (0 unless a child process decides otherwise).
   *
   * @throws FxaPairError for every expected failure.
   */
  run(command: Command, environment: Environment): Promise<number>;
}

/** A line of the command table; the module is loaded only when the command is named. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<CommandModule>;
}

/** Adds the "Examples:" block at the end of a command's help. */
export function addExamples(command: Command, examples: readonly string[]): void {
  command.addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ ${example}`).join("\n")}`);
}
