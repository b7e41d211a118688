/** Where an option's value comes from, and that the help tells the truth. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/commands/index.ts";
import { qrPng } from "../../src/qr/encode.ts";
import { cleanUp, run, start, temporaryFolder } from "./harness.ts";
import { closeTerminals, CTRL_C, HAS_TERMINALS, Terminal, WHY_NOT } from "./pty.ts";
import { createWorld, EMAIL, PASSWORD, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const NAMES = COMMANDS.map(({ name }) => name);
const A_URL = `https://nowhere.example/pair#channel_id=${"A".repeat(22)}&channel_key=${"A".repeat(43)}`;

let world: World;

beforeAll(async () => {
  world = await createWorld();
});

afterAll(async () => {
  await closeTerminals();
  await cleanUp();
  await world.close();
});

/** A config directory with these settings; text is written as it is. */
function folderWith(config: unknown): string {
  const folder = temporaryFolder();
  const text = typeof config === "string" ? config : JSON.stringify(config);
  writeFileSync(join(folder, "config.json"), text);
  return folder;
}

/** The accounts server that `join` holds a URL of another one against; nothing is connected for that. */
async function serverInForce(args: readonly string[], env: Record<string, string>): Promise<string> {
  const { status, stderr } = await run(["join", "--yes", ...args, "-"], { env, input: A_URL });
  expect(status).toBe(9);
  return / not for (\S+?)\.\n/.exec(stderr)?.[1] ?? stderr;
}

describe("an option's value", () => {
  const flag = ["--server", "https://flag.example"];
  const FXA_PAIR_SERVER = "https://environment.example";
  const config = { server: "https://file.example" };

  it.each<[string, unknown, Record<string, string>, readonly string[], string]>([
    ["the flag's", config, { FXA_PAIR_SERVER }, flag, "flag.example"],
    ["the environment's without a flag", config, { FXA_PAIR_SERVER }, [], "environment.example"],
    ["the file's without either", config, {}, [], "file.example"],
    ["the file's where the variable is empty", config, { FXA_PAIR_SERVER: "" }, [], "file.example"],
    ["the default where nobody says", {}, {}, [], "accounts.firefox.com"],
    ["a name's server", { server: "stage" }, {}, [], "accounts.stage.mozaws.net"],
  ])("is %s", async (_name, file, env, args, server) => {
    expect(await serverInForce(["--config-dir", folderWith(file), ...args], env)).toBe(server);
  });

  it("counts before the command's name as after it", async () => {
    const { status, stderr } = await run([...flag, "join", "--yes", "-"], { input: A_URL });
    expect([status, stderr]).toEqual([9, expect.stringContaining("flag.example")]);
  });

  it("is looked for in the config directory that the flag, else the environment names", async () => {
    const FXA_PAIR_CONFIG_DIR = folderWith(config);
    const folder = folderWith({ server: "https://other.example" });
    expect(await serverInForce([], { FXA_PAIR_CONFIG_DIR })).toBe("file.example");
    expect(await serverInForce(["--config-dir", folder], { FXA_PAIR_CONFIG_DIR })).toBe("other.example");
    const home = temporaryFolder();
    mkdirSync(join(home, "fxa-pair"));
    writeFileSync(join(home, "fxa-pair", "config.json"), JSON.stringify(config));
    if (process.platform === "linux")
      expect(await serverInForce([], { XDG_CONFIG_HOME: home })).toBe("file.example");
  });

  it("may be a number or a switch in the file", async () => {
    const folder = await world.hostFolder();
    writeFileSync(join(folder, "config.json"), JSON.stringify({ timeout: 1, json: true, quiet: true }));
    const ended = await run(["host", ...world.servers, "--config-dir", folder, "--yes"]);
    expect(ended.status).toBe(5);
    const events = ended.stdout.trim().split("\n");
    expect(events.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(["channel", "error"]);
    expect(ended.stderr).not.toMatch(/Opening a channel/);
  });

  it("may be a list in the environment and in the file", async () => {
    const OTHER_CLIENT = "3c49430b43dfba77";
    for (const given of ["environment", "file"]) {
      const folder = await world.hostFolder();
      const names = [OTHER_CLIENT, "ffffffffffffffff"];
      if (given === "file")
        writeFileSync(join(folder, "config.json"), JSON.stringify({ "allow-client": names }));
      const env = given === "environment" ? { FXA_PAIR_ALLOW_CLIENT: names.join(" ") } : {};
      const host = start(["host", ...world.servers, "--config-dir", folder, "--json", "--yes"], { env });
      const { url } = await host.event("channel");
      const joining = ["join", ...world.servers, "--config-dir", world.newFolder(), "--yes"];
      const joined = start([...joining, "--client-id", OTHER_CLIENT, "-"], { input: String(url) });
      expect(await host.event("request")).toMatchObject({ clientId: OTHER_CLIENT });
      await Promise.all([host.exit, joined.exit]);
    }
  });

  it.each([
    ["FXA_PAIR_JSON", "maybe"],
    ["FXA_PAIR_TIMEOUT", "soon"],
    ["FXA_PAIR_EXPECT_EMAIL", "nobody"],
  ])("that makes no sense is a usage error, %s=%s", async (variable, value) => {
    const env = { [variable]: value };
    const ended = await run(["join", "--yes", "-"], { env, input: A_URL });
    expect(ended.status).toBe(2);
    const option = variable.slice("FXA_PAIR_".length).toLowerCase().replaceAll("_", "-");
    expect(ended.stderr).toMatch(new RegExp(`${variable}|--${option}`));
  });
});

describe("--yes", () => {
  it.each(["host", "join"])("of %s counts on the command line only", async (command) => {
    const folder = await world.hostFolder();
    const args = [command, ...world.servers, "--config-dir", folder];
    const ended = await run(args, { env: { FXA_PAIR_YES: "1" } });
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(/--yes/);
    writeFileSync(join(folder, "config.json"), JSON.stringify({ yes: true }));
    expect((await run(args)).status).toBe(2);
  });
});

describe("a config.json", () => {
  it.each([
    ["that is not JSON", "{ server: stage }", /is not JSON/],
    ["that is empty", "", /is not JSON/],
    ["that is no object", [1], /config\.json/],
    ["with an object in it", { server: { url: "x" } }, /object/],
    ["with a name that no option has", { sever: "stage" }, /unknown name \(sever\)/],
    ["with a value of the wrong kind", { server: true }, /--server/],
    ["with a wrong value", { timeout: -1 }, /--timeout/],
  ])("%s is a usage error that names what is wrong", async (_name, config, words) => {
    const folder = folderWith(config);
    const ended = await run(["join", "--yes", "--config-dir", folder, "-"], { input: A_URL });
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(words);
    expect(ended.stderr).toMatch(words.source.startsWith("--") ? /--help/ : new RegExp(folder));
  });
});

describe("--version and --help", () => {
  it("tell the version, alone", async () => {
    const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
    const { version } = JSON.parse(text) as { version: string };
    for (const args of [["--version"], ["-V"], ["status", "--version"]]) {
      expect(await run(args)).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: "" });
    }
  });

  it("list every command", async () => {
    const { status, stdout } = await run(["--help"]);
    expect(status).toBe(0);
    for (const name of NAMES) expect(stdout).toMatch(new RegExp(`^  ${name} +\\S`, "m"));
  });

  it.each([[[]], [["help", "nothing"]], [["frobnicate"]]])("are what %j is sent to", async (args) => {
    const ended = await run(args);
    expect(ended.status).toBe(2);
    expect(ended.stdout).toBe("");
    expect(ended.stderr).toMatch(/fxa-pair: .*[^.]\.\n {2}.*--help/);
  });

  it.each(NAMES)("of %s names each option, on lines for people", async (name) => {
    // Neither the configuration nor the network is needed for that.
    const { status, stdout, stderr } = await run([name, "--help", "--config-dir", folderWith("broken")]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Usage: fxa-pair ${name}`);
    const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)(.*)$/gm)];
    expect(options.map(([, long]) => long)).toEqual(
      expect.arrayContaining(["--server", "--channel-server", "--config-dir", "--json", "--quiet", "--help"]),
    );
    for (const [line, , rest] of options) expect(rest, line).toMatch(/ {2,}\S|^ <.*>$/);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).not.toMatch(/password <|NODE_TLS|insecure/i);
    expect(await run(["help", name])).toMatchObject({ status: 0, stdout });
  });
});

describe.skipIf(!HAS_TERMINALS)(`the examples in the help (${WHY_NOT})`, () => {
  /** What a command says when its example has been understood, and what then ends it. */
  const UNDERSTOOD: Record<string, RegExp> = {
    host: /Only (?:scan|type) this yourself|Did you start this sign-in/,
    join: /Only scan this yourself|Sign this device in to|Connecting to the other device|Done: signed in/,
    relay: / listening |^max-exchanges .*RELAY_MAX_EXCHANGES/m,
    login: /E-mail: |Signing in/,
    devices: / this device|"event":"devices"|Remove "another" \(desktop\)/,
    sandbox: /sandbox is up|"event":"ready"|tests were run/,
  };

  /** A folder of a device that is signed in, with everything that the command's examples name. */
  async function workplace(
    name: string,
  ): Promise<{ folder: string; env: Record<string, string>; anotherId: string }> {
    const folder = temporaryFolder();
    const env = {
      FXA_PAIR_SERVER: world.accounts.url,
      FXA_PAIR_CHANNEL_SERVER: world.relay.url,
      FXA_PAIR_CONFIG_DIR: join(folder, "config"),
      FXA_PAIR_RELAY_HOST: "127.0.0.1",
      FXA_PAIR_RELAY_PORT: "0",
    };
    const login = await run(["login", "--email", EMAIL, "--password-stdin"], { env, input: PASSWORD });
    expect(login.status, login.stderr).toBe(0);
    const url = name === "join" ? (await world.host()).url : A_URL;
    // What host scans was made by a new device, and names the server that host is signed in at.
    const picture =
      name === "host"
        ? `${world.accounts.url}/pair${new URL(A_URL).hash}&mode=reverse&fp=0123456789ABC`
        : url;
    if (name === "join") writeFileSync(join(folder, "url.txt"), url);
    writeFileSync(join(folder, "photo.png"), await qrPng(picture));
    writeFileSync(join(folder, "password.txt"), PASSWORD);
    writeFileSync(join(folder, "package.json"), '{ "scripts": { "test": "echo tests were run" } }');
    return { folder, env, anotherId: name === "devices" ? await anotherDevice(env) : "" };
  }

  /** Signs another device in, and returns its id. */
  async function anotherDevice(env: Record<string, string>): Promise<string> {
    const other = { ...env, FXA_PAIR_CONFIG_DIR: join(temporaryFolder(), "config") };
    const args = ["login", "--email", EMAIL, "--password-stdin", "--device-name", "another"];
    expect((await run(args, { env: other, input: PASSWORD })).status).toBe(0);
    return String(storedCredentials(other.FXA_PAIR_CONFIG_DIR)?.deviceId);
  }

  async function examplesOf(name: string): Promise<string[]> {
    const { stdout } = await run([name, "--help"]);
    return [...stdout.matchAll(/^ {2}\$ (.+)$/gm)].map(([, example = ""]) => example);
  }

  it.each(NAMES)("of %s work as they are written", { timeout: 60_000 }, async (name) => {
    const examples = await examplesOf(name);
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const example of examples) {
      const { folder, env, anotherId } = await workplace(name);
      const command = example
        .replace("<id>", anotherId)
        .replace("<thumbprint>", "A".repeat(43))
        .replace("me@example.com", EMAIL)
        .replace("--port 8001", "--port 0");
      const terminal = new Terminal([], { command, folder, env });
      const understood = UNDERSTOOD[name];
      if (understood !== undefined) {
        await terminal.shows(understood);
        terminal.type(CTRL_C);
      }
      // Whatever else it may end with: 2 is a command line that is not understood, 1 is a bug.
      expect([0, 130], `${example}\n${terminal.text}`).toContain(await terminal.exit);
    }
  });
});
