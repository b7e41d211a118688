/** docs/ci.md: each of its recipes, run as it stands there. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { cleanUp, start } from "../cli/harness.ts";
import { closeTerminals, HAS_TERMINALS, Terminal, WHY_NOT } from "../cli/pty.ts";
import { signInHere } from "../cli/signed-in.ts";
import { createWorld, PASSWORD } from "../cli/world.ts";
import type { World } from "../cli/world.ts";
import { Page } from "./blocks.ts";
import { fileVariable, runGitHubJob, runGitLabJob } from "./ci-job.ts";
import type { JobResult } from "./ci-job.ts";
import { Machine } from "./machine.ts";
import type { Answer, Request } from "./machine.ts";

// Several processes one after another, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 120_000 });

/** The account that the page is about. */
const EMAIL = "me@example.com";
const DONE: Answer = { status: 0, output: "" };
const page = new Page("ci.md");
/** The recipes are for bash and its like. */
const HAS_SHELL = process.platform !== "win32";

let world: World;
/** Config directory of a device that is signed in to that account. */
let signedIn: string;
const machines: Machine[] = [];

beforeAll(async () => {
  world = await createWorld({ account: { email: EMAIL } });
  signedIn = await signInHere(world.accounts.url, EMAIL, PASSWORD);
});

afterEach(() => {
  for (const machine of machines.splice(0)) machine.close();
});

afterAll(async () => {
  await closeTerminals();
  await cleanUp();
  await world.close();
});

function newMachine(play?: (request: Request) => Answer | Promise<Answer>): Machine {
  const servers = { server: world.accounts.url, relay: world.relay.url };
  const machine = new Machine(play === undefined ? servers : { ...servers, play });
  machines.push(machine);
  return machine;
}

/** One that may sign in others. */
function signedInMachine(play: (request: Request) => Answer | Promise<Answer>): Machine {
  const machine = newMachine(play);
  mkdirSync(dirname(machine.configFolder), { recursive: true });
  cpSync(signedIn, machine.configFolder, { recursive: true });
  return machine;
}

/** Makes the key of a job as the page says; the machine keeps the thumbprint, and no key. */
async function makeKey(machine: Machine): Promise<string> {
  const made = await machine.bash(page.take("Signed in with nobody watching", "sh"), ["-e"]);
  expect(made.status, made.log).toBe(0);
  expect(readFileSync(join(machine.folder, "job.thumbprint"), "utf8")).toMatch(/^[\w-]{43}\n$/);
  const key = readFileSync(join(machine.folder, "job.key"), "utf8");
  rmSync(join(machine.folder, "job.key"));
  return key;
}

const credentialsOf = (machine: Machine) => join(machine.configFolder, "credentials.json");

/** Nothing that opens anything: no channel key, no token, no key of the account. */
function expectNoSecrets(...logs: readonly string[]): void {
  const { refreshToken, sessionToken, keys } = JSON.parse(
    readFileSync(join(signedIn, "credentials.json"), "utf8"),
  ) as { refreshToken: string; sessionToken: string; keys: Record<string, { k: string }> };
  for (const log of logs) {
    expect(log).not.toMatch(/channel_key/);
    expect(log).not.toMatch(/\b[0-9a-f]{64}\b/);
    for (const secret of [refreshToken, sessionToken, ...Object.values(keys).map(({ k }) => k)]) {
      expect(log).not.toContain(secret);
    }
  }
}

describe.runIf(HAS_SHELL)("an integration under test", () => {
  const HEADING = "An integration under test";

  function project(script: string): Machine {
    const machine = newMachine();
    writeFileSync(
      join(machine.folder, "package.json"),
      JSON.stringify({ scripts: { test: "sh ./test.sh" } }),
    );
    writeFileSync(join(machine.folder, "test.sh"), script);
    return machine;
  }

  it.each([
    ["GitHub", (machine: Machine) => runGitHubJob(page.take(HEADING, "yaml", 0), machine)],
    ["GitLab", (machine: Machine) => runGitLabJob(page.take(HEADING, "yaml", 1), machine)],
  ])("on %s finds an account in its environment", async (_service, runJob) => {
    const machine = project(`set -e\n${page.take(HEADING, "sh")}`);
    const job = await runJob(machine);
    expect(job.status, job.log).toBe(0);
    expect(job.log).toMatch(/"email":"sandbox@example\.com"/);
    expect(existsSync(machine.configFolder)).toBe(false);
  });

  it("that fails makes the job fail", async () => {
    const job = await runGitHubJob(page.take(HEADING, "yaml", 0), project("exit 3"));
    expect(job.status).not.toBe(0);
  });
});

describe.runIf(HAS_SHELL)("signed in with nobody watching", () => {
  it("from shell to shell: the key never leaves the job's host", async () => {
    const builder = newMachine();
    const machine = signedInMachine(async ({ words: [, , ...command], input }) => {
      const ran = await builder.bash(command.join(" "), [], {}, input);
      return { status: ran.status, output: ran.log };
    });
    const script = page.take("From shell to shell", "sh");
    const first = await machine.bash(script);
    expect(first.status, first.log).toBe(0);
    expect(JSON.parse(readFileSync(credentialsOf(builder), "utf8"))).toMatchObject({ email: EMAIL });
    expect(existsSync(join(machine.folder, "job.key"))).toBe(false);
    expectNoSecrets(first.log);

    // And again, as by the clock: the same key, the same account.
    const second = await machine.bash(script);
    expect(second.status, second.log).toBe(0);
  });

  it("on GitHub", async () => {
    const secrets: Record<string, string> = {};
    let job: Promise<JobResult> | undefined;
    const runner = newMachine();
    const machine = signedInMachine(({ words, input }) => {
      const command = words.join(" ");
      if (words.slice(0, 3).join(" ") === "gh secret set") secrets[`secrets.${words[3] ?? ""}`] = input;
      else if (command === "gh workflow run nightly.yml") {
        job = runGitHubJob(page.take("GitHub Actions", "yaml"), runner, secrets);
      } else return { status: 1, output: `unexpected: ${command}\n` };
      return DONE;
    });
    secrets["secrets.JOB_KEY"] = (await makeKey(machine)).trim();
    const ran = await machine.bash(page.take("GitHub Actions", "sh"));
    expect(ran.status, ran.log).toBe(0);
    await expectGoodJob(await job, runner, ran.log);
  });

  it("on GitLab", async () => {
    let url = "";
    let job: Promise<JobResult> | undefined;
    let key = "";
    const runner = newMachine();
    const machine = signedInMachine(({ words, input }) => {
      const command = words.join(" ");
      if (command === "glab variable update PAIRING_URL --protected") url = input;
      else if (command === "glab ci run --branch main") {
        const variables = { PAIRING_URL: url, JOB_KEY: fileVariable(runner, "JOB_KEY", key) };
        job = runGitLabJob(page.take("GitLab", "yaml"), runner, variables);
      } else return { status: 1, output: `unexpected: ${command}\n` };
      return DONE;
    });
    key = await makeKey(machine);
    const ran = await machine.bash(page.take("GitLab", "sh"));
    expect(ran.status, ran.log).toBe(0);
    await expectGoodJob(await job, runner, ran.log);
    expect(existsSync(join(runner.folder, "job.key"))).toBe(false);
  });

  it("and with another key than the pinned one: the job fails, and is not signed in", async () => {
    const secrets: Record<string, string> = {};
    let job: Promise<JobResult> | undefined;
    const runner = newMachine();
    const machine = signedInMachine(({ words, input }) => {
      if (words[1] === "secret") secrets[`secrets.${words[3] ?? ""}`] = input;
      else job = runGitHubJob(page.take("GitHub Actions", "yaml"), runner, secrets);
      return DONE;
    });
    await makeKey(machine);
    const stranger = newMachine();
    secrets["secrets.JOB_KEY"] = await makeKey(stranger);
    const ran = await machine.bash(page.take("GitHub Actions", "sh"));
    expect(ran.status).toBe(8);
    const refused = await job;
    expect(refused?.status).toBe(4);
    expect(existsSync(credentialsOf(runner))).toBe(false);
    expectNoSecrets(ran.log, refused?.log ?? "");
  });

  it("ends at once where the machine is not signed in itself", async () => {
    const machine = newMachine(() => ({ status: 1, output: "must not be asked\n" }));
    await makeKey(machine);
    const ran = await machine.bash(page.take("GitHub Actions", "sh"));
    expect(ran.status).not.toBe(0);
    expect(ran.log).toContain("Nobody is signed in");
    expect(ran.log).not.toContain("must not be asked");
  });

  async function expectGoodJob(
    job: JobResult | undefined,
    runner: Machine,
    machineLog: string,
  ): Promise<void> {
    expect(job?.status, job?.log).toBe(0);
    expect(job?.log).toContain(`"email":"${EMAIL}"`);
    expectNoSecrets(job?.log ?? "", machineLog);
    // Signed out, and nothing left of it.
    expect(existsSync(credentialsOf(runner))).toBe(false);
  }
});

describe.skipIf(!HAS_TERMINALS)(`signed in with somebody approving (${WHY_NOT})`, () => {
  const HEADING = "Signed in with somebody approving";
  const FINGERPRINT = /[0-9A-Z]{4}-[0-9A-Z]{5}-[0-9A-Z]{4}/;

  it("on GitHub: nothing is stored, and both sides show one fingerprint", async () => {
    const env = {
      FXA_PAIR_CONFIG_DIR: signedIn,
      FXA_PAIR_SERVER: world.accounts.url,
      FXA_PAIR_CHANNEL_SERVER: world.relay.url,
    };
    const terminal = new Terminal([], { command: page.take(HEADING, "sh", 0).trim(), env });
    // The whole line: what a terminal is sent may come in pieces.
    const [, code = "", ...drawn] = await terminal.shows(/^\W*(\d+-([a-z]+)-([a-z]+)-([a-z]+))\b.*\n/m);
    let job: Promise<JobResult> | undefined;
    const runner = newMachine();
    const machine = newMachine(({ words, input }) => {
      expect(words.join(" ")).toBe("gh workflow run approved.yml --json");
      const inputs = JSON.parse(input) as { code: string };
      job = runGitHubJob(page.take(HEADING, "yaml"), runner, { "inputs.code": inputs.code });
      return DONE;
    });
    const typed = await machine.bash(page.take(HEADING, "sh", 1), ["-e"], {}, `${code}\n`);
    expect(typed.status, typed.log).toBe(0);
    await terminal.answer(/Sign that device in to me@example\.com\?/, "y");
    const done = await job;
    expect(done?.status, done?.log).toBe(0);
    expect(done?.log).toContain(`"email":"${EMAIL}"`);
    const [fingerprint = "none"] = FINGERPRINT.exec(done?.log ?? "") ?? [];
    expect(terminal.text).toContain(fingerprint);
    // One word alone may be in the log by chance: "device" and "account" are on the list, too.
    for (const two of [drawn.slice(0, 2), drawn.slice(1)]) {
      expect(done?.log).not.toMatch(new RegExp(two.join("\\W+")));
    }
    expectNoSecrets(done?.log ?? "");
    expect(existsSync(credentialsOf(runner))).toBe(false);
    await terminal.shows(/Done: the new device is signed in\./);
  });
});

describe.runIf(HAS_SHELL)("using the sign-in", () => {
  it("reads the credentials back as shell variables", async () => {
    const machine = newMachine();
    const urlFile = join(machine.folder, "url.txt");
    const options = ["--config-dir", signedIn, "--yes", "--json", "--url-out", urlFile];
    const host = start(["host", ...world.servers, ...options]);
    await host.event("channel");
    const ran = await machine.bash(page.take("Using the sign-in", "sh"), ["-eu"]);
    expect(ran.status, ran.log).toBe(0);
    expect(ran.log).toMatch(/^signed in: [0-9a-f]{32}$/m);
    expect(await host.exit).toBe(0);
    expect(existsSync(machine.configFolder)).toBe(false);
  });
});

describe.runIf(HAS_SHELL)("the page", () => {
  it("has no code that was not run", () => {
    const skipped = HAS_TERMINALS ? [] : page.blocksUnder("Signed in with somebody approving");
    expect(page.left.filter((code) => !skipped.includes(code))).toEqual([]);
  });
});
