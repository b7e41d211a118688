/**
 * Writes docs/faults.md from the fault table in test/faults: `npm run docs:faults`. With `--check` it writes nothing, and ends
 * with status 1 if page and table differ.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { runQuery } from "./run-query.mjs";

const page = new URL("../docs/faults.md", import.meta.url);

/** Run inside the bundle, as the table is TypeScript. */
const QUERY = `
import { CALL_ROWS } from "./test/faults/call-rows.ts";
import { COMMAND_ROWS } from "./test/faults/command-rows.ts";
import { FILE_ROWS } from "./test/faults/file-rows.ts";
import { KILL_ROWS } from "./test/faults/kill-rows.ts";
import { MESSAGE_ROWS } from "./test/faults/message-rows.ts";
import { RELAY_ROWS } from "./test/faults/relay-rows.ts";
console.log(
  JSON.stringify({
    messages: MESSAGE_ROWS,
    calls: CALL_ROWS,
    commands: COMMAND_ROWS,
    kills: KILL_ROWS,
    relays: RELAY_ROWS,
    files: FILE_ROWS,
  }),
);
`;

const DEVICES = { host: "signed-in device", join: "new device" };

/** An exit status and what is said with it. */
function ending([exit, words]) {
  if (exit === -1) return "not started";
  if (exit === 137) return "killed";
  return words === "" ? String(exit) : `${exit}: ${words.replace("SERVER", "…").replace("FOLDER", "…")}`;
}

function remains(left) {
  return typeof left === "string" ? left : left.words;
}

/** Places as people read them: messages that come or go, calls without the server's prefix. */
function places(names) {
  if (names.length === 0) return "every change";
  return names
    .map((name) =>
      name
        .replace("> ", "sends ")
        .replace("< ", "gets ")
        .replaceAll(/\/(?:auth|profile)\/v1/g, ""),
    )
    .map((name) => `\`${name}\``)
    .join(", ");
}

/** Of what both devices see; `from` and `when` head the columns of its side and its places. */
function pairings(rows, from, when) {
  return table(
    ["fault", from, when, "`host` ends with", "`join` ends with", "left behind"],
    rows.map((row) => [
      row.fault,
      `the ${DEVICES[row.side]}`,
      places(row.places),
      ending(row.host),
      ending(row.join),
      remains(row.left),
    ]),
  );
}

function files(rows) {
  return table(
    ["fault", "command", "where", "it ends with", "left behind"],
    rows.map((row) => [
      row.fault,
      `\`${row.command}\``,
      places(row.places),
      ending(row.ends),
      remains(row.left),
    ]),
  );
}

/** As prettier lays it out, so that formatting changes nothing. */
function table(header, rows) {
  const all = [header, ...rows].map((row) =>
    row.map((cell) => cell.replaceAll("|", "\\|").replaceAll("*", "\\*")),
  );
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  const [first, ...rest] = all;
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join("\n");
}

const { messages, calls, commands, kills, relays, files: fileRows } = await runQuery(QUERY);
const written = `<!-- Written by npm run docs:faults. -->

# What happens when something breaks

Each row was brought about between real processes: networks of the tests' own stand between each device, the relay and the
accounts server. A sample runs with \`npm test\`, all of it with \`npm run test:slow\`. In every row the credentials file is
absent or whole, and the server holds no token that no device has, unless the last column says so. An ending is an exit status
and the words that come with it; 0 alone is a command that ended well.

## A message of a pairing

\`cut\`: the connection breaks before the message has come through, and the device takes its seat at the relay again.
\`cut for good\`: it cannot. \`overtaken\`: the message comes after the one that follows it. The \`greeting\` is the relay's own.

${pairings(messages, "on the connection of", "where")}

## An HTTP call of a pairing

\`cut\`: the connection breaks before the server has the request. \`answer lost\`, \`answer cut short\`: the server has carried it
out. \`overtaken\`: the call waits for the next one to be answered. \`doubled\`: the server gets it twice. \`unanswered\`: 15
seconds pass. \`gone\`: from this call on the server is out of reach.

${pairings(calls, "on the connection of", "where")}

## An HTTP call of any other command

The faults are those above. A command that did not end well was run again without the fault, and ended well. That the list of
devices shows what is left on the server, and \`devices remove\` ends it, is what the hints say.

${files(commands)}

## A device's process that is killed

At a message or a call of its own, which still goes on. Pairing again works, as nothing is in its way.

${pairings(kills, "on the connection of", "where")}

## A relay that is killed

At a message that one device gets or sends, which is lost then unless it was passed on already. The devices try for 50 seconds
to get back.

${pairings(relays, "seen from", "when")}

## Files

What \`login\` and \`join\` write, and \`logout\` removes; so does \`token\` when the server has disconnected the device. A token that
\`token\` gets is stored nowhere. \`kill\`: the process is killed before the step, \`kill halfway\` when half of it is written; the device was signed in again
afterwards, which worked and cleared away what was left. Otherwise the step fails with the system's error.

${files(fileRows)}
`;

const current = existsSync(page) ? readFileSync(page, "utf8") : "";
if (written !== current && process.argv.includes("--check")) {
  console.error("docs/faults.md and the table in test/faults differ. Run npm run docs:faults.");
  process.exitCode = 1;
} else if (written !== current) {
  writeFileSync(page, written);
}
