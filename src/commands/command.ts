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

/** A part of a command's help below its options. */
export interface HelpSection {
  readonly title: string;
  /** As they are shown, without the indentation. */
  readonly lines: readonly string[];
}

export const EXAMPLES = "Examples";

const SECTIONS = new WeakMap<Command, readonly HelpSection[]>();

/** Adds the "Examples:" block at the end of a command's help. */
export function addExamples(command: Command, examples: readonly string[]): void {
  addHelpSection(
    command,
    EXAMPLES,
    examples.map((example) => `$ ${example}`),
  );
}

/** Adds a block of lines below what a command's help has by now. */
export function addHelpSection(command: Command, title: string, lines: readonly string[]): void {
  SECTIONS.set(command, [...helpSections(command), { title, lines }]);
  command.addHelpText("after", `\n${title}:\n${lines.map((line) => `  ${line}`.trimEnd()).join("\n")}`);
}

/** What was added below a command's options, in order. */
export function helpSections(command: Command): readonly HelpSection[] {
  return SECTIONS.get(command) ?? [];
}
