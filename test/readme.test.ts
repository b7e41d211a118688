/** What the README shows is what the program does: its commands, its demo, its tables. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { EXIT_STATUS } from "../src/commands/exit-codes.ts";
import { EXIT_WORDS } from "../src/commands/exit-words.ts";
import { run } from "./cli/harness.ts";

const root = new URL("../", import.meta.url);
const readme = readFileSync(new URL("README.md", root), "utf8");
const { dependencies, engines, scripts } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));

/** Every `fxa-pair …` line of the README, as it would be typed. */
const commands = [
  ...new Set([
    ...[...readme.matchAll(/^ {4}(fxa-pair .+)$/gm)].map((match) => match[1] ?? ""),
    ...[...readme.matchAll(/`(fxa-pair [^`…]+)`/g)].map((match) => match[1] ?? ""),
  ]),
];

describe("the README's commands", () => {
  it("are many", () => {
    expect(commands.length).toBeGreaterThan(15);
  });

  it.each(commands)("%s: the command and its options exist", async (line) => {
    const [, name = "", ...words] = (line.split(/ -- | < /)[0] ?? "").split(" ");
    if (name.startsWith("--")) {
      expect((await run([name])).status).toBe(0);
      return;
    }
    const help = await run([name, "--help"]);
    expect(help.status, help.stderr).toBe(0);
    for (const option of words.filter((word) => /^--\w/.test(word))) {
      expect(help.stdout, option).toMatch(new RegExp(`${option}\\b`));
    }
  });
});

describe("the README's demo", () => {
  it("prints what `npm run demo` prints", () => {
    const shown = /<!-- demo.*?-->\s+```\n(.*?)```/s.exec(readme)?.[1] ?? "";
    const demo = spawnSync(process.execPath, [fileURLToPath(new URL("scripts/demo.mjs", root))], {
      encoding: "utf8",
    });
    expect(demo.stderr).toBe("");
    expect(demo.status).toBe(0);
    expect(withoutValues(demo.stdout)).toEqual(withoutValues(shown));
  });
});

describe("the README's tables", () => {
  it("name every dependency and no other", () => {
    const section = readme.slice(readme.indexOf("## Dependencies"));
    const named = [...section.matchAll(/^\|(.+?)\|/gm)].flatMap((row) =>
      [...(row[1] ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1]),
    );
    expect(named.sort()).toEqual(Object.keys(dependencies).sort());
  });

  it("give every exit status and its code", () => {
    const rows = [...readme.matchAll(/^\| (\d+) +\| `(\w+)` +\|/gm)].map((row) => [row[2], Number(row[1])]);
    expect(Object.fromEntries(rows)).toEqual(EXIT_STATUS);
  });

  it("say of an exit status what the help says", () => {
    const rows = [...readme.matchAll(/^\| \d+ +\| `(\w+)` +\| (.*?) *\|$/gm)].map((row) => [row[1], row[2]]);
    expect(Object.fromEntries(rows.map(([code, words = ""]) => [code, words.replaceAll("`", "")]))).toEqual(
      EXIT_WORDS,
    );
  });

  it("and text agree with package.json", () => {
    expect(engines.node).toBe(">=20.19");
    expect(readme).toContain("Node 20.19 or later");
    for (const [, script] of readme.matchAll(/npm run ([\w:]+)/g))
      expect(Object.keys(scripts)).toContain(script);
  });
});

/** What differs from run to run: times, ids, ports, paths, sizes. */
function withoutValues(text: string): string[] {
  return text
    .trim()
    .split("\n")
    .map((line) =>
      line
        .replace(/^ *\d+\.\d s/, "0.0 s")
        .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, "TIME")
        .replace(/ws:\/\/127\.0\.0\.1:\d+/, "RELAY")
        .replace(/\(\d+ bytes\)/, "(SIZE)")
        .replace(/\S*fxa-pair-demo-\w+\S/, "FOLDER/")
        .replace(/[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{4}/, "FINGERPRINT")
        .replace(/\([0-9a-f]{32}\)/, "(UID)"),
    );
}
