/** Small mistakes and bad luck around a command: nothing secret is repeated, nothing hangs, nothing is lost in silence. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/commands/index.ts";
import { SETTINGS } from "../../src/commands/flags.ts";
import { addGlobalOptions } from "../../src/commands/global-options.ts";
import { Command } from "commander";
import { cleanUp, run, start, temporaryFolder } from "./harness.ts";
import { createWorld, EMAIL } from "./world.ts";
import type { World } from "./world.ts";

const CANARY = "C4n4ry".repeat(7) + "A";

let world: World;

beforeAll(async () => {
  world = await createWorld();
});

afterAll(async () => {
  await cleanUp();
  await world.close();
});

/** A config directory with this `config.json`. */
function folderWith(config: unknown): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  return folder;
}

describe("a mistyped command line", () => {
  it.each([
    ["a URL without its command", [`https://accounts.firefox.com/pair#channel_id=x&channel_key=${CANARY}`]],
    ["a password as an option's value", ["login", `--password=${CANARY}`, "--json"]],
    ["a code to type without its command", [`12-apple-${CANARY}`]],
    ["a URL where a picture belongs", ["qr", `https://accounts.firefox.com/pair#channel_key=${CANARY}`]],
  ])("does not repeat %s", async (_name, args) => {
    const ended = await run(args);
    expect(ended.status).not.toBe(0);
    expect(ended.stdout + ended.stderr).not.toContain(CANARY);
  });

  it("names a misspelt option, and the one that was perhaps meant", async () => {
    const ended = await run(["join", "--expect-emial", "x"]);
    expect(ended).toMatchObject({ status: 2 });
    expect(ended.stderr).toMatch(/--expect-emial[^]*--expect-email/);
  });
});

describe.skipIf(process.platform === "win32")("a user without a home folder", () => {
  const env = { HOME: "", XDG_CONFIG_HOME: "" };

  it("is told what to set", async () => {
    const ended = await run(["status"], { env });
    expect(ended).toMatchObject({ status: 2, stdout: "" });
    expect(ended.stderr).toMatch(/no home folder[^]*Set HOME[^]*--config-dir/);
    const { events } = await run(["status", "--json"], { env });
    expect(events).toMatchObject([{ event: "error", code: "usage" }]);
  });

  it.each([
    ["another folder", ["status", "--config-dir", "/nonexistent"]],
    ["help", ["--help"]],
    ["a completion script", ["completion", "bash"]],
    ["a relay", ["relay", "--check"]],
  ])("needs none for %s", async (_name, args) => {
    expect(await run(args, { env })).toMatchObject({ status: 0 });
  });

  it.skipIf(process.platform === "darwin")("needs none where settings are kept elsewhere", async () => {
    expect(await run(["status"], { env: { HOME: "" } })).toMatchObject({ status: 0 });
  });
});

describe("standard input", () => {
  it.each([
    ["login --password-stdin", () => ["login", "--email", EMAIL, "--password-stdin"]],
    ["login --session-token-stdin", () => ["login", "--session-token-stdin"]],
    ["join -", () => ["join", "--yes", "-"]],
    ["join --qr -", () => ["join", "--yes", "--qr", "-"]],
    ["qr -", () => ["qr", "-"]],
  ])("of %s can be interrupted", async (_name, args) => {
    const waiting = start([
      ...args(),
      "--config-dir",
      world.newFolder(),
      ...(args()[0] === "qr" ? [] : ["--server", world.accounts.url]),
    ]);
    await waiting.says(/Reading standard input/);
    waiting.kill("SIGINT");
    expect(await waiting.exit).toBe(130);
  });

  it("is read no further than is sensible", async () => {
    const ended = await run(["login", "--email", EMAIL, "--password-stdin", "--server", world.accounts.url], {
      input: "x".repeat(1_000_000),
    });
    expect(ended).toMatchObject({ status: 2 });
  });
});

describe("standard output", () => {
  it("that nobody reads any more gets no credentials: they are given back", async () => {
    const { url } = await world.host();
    const destroyed = () => world.accounts.requests.count("/auth/v1/oauth/destroy");
    const before = destroyed();
    const args = ["join", ...world.servers, "--config-dir", world.newFolder(), "--yes", "--out", "-", "-"];
    const joining = start(args, { input: url });
    joining.child.stdout.destroy();
    expect(await joining.exit).toBe(2);
    expect(destroyed() - before).toBe(1);
  });
});

describe("settings", () => {
  it("of every command are known by name", async () => {
    const names = new Set<string>();
    for (const { name, load } of COMMANDS) {
      if (name === "relay" || name === "sandbox") continue;
      const command = addGlobalOptions(new Command(name));
      (await load()).define(command);
      for (const option of command.options) names.add(option.name());
    }
    names.delete("yes");
    names.delete("config-dir");
    expect([...SETTINGS].sort()).toEqual([...names].sort());
  });

  it("with a misspelt name are refused", async () => {
    const ended = await run(["status", "--config-dir", folderWith({ sever: "stage" })]);
    expect(ended).toMatchObject({ status: 2 });
    expect(ended.stderr).toContain("sever");
  });

  it("ask for JSON errors too", async () => {
    const ended = await run(["token", "--scope", "profile", "--config-dir", folderWith({ json: true })]);
    expect(ended.status).toBe(10);
    expect(JSON.parse(ended.stdout)).toMatchObject({ event: "error", code: "not_signed_in" });
  });

  it("of the user do not reach the sandbox", async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, "fxa-pair"));
    writeFileSync(join(home, "fxa-pair", "config.json"), "not JSON");
    const ended = await run(["sandbox", "--", process.execPath, "-e", "0"], {
      env: { XDG_CONFIG_HOME: home },
    });
    expect(ended).toMatchObject({ status: 0 });
  });

  it("take switches that start with no- from the environment", async () => {
    const ended = await run(["status", "--config-dir", world.newFolder()], {
      env: { FXA_PAIR_NO_COLOR: "1" },
    });
    expect(ended).toMatchObject({ status: 0, stdout: "Not signed in.\n" });
  });

  it("that another command needs do not contradict what was typed", async () => {
    const ended = await run(["join", "--yes", "-"], { input: "nonsense", env: { FXA_PAIR_QR: "half" } });
    expect(ended).toMatchObject({ status: 9 });
  });
});

describe("a file for the offer", () => {
  it("that is there already is neither overwritten nor removed", async () => {
    const folder = await world.hostFolder();
    const precious = join(folder, "precious.png");
    writeFileSync(precious, "a picture of somebody");
    const ended = await run([
      "host",
      ...world.servers,
      "--config-dir",
      folder,
      "--yes",
      "--qr-out",
      precious,
    ]);
    expect(ended).toMatchObject({ status: 2 });
    expect(readFileSync(precious, "utf8")).toBe("a picture of somebody");
  });
});
