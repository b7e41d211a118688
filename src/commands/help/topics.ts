/** `fxa-pair help <topic>`: made from the tables that rule what they describe. */
import type { Command } from "commander";
import { exitRows } from "../exit-words.ts";
import type { Topic } from "../program.ts";
import { catalogue } from "./catalogue.ts";
import type { Catalogue } from "./catalogue.ts";
import { columns, wrap } from "./layout.ts";
import { SECURITY } from "./security.ts";
import { COMMON_VARIABLES, CONFIG_FOLDERS, FILES, SANDBOX_VARIABLES } from "./variables.ts";

/**
 * A topic's text, ready to print.
 *
 * @param program with all commands loaded
 */
export function explain(topic: Topic, program: Command): string {
  switch (topic) {
    case "exit-codes":
      return exitCodes();
    case "environment":
      return environment(catalogue(program));
    case "security":
      return security();
  }
}

function exitCodes(): string {
  const rows = exitRows().map(({ status, code, words }) => ({
    name: `${String(status).padEnd(6)}${code ?? "-"}`,
    words,
  }));
  return page(
    "Exit statuses, and the code of the error event that --json prints:",
    columns(rows, 2, 26),
    "sandbox with a command ends with that command's status.",
  );
}

interface VariableRow {
  name: string;
  words: string;
  commands: string[];
}

/** Each variable once, with the commands that read it; null for all of them. */
export function variableRows(whole: Catalogue): { everywhere: VariableRow[]; others: VariableRow[] } {
  const everywhere = whole.everywhere.flatMap(({ variable, words }) =>
    variable === null ? [] : [{ name: variable, words, commands: [] }],
  );
  const others = new Map<string, VariableRow>();
  for (const { path, options } of whole.commands) {
    for (const { variable, words } of options) {
      if (variable === null) continue;
      const row = others.get(variable) ?? { name: variable, words, commands: [] };
      row.commands.push(path.join(" "));
      // Options of one name may mean different things to different commands.
      if (row.words !== words) row.words = `see the help of ${row.commands.join(", ")}`;
      others.set(variable, row);
    }
  }
  return { everywhere, others: [...others.values()] };
}

function environment(whole: Catalogue): string {
  const { everywhere, others } = variableRows(whole);
  const [relay, own] = [true, false].map((of) =>
    others.filter(({ name }) => name.startsWith("FXA_PAIR_RELAY_") === of),
  );
  const withCommands = (own ?? []).map(({ name, words, commands }) => ({
    name,
    words: words.startsWith("see ") ? words : `${words} [${commands.join(", ")}]`,
  }));
  return page(
    wrap(
      "The command line wins over the environment, and that over config.json. Switches take 1 or 0. What may be given several times is separated by blanks or commas, names of pictures by line ends.",
      0,
    ),
    "Read by every command:",
    columns(everywhere),
    "Read by single commands, named behind it:",
    columns(withCommands),
    "Read by relay:",
    columns(relay ?? []),
    "Common to many programs:",
    columns(COMMON_VARIABLES),
    "Set for a command that runs in the sandbox:",
    columns(SANDBOX_VARIABLES),
    "The config directory, unless --config-dir names another:",
    columns(CONFIG_FOLDERS, 2, 10),
    "In it:",
    columns(FILES, 2, 18),
  );
}

function security(): string {
  return page(
    ...SECURITY.flatMap(({ title, points }) => [
      `${title}:`,
      points.map((point) => wrap(point, 4).replace(/^ {4}/, "  - ")).join("\n"),
    ]),
  );
}

function page(...parts: readonly string[]): string {
  return `${parts.join("\n\n")}\n`;
}
