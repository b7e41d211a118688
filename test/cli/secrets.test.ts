/** Where secrets may be: not in the process list, in files that are the user's alone, on no connection but the right ones. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, watch, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { joinChannel } from "../../src/channel/pairing-channel.ts";
import { addGlobalOptions } from "../../src/commands/global-options.ts";
import { COMMANDS } from "../../src/commands/index.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { noProxy } from "../../src/network/proxies.ts";
import { parsePairingUrl } from "../../src/pairing/pairing-url.ts";
import { cleanUp, run, start, temporaryFolder } from "./harness.ts";
import { startImpostor } from "./impostor.ts";
import { HAS_STRACE, NO_STRACE, traced } from "./strace.ts";
import { createWorld, EMAIL, PASSWORD, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const TOKEN_END = "/auth/v1/oauth/destroy";
const SESSION_END = "/auth/v1/session/destroy";

let world: World;

beforeAll(async () => {
  world = await createWorld();
});

afterEach(() => {
  world.accounts.faults.clear();
});

afterAll(async () => {
  await cleanUp();
  await world.close();
});

const joinArgs = (...extra: string[]) => [
  ...["join", ...world.servers, "--config-dir", world.newFolder()],
  ...["--yes", "--expect-email", EMAIL, ...extra],
];

describe("the command line", () => {
  it("takes no password and no token as an option's value", async () => {
    const valued: string[] = [];
    for (const { name, load } of COMMANDS) {
      const command = addGlobalOptions(new Command(name));
      (await load()).define(command);
      for (const option of command.options) {
        if (option.required || option.optional) valued.push(option.name());
      }
    }
    expect(valued.filter((name) => /pass|secret|token|cookie/.test(name))).toEqual([]);
  });

  it.each<[string, () => string[], RegExp]>([
    ["a URL", () => joinArgs(`${world.accounts.url}/pair#channel_id=x&channel_key=y`), /standard input/],
    [
      "a code",
      () => ["login", ...world.servers, "--email", EMAIL, "--totp", "123456", "--password-stdin"],
      /a code .* left out, it is asked for/,
    ],
  ])("is no place for %s, and it says so in a line", async (_name, args, words) => {
    const { stderr } = await run(args(), { env: { FXA_PAIR_CONFIG_DIR: world.newFolder() } });
    const warnings = stderr.split("\n").filter((line) => line.includes("command line can be seen"));
    expect(warnings).toEqual([expect.stringMatching(words)]);
  });
});

describe("the pairing URL in files", () => {
  it.each<[string, string[], (url: string, kill: () => void) => unknown]>([
    ["a device used it", [], (url) => run(joinArgs("-"), { input: url })],
    [
      "its key was wrong",
      [],
      (url) => run(joinArgs("-"), { input: url.replace(/key=.{42}/, `key=${"B".repeat(42)}`) }),
    ],
    ["nobody came in time", ["--timeout", "1"], () => undefined],
    [
      "it was interrupted",
      [],
      (_url, kill) => {
        kill();
      },
    ],
  ])("is gone from all of them once %s", async (_name, extra, then) => {
    const folder = temporaryFolder();
    const paths = ["url", "code.png"].map((name) => join(folder, name));
    const [urlFile = "", picture = ""] = paths;
    const args = ["host", ...world.servers, "--config-dir", await world.hostFolder(), "--json", "--yes"];
    const host = start([...args, "--url-out", urlFile, "--qr-out", picture, ...extra]);
    expect(await host.event("channel")).not.toHaveProperty("url");
    const url = existsSync(urlFile) ? readFileSync(urlFile, "utf8") : "";
    if (extra.length === 0) for (const path of paths) expect(statSync(path).mode & 0o777).toBe(0o600);
    await then(url, () => {
      host.kill("SIGINT");
    });
    await host.exit;
    for (const path of paths) expect(existsSync(path), path).toBe(false);
    expect(host.stdout + host.stderr).not.toMatch(/channel_key/);
  });
});

it("S3: the pairing URL is gone from its files as soon as a device has used it", async () => {
  const folder = temporaryFolder();
  const [urlFile, picture] = [join(folder, "url"), join(folder, "code.png")];
  const args = ["host", ...world.servers, "--config-dir", await world.hostFolder(), "--json", "--yes"];
  const host = start([...args, "--url-out", urlFile, "--qr-out", picture]);
  await host.event("channel");
  const { channelId, channelKey } = parsePairingUrl(readFileSync(urlFile, "utf8"));
  const relay = { relayUrl: world.relay.url, userAgent: "test", proxyFor: noProxy };
  const system = { clock: systemClock, random: systemRandom };
  // It says nothing, so that the host goes on waiting.
  const channel = await joinChannel({ ...relay, ...system, channelId, channelKey });
  for (const path of [urlFile, picture])
    await expect.poll(() => existsSync(path), { timeout: 20_000 }).toBe(false);
  expect(host.events.map(({ event }) => event)).toEqual(["channel"]);
  await channel.close();
  await host.exit;
});

describe.skipIf(process.platform === "win32")("files with secrets", () => {
  it("are refused where somebody has planted a link or a pipe", async () => {
    const folder = temporaryFolder();
    const target = join(folder, "target");
    writeFileSync(target, "untouched");
    const [link, pipe] = [join(folder, "link"), join(folder, "pipe.png")];
    symlinkSync(target, link);
    expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
    const args = [
      "host",
      ...world.servers,
      "--config-dir",
      await world.hostFolder(),
      "--yes",
      "--timeout",
      "5",
    ];
    for (const where of [
      ["--url-out", link],
      ["--qr-out", pipe],
    ]) {
      expect((await run([...args, ...where])).status, where[0]).toBe(2);
    }
    expect(readFileSync(target, "utf8")).toBe("untouched");
    // The place of credentials is taken over, and what the link pointed at left alone.
    const { url } = await world.host();
    expect((await run(joinArgs("--out", link, "-"), { input: url })).status).toBe(0);
    expect(readFileSync(target, "utf8")).toBe("untouched");
    expect(statSync(link).mode & 0o777).toBe(0o600);
  });

  it.skipIf(!HAS_STRACE)(`never have a wider mode, whatever the umask (${NO_STRACE})`, async () => {
    const folder = temporaryFolder();
    const log = join(folder, "trace");
    const home = join(folder, "home", "config");
    const { url } = await world.host();
    const [out, key] = [join(folder, "out.json"), join(folder, "key.json")];
    const join_ = [
      "join",
      ...world.servers,
      "--config-dir",
      join(folder, "joined"),
      "--yes",
      "--key",
      key,
      "-",
    ];
    const login = ["login", "--server", world.accounts.url, "--config-dir", home, "--email", EMAIL];
    const picture = join(folder, "code.png");
    const host = ["host", ...world.servers, "--config-dir", home, "--yes", "--timeout", "1"];
    const runs: [readonly string[], string][] = [
      [[...login, "--password-stdin"], PASSWORD],
      [[...join_, "--out", out], url],
      [[...host, "--qr-out", picture, "--url-out", join(folder, "url")], ""],
    ];
    for (const [args, input] of runs) {
      const trace = "openat,open,creat,mkdir,mkdirat,chmod,fchmod,fchmodat,link,linkat,symlink";
      await traced(args, input, ["-A", "-o", log, "-e", `trace=${trace}`], "umask 000;");
    }
    const calls = readFileSync(log, "utf8")
      .split("\n")
      .filter((line) => line.includes(folder) && !/ENOENT|EEXIST/.test(line));
    const made = calls.filter((line) => /O_CREAT|mkdir/.test(line));
    expect(made.length).toBeGreaterThanOrEqual(5);
    for (const line of made) {
      if (line.includes("mkdir")) expect(line).toMatch(/, 0700\)/);
      else expect(line).toMatch(/O_CREAT\|O_EXCL.*, 0600\)/);
    }
    for (const line of calls.filter((call) => call.includes("chmod"))) expect(line).toMatch(/0[67]00\)/);
  });
});

/** What is in a file, once there is a whole line in it. */
function contentOf(path: string): Promise<string> {
  return new Promise((resolve) => {
    const look = () => {
      const text = existsSync(path) ? readFileSync(path, "utf8") : "";
      if (!text.endsWith("\n")) return;
      watcher.close();
      resolve(text);
    };
    const watcher = watch(dirname(path)).on("change", look);
    look();
  });
}

describe("logout", () => {
  it("ends token and session on the server, then forgets", async () => {
    const folder = await world.hostFolder();
    const counts = () => [TOKEN_END, SESSION_END].map((path) => world.accounts.requests.count(path));
    const before = counts();
    expect((await run(["logout", "--config-dir", folder])).status).toBe(0);
    expect(counts()).toEqual(before.map((count) => count + 1));
    expect(storedCredentials(folder)).toBeUndefined();
  });

  it("forgets nothing while the server cannot be told, unless it is forced, and then says what lives on", async () => {
    world.accounts.faults.add({ path: SESSION_END, fault: { kind: "unavailable" } });
    const folder = await world.hostFolder();
    const kept = await run(["logout", "--config-dir", folder]);
    expect(kept).toMatchObject({ status: 6 });
    expect(kept.stderr).toMatch(/session/);
    expect(storedCredentials(folder)).toBeDefined();
    const forced = await run(["logout", "--force", "--config-dir", folder]);
    expect(forced).toMatchObject({ status: 0 });
    expect(forced.stderr).toMatch(/forgotten here only.*may still accept.*session/);
    expect(storedCredentials(folder)).toBeUndefined();
  });
});

describe("nobody else is told anything", () => {
  it("avatars and links in names of a peer are not fetched", async () => {
    let visits = 0;
    const trap = createServer((_request, response) => {
      visits++;
      response.end();
    });
    trap.listen(0, "127.0.0.1");
    await once(trap, "listening");
    const link = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/`;
    const impostor = await startImpostor(world.accounts.url, world.relay.url, {
      name: link,
      avatar: `${link}a.png`,
    });
    const args = ["join", ...world.servers, "--config-dir", world.newFolder(), "--json", "--yes", "-"];
    const fooled = start(args, { input: impostor.url });
    expect(await fooled.event("metadata")).toMatchObject({ displayName: link });
    fooled.kill("SIGINT");
    await fooled.exit;
    await impostor.close();
    expect(visits).toBe(0);
    trap.close();
  });

  it.skipIf(!HAS_STRACE)(
    `servers of this account apart, no address is connected to and no process started (${NO_STRACE})`,
    async () => {
      const folder = temporaryFolder();
      const home = join(folder, "home");
      mkdirSync(home, { mode: 0o700 });
      const urlFile = join(folder, "url");
      const tracing = (name: string) => ["-o", join(folder, name), "-e", "trace=connect,execve"];
      const login = ["login", "--server", world.accounts.url, "--config-dir", home, "--email", EMAIL];
      await traced([...login, "--password-stdin"], PASSWORD, tracing("login"));
      const host = ["host", ...world.servers, "--config-dir", home, "--yes", "--url-out", urlFile];
      const hosting = traced(host, "", tracing("host"));
      const url = await contentOf(urlFile);
      await traced(joinArgs("-"), url, tracing("join"));
      await hosting;
      const known = [world.accounts.url, world.relay.url].map((url) => new URL(url).port).sort();
      for (const name of ["login", "host", "join"]) {
        const text = readFileSync(join(folder, name), "utf8");
        // Files of this machine (a name service's, say) are no network.
        const connections = text.split("\n").filter((line) => /connect\(.*AF_INET/.test(line));
        const ports = new Set(connections.map((line) => /htons\((\d+)\)/.exec(line)?.[1]));
        for (const line of connections) expect(line).toMatch(/127\.0\.0\.1/);
        expect([...ports].sort()).toEqual(name === "login" ? [new URL(world.accounts.url).port] : known);
        // The program itself.
        expect(text.match(/execve\(/g)).toHaveLength(1);
      }
    },
  );
});
