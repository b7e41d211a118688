/** "Did you mean": what somebody who mistyped a command or an option most likely meant. */
import type { Command, CommanderError } from "commander";
import { nearest } from "../lib/nearest.ts";

/** A hint for an error of the command line; `undefined` where nothing that exists comes near what was typed. */
export function guess(error: CommanderError, program: Command): string | undefined {
  const [, typed = ""] = /'([^']*)'/.exec(error.message) ?? [];
  const [name = ""] = typed.split("=");
  const meant = nearest(name, candidatesFor(error.code, program));
  return meant === undefined ? undefined : `Did you mean ${meant}?`;
}

function candidatesFor(code: string, program: Command): readonly string[] {
  const all = [program, ...withSubcommands(program)];
  if (code === "commander.unknownCommand") return all.slice(1).map((command) => command.name());
  if (code === "commander.invalidArgument") {
    return all.flatMap(({ registeredArguments }) =>
      registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    );
  }
  if (code !== "commander.unknownOption") return [];
  const options = all.flatMap((command) => command.options.map(({ long }) => long ?? ""));
  return [...new Set([...options, "--help"])];
}

function withSubcommands(command: Command): readonly Command[] {
  return command.commands.flatMap((each) => [each, ...withSubcommands(each)]);
}
