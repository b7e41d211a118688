/** The manual pages: that they are those of the program, complete, and understood by what shows them. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { EXIT_STATUS } from "../../src/commands/exit-codes.ts";
import { prose, roff, verbatim } from "../../src/commands/help/roff.ts";
import { COMMANDS } from "../../src/commands/index.ts";
import { run } from "../cli/harness.ts";

const root = new URL("../../", import.meta.url);
const folder = fileURLToPath(new URL("man", root));
const pages = readdirSync(folder);
const { man, files } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));

const isThere = (program: string, ...args: string[]) => spawnSync(program, args).error === undefined;
const call = (program: string, ...args: string[]) =>
  spawnSync(program, args, {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C.UTF-8", MANPAGER: "cat", MANWIDTH: "80", MAN_KEEP_FORMATTING: "" },
  });

describe("the manual pages", () => {
  it("are what the help says today", () => {
    const script = fileURLToPath(new URL("scripts/man-pages.mjs", root));
    const { status, stderr } = call(process.execPath, script, "--check");
    expect([status, stderr]).toEqual([0, ""]);
  });

  it("are one for the program and one for each command, and shipped", () => {
    const names = COMMANDS.map(({ name }) => `fxa-pair-${name}.1`);
    expect(pages.sort()).toEqual(["fxa-pair.1", "fxa-pair-help.1", ...names].sort());
    expect(man.map((path: string) => path.replace("./man/", "")).sort()).toEqual(pages);
    expect(files).toContain("man");
  });

  it.each(pages)("%s has every section", (page) => {
    const text = readFileSync(`${folder}/${page}`, "utf8");
    const sections = [...text.matchAll(/^\.SH (.*)$/gm)].map(([, title]) => title);
    const wanted = [
      "NAME",
      "SYNOPSIS",
      "DESCRIPTION",
      "OPTIONS",
      "EXIT STATUS",
      "ENVIRONMENT",
      "FILES",
      "SEE ALSO",
    ];
    expect(sections).toEqual(
      expect.arrayContaining(page === "fxa-pair-help.1" ? wanted : [...wanted, "EXAMPLES"]),
    );
    for (const status of [0, ...Object.values(EXIT_STATUS)]) expect(text).toContain(`\n\\fB${status}\\fR\n`);
  });
});

describe.skipIf(!isThere("mandoc", "-V"))("the manual pages in mandoc (where it is installed)", () => {
  it.each(pages)("%s gives no warning", (page) => {
    expect(call("mandoc", "-Tlint", "-Wwarning", `${folder}/${page}`)).toMatchObject({
      status: 0,
      stdout: "",
      stderr: "",
    });
  });
});

describe.skipIf(!isThere("groff", "-v"))("the manual pages in groff (where it is installed)", () => {
  it.each(pages)("%s gives no warning", (page) => {
    const { status, stdout, stderr } = call("groff", "-man", "-Tutf8", "-ww", "-z", `${folder}/${page}`);
    expect([status, stdout, stderr]).toEqual([0, "", ""]);
  });
});

describe.skipIf(!isThere("man", "--version"))("the manual pages in man (where it is installed)", () => {
  it.each(COMMANDS.map(({ name }) => name))(
    "of %s name every option and example as it is typed",
    async (name) => {
      const { status, stdout, stderr } = call(
        "man",
        "-l",
        "--no-hyphenation",
        "--no-justification",
        `${folder}/fxa-pair-${name}.1`,
      );
      expect([status, stderr]).toEqual([0, ""]);
      const help = (await run([name, "--help"])).stdout;
      const options = [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, option = ""]) => option);
      expect(options.length).toBeGreaterThan(5);
      for (const option of options)
        expect(stdout).toMatch(new RegExp(`^ {7}(?:-\\w, )?${option}(?: |$)`, "m"));
      for (const [, example = ""] of help.matchAll(/^ {2}\$ (.+)$/gm))
        expect(stdout).toContain(`    ${example}\n`);
    },
  );
});

describe("text for roff", () => {
  it.each([
    ["--qr-out", "\\-\\-qr\\-out"],
    [".TH is no request", "\\&.TH is no request"],
    ["'quoted' \"twice\"", "\\(aqquoted\\(aq \\(dqtwice\\(dq"],
    ["a\\fBb `~^`", "a\\efBb \\(ga\\(ti\\(ha\\(ga"],
    ["two\nlines…", "two lines\\[u2026]"],
    ["😀", "\\[u1F600]"],
  ])("%j becomes %s", (text, expected) => {
    expect(roff(text)).toBe(expected);
  });

  it("makes no request of a word that begins a line", () => {
    const text = `${"word ".repeat(15)}.png or .svg`;
    expect(prose(text).split("\n")).toEqual([expect.stringMatching(/^word/), "\\&.png or .svg"]);
  });

  it("keeps the indentation of what is verbatim", () => {
    expect(verbatim(["a", "  .b"])).toEqual([".RS 4", ".nf", "a", "\\ \\ \\&.b", ".fi", ".RE"]);
  });
});
