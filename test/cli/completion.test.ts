/** `fxa-pair completion`: what real shells offer once they have sourced its script. */
import { writeFileSync } from "node:fs";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/commands/index.ts";
import { TOPICS } from "../../src/commands/program.ts";
import { cleanUp, run, temporaryFolder } from "./harness.ts";
import { closeTerminals, CTRL_D, HAS_TERMINALS, Terminal, WHY_NOT } from "./pty.ts";
import { isThere, SHELLS } from "./shells.ts";

let folder = "";

beforeAll(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder, "a folder"));
  writeFileSync(join(folder, "photo.png"), "");
});

afterAll(async () => {
  await closeTerminals();
  await cleanUp();
});

const NAMES = COMMANDS.map(({ name }) => name);
const FORMS = ["ascii", "auto", "full", "half", "none"];

async function scriptFor(shell: string): Promise<string> {
  const { status, stdout, stderr } = await run(["completion", shell]);
  expect([status, stderr]).toEqual([0, ""]);
  const path = join(folder, `completion.${shell}`);
  writeFileSync(path, stdout);
  return path;
}

describe.each(SHELLS)("completion in $name", (shell) => {
  describe.skipIf(!isThere(shell))(`(needs ${shell.probe[0]})`, () => {
    let script = "";

    beforeAll(async () => {
      script = await scriptFor(shell.name);
    });

    const offers = (line: string) =>
      shell
        .complete(script, line, folder)
        .map((word) => word.trim())
        .sort();

    it("offers every command", () => {
      expect(offers("fxa-pair ")).toEqual(expect.arrayContaining([...NAMES, "help"]));
      expect(offers("fxa-pair jo")).toEqual(["join"]);
      expect(offers("fxa-pair --quiet --server stage toke")).toEqual(["token"]);
    });

    it.each(NAMES)("offers each option of %s", async (name) => {
      const { stdout } = await run([name, "--help"]);
      const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, option = ""]) => option);
      expect(offers(`fxa-pair ${name} --`).map((option) => option.replace(/=$/, ""))).toEqual(options.sort());
    });

    it("offers the values of options, in either form", () => {
      expect(offers("fxa-pair host --qr ")).toEqual(FORMS);
      expect(offers("fxa-pair host --qr ha")).toEqual(["half"]);
      expect(offers("fxa-pair host --qr=ha").map((word) => word.replace(/^--qr=/, ""))).toEqual(["half"]);
      expect(offers("fxa-pair join --format ")).toEqual(["env", "json"]);
      expect(offers("fxa-pair status --server s")).toEqual(["stage"]);
      expect(offers("fxa-pair --server re")).toEqual(["release"]);
    });

    it.skipIf(shell.name === "powershell")(
      "offers files where an option or argument takes one, and nowhere else",
      () => {
        expect(offers("fxa-pair join --qr pho")).toEqual(["photo.png"]);
        expect(offers("fxa-pair qr photo.png pho")).toEqual(["photo.png"]);
        expect(offers("fxa-pair relay --tls-cert pho")).toEqual(["photo.png"]);
        expect(offers("fxa-pair status --config-dir pho")).toEqual([]);
        expect(offers("fxa-pair host pho")).toEqual([]);
        expect(offers("fxa-pair login --email pho")).toEqual([]);
        expect(offers("fxa-pair status --config-dir a").map((word) => word.replace(/\\|\/$/g, ""))).toEqual([
          "a folder",
        ]);
      },
    );

    it("offers arguments that can be counted", () => {
      expect(offers("fxa-pair completion ")).toEqual(["bash", "fish", "powershell", "zsh"]);
      expect(offers("fxa-pair help e")).toEqual(
        Object.keys(TOPICS)
          .filter((topic) => topic.startsWith("e"))
          .sort(),
      );
      expect(offers("fxa-pair devices ")).toEqual(["list", "remove"]);
      expect(offers("fxa-pair completion bash z")).not.toContain("zsh");
    });

    it.skipIf(shell.name === "powershell")("offers commands for the sandbox", () => {
      expect(offers("fxa-pair sandbox -- envsub")).toEqual(offers("fxa-pair sandbox envsub"));
      expect(offers("fxa-pair sandbox -- basenam")).toContain("basename");
    });
  });
});

describe.skipIf(!HAS_TERMINALS)(`the Tab key (${WHY_NOT})`, () => {
  it("completes a command in bash", async () => {
    const script = await scriptFor("bash");
    const terminal = new Terminal([], {
      command: "bash --noprofile --norc",
      env: { PS1: "ready> " },
      folder,
    });
    await terminal.shows(/ready> $/);
    terminal.type(`source ${script}\r`);
    await terminal.shows(/ready> [^]*ready> $/);
    terminal.type("fxa-pair hos\t");
    await terminal.shows(/fxa-pair host $/);
    terminal.type("--qr=as\t");
    await terminal.shows(/fxa-pair host --qr=ascii $/);
    terminal.type("--qr-out pho\t");
    await terminal.shows(/--qr-out photo\.png $/);
    terminal.type(`\u0015${CTRL_D}`);
    await terminal.exit;
  });
});

describe("fxa-pair completion", () => {
  it("says in its help how to install it, for each shell", async () => {
    const { stdout } = await run(["completion", "--help"]);
    for (const words of [/bashrc/, /zshrc/, /fish\/completions/, /\$PROFILE/]) expect(stdout).toMatch(words);
  });

  it("prints an event with --json", async () => {
    const { events } = await run(["completion", "fish", "--json"]);
    expect(events).toMatchObject([
      { event: "completion", shell: "fish", script: expect.stringContaining("complete -c fxa-pair") },
    ]);
  });

  it.each([
    [["bsh"], /Did you mean bash\?/],
    [["tcsh"], /bash, zsh, fish, powershell/],
    [[], /shell/],
  ])("of %j is a usage error", async (args, words) => {
    const { status, stdout, stderr } = await run(["completion", ...args]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(words);
  });
});
