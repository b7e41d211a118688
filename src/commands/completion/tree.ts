/** What can be typed where, as every shell's script needs it. */
import type { OptionValues } from "../option-values.ts";
import { TOPICS } from "../program.ts";
import type { Catalogue, OptionEntry } from "../help/catalogue.ts";

/** A place in a command line: behind `fxa-pair`, behind `fxa-pair host`, … */
export interface Place {
  /** The commands typed so far; none at the start. */
  readonly path: readonly string[];
  /** Its options and those of every command. */
  readonly options: readonly OptionEntry[];
  readonly commands: readonly { readonly name: string; readonly words: string }[];
  /** What its arguments may be; the last goes on for all further ones if that one is variadic. */
  readonly arguments: readonly { readonly values: OptionValues; readonly variadic: boolean }[];
}

/** Every place, the start first. */
export function places(whole: Catalogue): readonly Place[] {
  const entries = [
    { path: [], options: whole.programOnly, arguments: [] },
    ...whole.commands.map((entry) =>
      entry.path.join(" ") === "help" ? { ...entry, arguments: [helpSubject(whole)] } : entry,
    ),
  ];
  return entries.map(({ path, options, arguments: operands }) => ({
    path,
    options: [...options, ...whole.everywhere],
    commands: whole.commands
      .filter(
        (other) => other.path.length === path.length + 1 && path.every((word, at) => other.path[at] === word),
      )
      .map((other) => ({ name: other.path.at(-1) ?? "", words: other.summary })),
    arguments: operands,
  }));
}

function helpSubject(whole: Catalogue): Place["arguments"][number] {
  const commands = whole.commands.filter(({ path }) => path.length === 1).map(({ path }) => path[0] ?? "");
  return { values: { kind: "words", words: [...commands, ...Object.keys(TOPICS)] }, variadic: false };
}

/** Names of options that are followed by a value, wherever that is. */
export function valueOptions(all: readonly Place[]): readonly string[] {
  const names = all.flatMap(({ options }) =>
    options.filter(({ placeholder }) => placeholder !== null).flatMap((option) => option.names),
  );
  return [...new Set(names)];
}
