/** What the help says beside the commands' own: topics, and guesses at what somebody meant. */
import { afterAll, describe, expect, it } from "vitest";
import { EXIT_STATUS } from "../../src/commands/exit-codes.ts";
import { COMMANDS } from "../../src/commands/index.ts";
import { SECURITY } from "../../src/commands/help/security.ts";
import { TOPICS } from "../../src/commands/program.ts";
import { environmentName, SETTING_NAMES } from "../../src/relay/settings.ts";
import { cleanUp, run } from "./harness.ts";

afterAll(cleanUp);

describe("fxa-pair help", () => {
  it.each([[["help"]], [["--help"]]])("lists the topics (%j)", async (args) => {
    const { status, stdout, stderr } = await run(args);
    expect([status, stderr]).toEqual([0, ""]);
    for (const [name, words] of Object.entries(TOPICS))
      expect(stdout).toMatch(new RegExp(`^  ${name} +${words}$`, "m"));
  });

  it.each(Object.keys(TOPICS))("%s is text for a terminal of 80 columns", async (topic) => {
    const { status, stdout, stderr } = await run(["help", topic]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toMatch(/\S\n$/);
  });

  it("exit-codes tells every status and its code", async () => {
    const { stdout } = await run(["help", "exit-codes"]);
    const rows = [...stdout.matchAll(/^ {2}(\d+) +(\w+|-) +\S/gm)].map(([, status, code]) => [
      code,
      Number(status),
    ]);
    expect(Object.fromEntries(rows)).toEqual({ "-": 0, ...EXIT_STATUS });
  });

  it("environment tells the variable of every option and setting", async () => {
    const { stdout } = await run(["help", "environment"]);
    for (const name of SETTING_NAMES) expect(stdout).toContain(environmentName(name));
    for (const { name } of COMMANDS) {
      const help = (await run([name, "--help"])).stdout;
      const options = [...help.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(([, option = ""]) => option);
      expect(options).toContain("json");
      for (const option of options) {
        const variable = `FXA_PAIR_${option.replaceAll("-", "_").toUpperCase()}`;
        const isSetting =
          name === "relay" && stdout.includes(variable.replace("FXA_PAIR_", "FXA_PAIR_RELAY_"));
        if (option === "help" || option === "yes") expect(stdout).not.toContain(`${variable} `);
        else if (!isSetting) expect(stdout, option).toContain(`${variable} `);
      }
    }
  });

  it("security says all that remains", async () => {
    const { stdout } = await run(["help", "security"]);
    const flat = stdout.replaceAll(/\s+/g, " ");
    for (const { title, points } of SECURITY) {
      expect(flat).toContain(`${title}:`);
      for (const point of points) expect(flat).toContain(`- ${point}`);
    }
    for (const risk of [/near each other/, /forward secrecy/, /no fingerprint/, /before you approve/])
      expect(flat).toMatch(risk);
  });
});

describe("what was mistyped", () => {
  it.each<[string, string]>([
    ["hsot", "Did you mean host?"],
    ["jion --yes", "Did you mean join?"],
    ["hlep", "Did you mean help?"],
    ["help exitcodes", "Did you mean fxa-pair help exit-codes?"],
    ["help hots", "Did you mean fxa-pair help host?"],
    ["--jsno status", "Did you mean --json?"],
    ["devices rmeove 123456", "Did you mean remove?"],
    ["host --qrout code.png", "Did you mean --qr-out?"],
    ["host --qr-ouT=code.png", "Did you mean --qr-out?"],
    ["relay --max-exchange 5", "Did you mean --max-exchanges?"],
    ["host --yes --qr hlaf", "Did you mean half?"],
    ["join --yes --format jsn -", "Did you mean json?"],
    ["login --server relase --email a@example.org --password-stdin", "Did you mean release?"],
  ])("fxa-pair %s: %s", async (line, guess) => {
    const { status, stdout, stderr } = await run(line.split(" "));
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^fxa-pair: [^\n]+\n {2}[^\n]+\n$/);
    expect(stderr).toContain(`\n  ${guess}\n`);
  });

  it.each(["frobnicate", "host --frobnicate", "host --yes --qr postscript", "help frobnicate", "x", "qrs"])(
    "fxa-pair %s: nothing is near, nothing is guessed",
    async (line) => {
      const { status, stderr } = await run(line.split(" "));
      expect(status).toBe(2);
      expect(stderr).not.toMatch(/did you mean/i);
      expect(stderr).toMatch(/--help/);
    },
  );

  it("is not repeated where it may be a secret", async () => {
    const { stderr } = await run(["login", "--passwrod=hunter2"]);
    expect(stderr).not.toContain("hunter2");
  });

  it("is guessed in an error event, too", async () => {
    const { status, events } = await run(["hsot", "--json"]);
    expect(status).toBe(2);
    expect(events).toMatchObject([{ event: "error", code: "usage", hint: "Did you mean host?" }]);
  });
});
