/** Every command with its options, as values: what help, manual pages and completion are all made of. */
import type { Argument, Command, Option } from "commander";
import { environmentName, flagName, SETTING_NAMES } from "../../relay/settings.ts";
import { EXAMPLES, helpSections } from "../command.ts";
import type { HelpSection } from "../command.ts";
import { variableOf } from "../flags.ts";
import { argumentValues, takesValue, valuesOf } from "../option-values.ts";
import type { OptionValues } from "../option-values.ts";

export interface OptionEntry {
  /** As typed: `-V`, `--qr`. */
  readonly names: readonly string[];
  /** What stands for the value, brackets and dots included; null for a switch. */
  readonly placeholder: string | null;
  readonly words: string;
  readonly values: OptionValues;
  /** The environment variable that means the same; null where there is none. */
  readonly variable: string | null;
}

export interface ArgumentEntry {
  /** As in the usage line: `[url]`, `<image...>`. */
  readonly usage: string;
  readonly words: string;
  readonly variadic: boolean;
  readonly values: OptionValues;
}

export interface CatalogueEntry {
  /** Words after `fxa-pair`: `host`, `devices remove`; none for the program itself. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly arguments: readonly ArgumentEntry[];
  /** Its own options, without those of every command. */
  readonly options: readonly OptionEntry[];
  /** Command lines, without a prompt. */
  readonly examples: readonly string[];
  /** Other parts of its help. */
  readonly sections: readonly HelpSection[];
}

export interface Catalogue {
  readonly description: string;
  readonly commands: readonly CatalogueEntry[];
  /** The options of every command, `--help` among them. */
  readonly everywhere: readonly OptionEntry[];
  /** Options of the program alone: `--version`. */
  readonly programOnly: readonly OptionEntry[];
}

const HELP: OptionEntry = {
  names: ["-h", "--help"],
  placeholder: null,
  words: "display help for command",
  values: { kind: "words", words: [] },
  variable: null,
};

/** @param program with all commands loaded */
export function catalogue(program: Command): Catalogue {
  const shared = new Set(program.options.filter(({ long }) => long !== "--version").map(({ long }) => long));
  const [everywhere, programOnly] = [true, false].map((of) =>
    program.options.filter(({ long }) => shared.has(long) === of).map((option) => describeOption(option, "")),
  );
  const { commands } = program;
  return {
    description: program.description(),
    commands: commands.flatMap((command) => describeCommand(command, [], shared)),
    everywhere: [...(everywhere ?? []), HELP],
    programOnly: programOnly ?? [],
  };
}

function describeCommand(
  command: Command,
  above: readonly string[],
  shared: ReadonlySet<string | undefined>,
): CatalogueEntry[] {
  const path = [...above, command.name()];
  const sections = helpSections(command);
  const entry: CatalogueEntry = {
    path,
    summary: command.summary() === "" ? command.description() : command.summary(),
    description: command.description(),
    arguments: command.registeredArguments.map(describeArgument),
    options: command.options
      .filter(({ long }) => !shared.has(long))
      .map((option) => describeOption(option, command.name())),
    examples: sections
      .filter(({ title }) => title === EXAMPLES)
      .flatMap(({ lines }) => lines.map((line) => line.replace(/^\$ /, ""))),
    sections: sections.filter(({ title }) => title !== EXAMPLES),
  };
  return [entry, ...command.commands.flatMap((each) => describeCommand(each, path, shared))];
}

function describeArgument(argument: Argument): ArgumentEntry {
  const dots = argument.variadic ? "..." : "";
  const name = `${argument.name()}${dots}`;
  return {
    usage: argument.required ? `<${name}>` : `[${name}]`,
    words: argument.description,
    variadic: argument.variadic,
    values: argumentValues(argument),
  };
}

/** Names of the relay's options, whose variables are called otherwise. */
const RELAY_VARIABLES = new Map(SETTING_NAMES.map((name) => [flagName(name), environmentName(name)]));

function describeOption(option: Option, command: string): OptionEntry {
  const relay = command === "relay" ? RELAY_VARIABLES.get(option.name()) : undefined;
  const names = [option.short, option.long].filter((name) => name !== undefined);
  return {
    names,
    placeholder: takesValue(option) ? (/[<[].*[>\]]/.exec(option.flags)?.[0] ?? null) : null,
    words: option.description,
    values: valuesOf(option),
    variable: option.long === "--version" ? null : (relay ?? variableOf(option) ?? null),
  };
}
