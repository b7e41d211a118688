/**
 * Writes the manual pages in man/ from the commands' help, and names them in package.json: `npm run docs:man`. With
 * `--check` it writes nothing, and ends with status 1 if pages and help differ. A page keeps its date while nothing else
 * in it changes.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = new URL("../man/", import.meta.url);
const packageFile = new URL("../package.json", import.meta.url);

/** What the pages are made of; run inside the bundle, as the sources are TypeScript. */
const QUERY = `
import { COMMANDS } from "./src/commands/index.ts";
import { catalogue } from "./src/commands/help/catalogue.ts";
import { DATE, manPages } from "./src/commands/help/man-page.ts";
import { buildProgram } from "./src/commands/program.ts";
const { stdout, stderr } = process;
const program = await buildProgram({ commands: COMMANDS, isNeeded: () => true, environment: { streams: { stdout, stderr } } });
stdout.write(JSON.stringify({ date: DATE, pages: manPages(catalogue(program)) }));
`;

async function readPages() {
  const { outputFiles } = await build({
    stdin: { contents: QUERY, resolveDir: root, loader: "ts" },
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20.19",
    outfile: "pages.mjs",
    write: false,
    logLevel: "warning",
  });
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module"], {
    cwd: root,
    input: outputFiles[0].text,
    encoding: "utf8",
    maxBuffer: 16 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`The help cannot be read: ${stderr}`);
  return JSON.parse(stdout);
}

function textOf(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return "";
    throw error;
  }
}

const { date, pages } = await readPages();
const today = new Date().toISOString().slice(0, 10);
mkdirSync(folder, { recursive: true });
const names = pages.map(({ file }) => file);
const surplus = readdirSync(folder).filter((name) => !names.includes(name));
const stale = pages.filter(({ file, text }) => {
  const present = textOf(new URL(file, folder));
  const [since = today] = /(?<=^\.TH \S+ 1 )\d{4}-\d\d-\d\d(?= )/m.exec(present) ?? [];
  return present !== text.replace(date, since);
});
const packageText = readFileSync(packageFile, "utf8");
const described = JSON.parse(packageText);
const man = names.map((name) => `./man/${name}`).sort();
const unnamed = JSON.stringify(described.man) !== JSON.stringify(man);

if (!process.argv.includes("--check")) {
  for (const { file, text } of stale) writeFileSync(new URL(file, folder), text.replace(date, today));
  for (const name of surplus) rmSync(new URL(name, folder));
  if (unnamed) {
    const entries = Object.entries(described).filter(([key]) => key !== "man");
    entries.splice(entries.findIndex(([key]) => key === "bin") + 1, 0, ["man", man]);
    writeFileSync(packageFile, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
  }
} else if (stale.length + surplus.length > 0 || unnamed) {
  const which = [...stale.map(({ file }) => file), ...surplus, ...(unnamed ? ["package.json"] : [])];
  console.error(`The help and these differ: ${which.join(", ")}. Run npm run docs:man.`);
  process.exitCode = 1;
}
