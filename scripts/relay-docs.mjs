/**
 * Writes the tables of docs/relay.md from those in src/relay, between their marks: `npm run docs:relay`. With `--check`
 * it writes nothing, and ends with status 1 if page and code differ.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { runQuery } from "./run-query.mjs";

const page = new URL("../docs/relay.md", import.meta.url);

/** What the tables are made of; run inside the bundle, as the sources are TypeScript. */
const QUERY = `
import { ENDINGS } from "./src/relay/endings.ts";
import { RelayMetrics } from "./src/relay/metrics.ts";
import { PrimaryFigures } from "./src/relay/primary-figures.ts";
import { REFUSALS } from "./src/relay/refusals.ts";
import { defaultInWords, flagName, SETTING_NAMES, SETTINGS } from "./src/relay/settings.ts";
const settings = SETTING_NAMES.map((name) => {
  const { form, zero, reference, reason } = SETTINGS[name];
  return { flag: flagName(name), standard: defaultInWords(name), expected: form.expected, zero, reference, reason };
});
const supervised = { listening: 0, restarted: 0, dropped: 0 };
Promise.all([new RelayMetrics().values(), new PrimaryFigures(() => supervised).values()]).then((lists) => {
  const names = new Set();
  const metrics = lists.flat().filter(({ name }) => !names.has(name) && names.add(name));
  const [refusals, endings] = [REFUSALS, ENDINGS].map(Object.values);
  console.log(JSON.stringify({ settings, metrics, refusals, endings }));
});
`;

function settingsTable(settings) {
  const header = ["setting", "default", "what it is, and why this default", "value", "reference's name"];
  const rows = settings.map(({ flag, standard, reason, expected, zero, reference }) => [
    `\`${flag}\``,
    standard,
    reason,
    zero === undefined ? expected : `${expected} (0: ${zero})`,
    reference === undefined ? "–" : `\`${reference}\``,
  ]);
  return table(header, rows);
}

function refusalsTable(refusals) {
  const sorted = refusals.toSorted((one, other) => one.status - other.status);
  const rows = sorted.map(({ status, error, message, retryAfter }) => [
    String(status),
    `\`${error}\``,
    message,
    retryAfter === undefined ? "–" : `${retryAfter} s`,
  ]);
  return table(["status", "`error`", "`message`", "`Retry-After`"], rows);
}

function closesTable(endings) {
  const sorted = endings.toSorted((one, other) => one.code - other.code);
  return table(
    ["code", "reason"],
    sorted.map(({ code, reason }) => [String(code), `\`${reason}\``]),
  );
}

/** Without those that every program of Node's has. */
function metricsTable(metrics) {
  const own = metrics.filter(({ name }) => !/_(?:process|nodejs)_/.test(name));
  return table(
    ["metric", "type", "what it counts"],
    own.map(({ name, type, help }) => [`\`${name}\``, type, help]),
  );
}

/** As prettier lays it out, so that formatting changes nothing. */
function table(header, rows) {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** The page with the text between two marks replaced. */
function replaced(text, name, between) {
  const [start, end] = [`<!-- ${name}: written by npm run docs:relay -->\n`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/relay.md has lost the marks around its ${name}.`);
  return `${text.slice(0, from)}${start}\n${between}\n\n${text.slice(to)}`;
}

const text = readFileSync(page, "utf8");
const { settings, metrics, refusals, endings } = await runQuery(QUERY);
const written = [
  ["settings", settingsTable(settings)],
  ["metrics", metricsTable(metrics)],
  ["refusals", refusalsTable(refusals)],
  ["closes", closesTable(endings)],
].reduce((result, [name, between]) => replaced(result, name, between), text);
if (written !== text && process.argv.includes("--check")) {
  console.error("docs/relay.md and the tables in src/relay differ. Run npm run docs:relay.");
  process.exitCode = 1;
} else if (written !== text) {
  writeFileSync(page, written);
}
