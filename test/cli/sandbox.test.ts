/** `fxa-pair sandbox`: a world for a command to run in, which is gone with it. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { cleanUp, PROGRAM, run, start, temporaryFolder } from "./harness.ts";
import { storedCredentials } from "./world.ts";

afterAll(cleanUp);

/** Runs a script of JavaScript in a sandbox. */
function runInside(script: string, extra: readonly string[] = [], env: Record<string, string> = {}) {
  return run(["sandbox", ...extra, "--", process.execPath, "-e", script], { env });
}

const HTTP_LOOPBACK = /^http:\/\/127\.0\.0\.1:\d+$/;
const WS_LOOPBACK = /^ws:\/\/127\.0\.0\.1:\d+$/;

function answersAt(host: string, port: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}

describe("the command", () => {
  it("gets the environment, and its folder is gone afterwards", async () => {
    const ended = await runInside(
      `const {readdirSync} = require("node:fs");
       const variables = Object.entries(process.env).filter(([name]) => name.startsWith("FXA_PAIR_"));
       const files = readdirSync(process.env.FXA_PAIR_CONFIG_DIR);
       console.log(JSON.stringify({ variables: Object.fromEntries(variables), files }));`,
    );
    expect(ended.status, ended.stderr).toBe(0);
    const { variables, files } = JSON.parse(ended.stdout) as {
      variables: Record<string, string>;
      files: string[];
    };
    expect(Object.keys(variables).sort()).toEqual([
      "FXA_PAIR_CHANNEL_SERVER",
      "FXA_PAIR_CONFIG_DIR",
      "FXA_PAIR_EMAIL",
      "FXA_PAIR_SANDBOX_PASSWORD",
      "FXA_PAIR_SERVER",
    ]);
    expect(variables.FXA_PAIR_SERVER).toMatch(HTTP_LOOPBACK);
    expect(variables.FXA_PAIR_CHANNEL_SERVER).toMatch(WS_LOOPBACK);
    expect(files).toEqual([]);
    expect(existsSync(variables.FXA_PAIR_CONFIG_DIR ?? "")).toBe(false);
  });

  it.each([
    ["0", "", 0],
    ["7", "process.exit(7)", 7],
    ["an uncaught error", "throw new Error('x')", 1],
  ])("has its exit status passed on: %s", async (_name, script, status) => {
    expect((await runInside(script)).status).toBe(status);
  });

  it.skipIf(process.platform === "win32").each([
    ["SIGTERM", 143],
    ["SIGKILL", 137],
    ["SIGINT", 130],
  ])("has its death by %s told as a status", async (signal, status) => {
    const ended = await runInside(`process.kill(process.pid, "${signal}"); setInterval(() => {}, 1000)`);
    expect(ended.status).toBe(status);
  });

  it("has its arguments, streams and options to itself", async () => {
    const script = `process.stdin.pipe(process.stderr); console.log(JSON.stringify(process.argv.slice(1)))`;
    const args = ["sandbox", "--", process.execPath, "-e", script, "--", "--json", "--yes", "a b"];
    const ended = await run(args, { input: "what was typed" });
    expect(ended.status, ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toEqual(["--json", "--yes", "a b"]);
    expect(ended.stderr).toContain("what was typed");
  });

  it.each([
    [join(temporaryFolder(), "no-such-command"), /no such command/],
    [temporaryFolder(), /could not be started/],
  ])("that cannot be started is a usage error", async (command, words) => {
    const ended = await run(["sandbox", "--", command]);
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(words);
  });

  it.skipIf(process.platform === "win32")("is told to end when the sandbox is", async () => {
    const script = `process.on("SIGTERM", () => process.exit(9)); setInterval(() => {}, 1000); console.log("up")`;
    const sandbox = start(["sandbox", "--", process.execPath, "-e", script]);
    await sandbox.prints(/up/);
    sandbox.kill("SIGTERM");
    expect(await sandbox.exit).toBe(9);
  });
});

describe("a sandbox without a command", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("tells what it has, and stays up until %s", async (signal) => {
    const sandbox = start(["sandbox", "--json"]);
    const ready = await sandbox.event("ready");
    const { time, env, ...rest } = ready as typeof ready & { env: Record<string, string> };
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(rest).toEqual({
      event: "ready",
      server: expect.stringMatching(HTTP_LOOPBACK) as unknown,
      channelServer: expect.stringMatching(WS_LOOPBACK) as unknown,
      email: "sandbox@example.com",
      password: expect.stringMatching(/^\S{8,}$/) as unknown,
    });
    expect(env).toEqual({
      FXA_PAIR_SERVER: rest.server,
      FXA_PAIR_CHANNEL_SERVER: rest.channelServer,
      FXA_PAIR_EMAIL: rest.email,
      FXA_PAIR_CONFIG_DIR: expect.any(String) as unknown,
    });
    const folder = env.FXA_PAIR_CONFIG_DIR ?? "";
    expect(readdirSync(folder)).toEqual([]);
    // It serves: discovery names its own relay.
    const discovery = await fetch(`${String(ready.server)}/.well-known/fxa-client-configuration`);
    expect(await discovery.json()).toMatchObject({ pairing_server_base_uri: ready.channelServer });

    sandbox.kill(signal);
    expect(await sandbox.exit).toBe(0);
    expect(existsSync(folder)).toBe(false);
    expect(sandbox.events).toHaveLength(1);
  });

  // All of 127.0.0.0/8 is this machine there: who listens on every address answers at the next one, too.
  it.skipIf(process.platform !== "linux")("A6: is at one address of this machine alone", async () => {
    const sandbox = start(["sandbox", "--json"]);
    const { server, channelServer } = await sandbox.event("ready");
    for (const url of [server, channelServer]) {
      const { hostname, port } = new URL(String(url));
      expect([hostname, await answersAt("127.0.0.1", port)]).toEqual(["127.0.0.1", true]);
      expect(await answersAt("127.0.0.2", port)).toBe(false);
    }
    sandbox.kill("SIGTERM");
    await sandbox.exit;
  });

  it("prints lines that a shell can take over", async () => {
    const sandbox = start(["sandbox"]);
    await sandbox.prints(/^export FXA_PAIR_CONFIG_DIR=/m);
    for (const words of [/^Password: +\S+$/m, /^export FXA_PAIR_SERVER=http:\S+$/m]) {
      expect(sandbox.stdout).toMatch(words);
    }
    sandbox.kill("SIGTERM");
    await sandbox.exit;
  });

  it("is where a device logs in by the given environment, and signs in another", async () => {
    const sandbox = start(["sandbox", "--json"]);
    const { env: given, password } = await sandbox.event("ready");
    const env = given as Record<string, string>;
    const desktop = env.FXA_PAIR_CONFIG_DIR ?? "";
    const login = await run(["login", "--password-stdin"], { env, input: String(password) });
    expect(login.status, login.stderr).toBe(0);
    expect(storedCredentials(desktop)).toMatchObject({
      email: env.FXA_PAIR_EMAIL,
      server: env.FXA_PAIR_SERVER,
    });

    const host = start(["host", "--json", "--yes"], { env });
    const { url } = await host.event("channel");
    const laptop = temporaryFolder();
    const joining = ["join", "--yes", "--config-dir", laptop, "-"];
    const joined = await run(joining, { env, input: String(url) });
    expect(joined.status, joined.stderr).toBe(0);
    expect(await host.exit).toBe(0);
    expect(storedCredentials(laptop)?.keys).toEqual(storedCredentials(desktop)?.keys);

    sandbox.kill("SIGTERM");
    expect(await sandbox.exit).toBe(0);
    expect(existsSync(desktop)).toBe(false);
  });
});

describe.skipIf(process.platform === "win32")("the user's own credentials", () => {
  it("are not opened", async () => {
    const home = temporaryFolder();
    const folder = join(home, "fxa-pair");
    mkdirSync(folder, { mode: 0o700 });
    // Whoever opened this would wait for ever, or find that it is no file.
    const trap = join(folder, "credentials.json");
    expect(spawnSync("mkfifo", ["-m", "600", trap]).status).toBe(0);
    const env = { XDG_CONFIG_HOME: home, XDG_DATA_HOME: home };
    const outside = await run(["status", "--config-dir", folder], { env });
    expect(outside.status).not.toBe(0);
    const inside = await run(["sandbox", "--", process.execPath, PROGRAM, "status"], { env });
    expect(inside.status, inside.stderr).toBe(0);
    expect(inside.stdout).toBe("Not signed in.\n");
  });

  it("stay out of the sandbox, where the environment names them", async () => {
    const folder = temporaryFolder();
    for (const name of ["credentials.json", "config.json"]) {
      writeFileSync(join(folder, name), "not to be read", { mode: 0o600 });
    }
    const env = { FXA_PAIR_CONFIG_DIR: folder };
    const inside = await run(["sandbox", "--", process.execPath, PROGRAM, "status"], { env });
    expect(inside.status, inside.stderr).toBe(0);
    expect(inside.stdout).toBe("Not signed in.\n");
  });
});
