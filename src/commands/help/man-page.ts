/** Manual pages of section 1, one for the program and one for each command, made of what the help is made of. */
import { exitRows } from "../exit-words.ts";
import type { Catalogue, CatalogueEntry, OptionEntry } from "./catalogue.ts";
import { bold, entry, italic, paragraphs, prose, roff, section, verbatim } from "./roff.ts";
import { SECURITY } from "./security.ts";
import { COMMON_VARIABLES, CONFIG_FOLDERS, FILES } from "./variables.ts";

export interface ManPage {
  /** As `fxa-pair-host.1`. */
  readonly file: string;
  /** The page but for its date, which stands where {@link DATE} does. */
  readonly text: string;
}

/** Stands for the day on which a page last changed. */
export const DATE = "@DATE@";

/** Every page. */
export function manPages(whole: Catalogue): readonly ManPage[] {
  const commands = whole.commands.filter(({ path }) => path.length === 1);
  return [programPage(whole, commands), ...commands.map((command) => commandPage(whole, command))];
}

function programPage(whole: Catalogue, commands: readonly CatalogueEntry[]): ManPage {
  const options = [...whole.programOnly, ...whole.everywhere];
  return page("fxa-pair", "sign a new device in to a Mozilla account by pairing", [
    ...section("Synopsis", `${bold("fxa-pair")} ${italic("command")} [${italic("option")}]...`),
    ...section("Description", ...paragraphs(whole.description)),
    ...section("Commands", ...commands.flatMap(commandEntry)),
    ...section("Options", prose("These go with every command."), ...options.flatMap(optionEntry)),
    ...common(options),
    ...section(
      "Examples",
      prose("One for each command; its own page has more."),
      ...commands.flatMap(({ summary, examples }) =>
        examples.slice(0, 1).flatMap((example) => [".PP", `${roff(summary)}:`, ...verbatim([example])]),
      ),
    ),
    ...section(
      "Security",
      ...SECURITY.flatMap(({ title, points }) => [
        `.SS ${roff(title)}`,
        ...points.flatMap((point) => [".IP \\(bu 2", prose(point)]),
      ]),
    ),
    ...seeAlso(commands.map(({ path }) => pageName(path))),
  ]);
}

function commandEntry({ path, summary }: CatalogueEntry): string[] {
  return entry(`${bold(pageName(path))}(1)`, prose(summary));
}

function commandPage(whole: Catalogue, command: CatalogueEntry): ManPage {
  const { path, summary, description, options, examples, sections } = command;
  const operands = command.arguments.map(({ usage }) => ` ${operand(usage)}`).join("");
  return page(pageName(path), summary, [
    ...section("Synopsis", `${bold(`fxa-pair ${path.join(" ")}`)} [${italic("option")}]...${operands}`),
    ...section(
      "Description",
      ...paragraphs(description),
      ...command.arguments.flatMap(({ usage, words }) => entry(operand(usage), prose(words))),
    ),
    ...section(
      "Options",
      ...options.flatMap(optionEntry),
      ...(options.length === 0 ? [] : [".SS Options of every command"]),
      ...whole.everywhere.flatMap(optionEntry),
    ),
    ...sections.flatMap(({ title, lines }) => section(title, ...verbatim(lines))),
    ...common([...options, ...whole.everywhere]),
    ...section("Examples", ...verbatim(examples)),
    ...seeAlso(["fxa-pair"]),
  ]);
}

function page(name: string, summary: string, body: readonly string[]): ManPage {
  const header = [
    '.\\" Made from the help of the program: npm run docs:man',
    `.TH ${name.toUpperCase()} 1 ${DATE} fxa-pair "User Commands"`,
    ...section("Name", `${roff(name)} \\- ${roff(summary)}`),
  ];
  return { file: `${name}.1`, text: `${[...header, ...body].join("\n")}\n` };
}

function pageName(path: readonly string[]): string {
  return ["fxa-pair", ...path].join("-");
}

/** `[url]` with the name in italics, brackets and dots around it. */
function operand(usage: string): string {
  const [, open = "", name = "", dots = "", close = ""] = /^([<[])(.*?)(\.\.\.)?([>\]])$/.exec(usage) ?? [];
  return open === "<" ? `${italic(name)}${dots}` : `${open}${italic(name)}${dots}${close}`;
}

function optionEntry({ names, placeholder, words }: OptionEntry): string[] {
  const value = placeholder === null ? "" : ` ${operand(placeholder)}`;
  return entry(`${names.map(bold).join(", ")}${value}`, prose(words));
}

/** What every page ends with, but for the examples. */
function common(options: readonly OptionEntry[]): string[] {
  const own = options.flatMap(({ variable, names }) =>
    variable === null ? [] : entry(bold(variable), `${roff("the same as")} ${bold(names.at(-1) ?? "")}`),
  );
  return [
    ...section(
      "Exit status",
      ...exitRows().flatMap(({ status, code, words }) =>
        entry(bold(String(status)), code === null ? prose(words) : `${italic(code)}: ${prose(words)}`),
      ),
    ),
    ...section(
      "Environment",
      prose(
        "An option on the command line wins over its variable, and that over config.json. Switches take 1 or 0.",
      ),
      ...own,
      ...COMMON_VARIABLES.flatMap(({ name, words }) => entry(bold(name), prose(words))),
    ),
    ...section(
      "Files",
      prose("In the config directory, which --config-dir names, else the platform:"),
      ...CONFIG_FOLDERS.flatMap(({ name, words }) => entry(roff(name), prose(words))),
      ".PP",
      prose("there are:"),
      ...FILES.flatMap(({ name, words }) => entry(italic(name), prose(words))),
    ),
  ];
}

function seeAlso(pages: readonly string[]): string[] {
  return section("See also", pages.map((name) => `${bold(name)}(1)`).join(", "));
}
