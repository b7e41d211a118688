/**
 * Secrets stay out of all output: every command is run to its success and to its failures with secrets that are known
 * here, and whatever it prints is searched for them in every encoding.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../../src/accounts/faults.ts";
import type { AccountsServer } from "../../src/accounts/server.ts";
import { totp } from "../../src/accounts/totp.ts";
import { COMMANDS } from "../../src/commands/index.ts";
import { OLDSYNC_SCOPE, SESSION_SCOPE } from "../../src/oauth/scopes.ts";
import { quickStretchV1 } from "../../src/oauth/stretch.ts";
import { qrPng } from "../../src/qr/encode.ts";
import { Canaries } from "./canaries.ts";
import { FeignedRelay, ID } from "./feigned-relay.ts";
import { PATIENT, cleanUp, run, start, temporaryFolder } from "./harness.ts";
import type { Program } from "./harness.ts";
import { signInHere } from "./signed-in.ts";
import { createWorld, EMAIL, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const canaries = new Canaries();
const PASSWORD = canaries.add("the password", "Canary-Passwort äöü %41 'of' this account");
const WRONG_PASSWORD = canaries.add("a wrong password", "Canary-Wrong-Password-9#");
const WRONG_TOTP = canaries.add("a wrong authenticator's code", "80452791");
const WRONG_SESSION = canaries.add("a session token", "5e".repeat(16) + "c4".repeat(16));
const WRONG_REFRESH = canaries.add("a refresh token", "9d".repeat(16) + "a1".repeat(16));
const WRONG_KEY = canaries.add("a channel key", "Q0FOQVJZ-a_wrong_key_of_a_channel_0123456aA");
const PROXY_USER = canaries.add("the proxy's user", "canary-proxy-user");
const PROXY_PASSWORD = canaries.add("the proxy's password", "canary-proxy-p4ssword");
const KB = Buffer.alloc(32, "canary kB");
const TOTP_EMAIL = "totp@example.org";
const TOTP_SECRET = Buffer.from("canary authenticator");

const TOKEN = "/auth/v1/oauth/token";
const AUTHORIZATION = "/auth/v1/oauth/authorization";
const TIGHT = ["--timeout", "20"];

beforeAll(async () => {
  canaries.add("kB", KB.toString("hex"));
  for (const email of [EMAIL, TOTP_EMAIL]) {
    const { authPW, unwrapBKey } = await quickStretchV1(email, PASSWORD);
    canaries.add("authPW", Buffer.from(authPW).toString("hex"));
    canaries.add("unwrapBKey", Buffer.from(unwrapBKey).toString("hex"));
  }
});

const worlds = new Set<World>();

afterAll(async () => {
  await cleanUp();
  await Promise.all([...worlds].map((world) => world.close()));
});

const LOUD = ["--verbose", "--json"];

/** A world of a test's own: tests run side by side, and most of them break something. */
class Scene {
  readonly accounts: AccountsServer;
  readonly servers: readonly string[];
  readonly #world: World;

  static async set(): Promise<Scene> {
    const world = await createWorld({ random: canaries.random, account: { password: PASSWORD, kB: KB } });
    worlds.add(world);
    await world.accounts.store.createAccount({
      email: TOTP_EMAIL,
      password: PASSWORD,
      totpSecret: TOTP_SECRET,
    });
    return new Scene(world);
  }

  private constructor(world: World) {
    this.accounts = world.accounts;
    this.servers = world.servers;
    this.#world = world;
  }

  newFolder(): string {
    return this.#world.newFolder();
  }

  /** A config directory of a device that is signed in. */
  async signedIn(): Promise<string> {
    const folder = await signInHere(this.accounts.url, EMAIL, PASSWORD);
    const keys = storedCredentials(folder)?.keys as Record<string, { k: string }>;
    canaries.add("the key of Sync", keys[OLDSYNC_SCOPE]?.k ?? "");
    return folder;
  }

  login(extra: readonly string[], input: string, { folder = this.newFolder(), email = EMAIL } = {}): Program {
    const args = ["login", ...LOUD, "--server", this.accounts.url, "--config-dir", folder, "--email", email];
    return start([...args, "--password-stdin", ...extra], { input });
  }

  async host(extra: readonly string[] = []): Promise<{ program: Program; url: string }> {
    const file = join(temporaryFolder(), "url");
    const folder = await this.signedIn();
    const args = ["host", ...LOUD, ...this.servers, "--config-dir", folder, "--yes", ...TIGHT];
    const program = start([...args, "--url-out", file, ...extra]);
    await program.event("channel");
    const url = readFileSync(file, "utf8").trim();
    noteKeyOf(url);
    return { program, url };
  }

  join(url: string, extra: readonly string[] = []): Program {
    const folder = ["--config-dir", this.newFolder()];
    const args = ["join", ...LOUD, ...this.servers, ...folder, "--yes", ...TIGHT, ...extra];
    return start([...args, ...(extra.includes("--qr") ? [] : ["-"])], { input: url });
  }
}

/** Ends as expected, says something, and keeps all secrets but those that are asked for. */
async function keepsQuiet(
  program: Program,
  status: number | readonly number[],
  allowed: readonly string[] = [],
): Promise<void> {
  const ended = await program.exit;
  const output = `${program.stdout}\n${program.stderr}`;
  expect([status].flat(), output).toContain(ended);
  // Every line of a script's output is an event, whatever happened.
  for (const { event } of program.events) expect(event).toEqual(expect.any(String));
  expect(output.length).toBeGreaterThan(10);
  expect(canaries.foundIn(output, allowed), output).toEqual([]);
}

function noteKeyOf(url: string): string {
  const [, key = ""] = /channel_key=([\w-]{43})/.exec(url) ?? [];
  expect(key).not.toBe("");
  return canaries.add("the channel key", key);
}

describe("the search", () => {
  const secret = "4ccu-Pie_d'Hébé";
  const some = new Canaries();
  some.add("it", secret);
  const bytes = Buffer.from(secret);
  it.each([
    ["as it is", secret],
    ["in capitals", secret.toUpperCase()],
    ["in hex", bytes.toString("hex")],
    ["in base64", bytes.toString("base64")],
    ["in base64url", bytes.toString("base64url")],
    ["in base64 of something longer", Buffer.from(`{"p":"${secret}"}`).toString("base64")],
    ["in base64 of something else", Buffer.from(`{"pw":"${secret}"}`).toString("base64")],
    ["percent-encoded", encodeURIComponent(secret)],
    ["percent-encoded throughout", bytes.toString("hex").replaceAll(/../g, "%$&").toUpperCase()],
  ])("finds a secret %s", (_name, text) => {
    expect(some.foundIn(`before ${text} after`)).toHaveLength(1);
    expect(some.foundIn(`before ${text.slice(0, text.length / 2)} after`)).toEqual([]);
  });

  it("finds the bytes of a token and half of it, but not what is allowed", () => {
    const tokens = new Canaries();
    const token = Buffer.from(tokens.random(32)).toString("hex");
    const [inBase64, half] = [Buffer.from(token, "hex").toString("base64"), token.slice(32)];
    for (const text of [inBase64, half]) expect(tokens.foundIn(text)).toHaveLength(1);
    expect(tokens.foundIn(token, [token])).toEqual([]);
  });
});

describe.concurrent("a pairing keeps its secrets", () => {
  it("when it succeeds, session and kept key included", async () => {
    const scene = await Scene.set();
    const key = join(temporaryFolder(), "key.json");
    await run(["join", "--key", key, "--print-thumbprint"]);
    const { d = "" } = JSON.parse(readFileSync(key, "utf8")) as { d?: string };
    expect(d).toHaveLength(43);
    canaries.add("the new device's key", d);
    const { program, url } = await scene.host(["--allow-scope", SESSION_SCOPE]);
    const joined = scene.join(url, ["--key", key, "--can-host"]);
    await keepsQuiet(joined, 0);
    await keepsQuiet(program, 0);
  });

  it("but for the URL and the credentials, where they are asked for", async () => {
    const scene = await Scene.set();
    const args = ["host", ...LOUD, ...scene.servers, "--config-dir", await scene.signedIn(), "--yes"];
    const host = start(args);
    const { url } = await host.event("channel");
    const channelKey = noteKeyOf(String(url));
    const joined = scene.join(String(url), ["--out", "-"]);
    const { credentials } = await joined.event("credentials");
    const { refreshToken, keys } = credentials as {
      refreshToken: string;
      keys: Record<string, { k: string }>;
    };
    await keepsQuiet(joined, 0, [refreshToken, keys[OLDSYNC_SCOPE]?.k ?? ""]);
    await keepsQuiet(host, 0, [channelKey]);
    for (const program of [joined, host]) expect(canaries.foundIn(program.stderr)).toEqual([]);
  });

  it("S2: by a code to type, right or wrong, but for the event that shows it", async () => {
    const scene = await Scene.set();
    const relay = start(["relay", ...LOUD, "--host", "127.0.0.1", "--port", "0"]);
    const { url: channelServer } = await relay.event("listening");
    const through = ["--channel-server", String(channelServer)];
    for (const guess of [undefined, "zoo-zoo-zebra"]) {
      const args = ["host", ...LOUD, ...scene.servers, "--config-dir", await scene.signedIn(), "--yes"];
      const host = start([...args, ...TIGHT, ...through, "--code"]);
      const { code } = await host.event("channel");
      const [, nameplate = "", words = ""] = /^(\d+)-(.*)$/.exec(String(code)) ?? [];
      canaries.add("the words of a code", words);
      canaries.add("its words with blanks", words.replaceAll("-", " "));
      if (guess !== undefined) canaries.add("the words of a guess", guess);
      const joined = scene.join(`${nameplate}-${guess ?? words}`, through);
      await keepsQuiet(joined, guess === undefined ? 0 : 7);
      await keepsQuiet(host, guess === undefined ? 0 : 7, [words]);
      expect(canaries.foundIn(host.stderr)).toEqual([]);
    }
    relay.kill();
    await keepsQuiet(relay, [0, 130]);
  });

  it("from its relay, too", async () => {
    const scene = await Scene.set();
    const relay = start(["relay", ...LOUD, "--host", "127.0.0.1", "--port", "0"]);
    const { url: channelServer } = await relay.event("listening");
    const through = ["--channel-server", String(channelServer)];
    const { program, url } = await scene.host(through);
    const joined = scene.join(url, through);
    await keepsQuiet(joined, 0);
    await keepsQuiet(program, 0);
    const stranger = scene.join(url, through);
    await keepsQuiet(stranger, 5);
    relay.kill();
    await keepsQuiet(relay, [0, 130]);
  });

  // By itself: looking at a picture is the hardest work of all.
  it.each(["an argument", "a picture"])("when the URL comes as %s", { concurrent: false }, async (form) => {
    const scene = await Scene.set();
    const { program, url } = await scene.host();
    const picture = join(temporaryFolder(), "code.png");
    writeFileSync(picture, await qrPng(url));
    const given = form === "a picture" ? [...PATIENT, "--qr", picture] : [url];
    const args = ["join", ...LOUD, ...scene.servers, "--config-dir", scene.newFolder(), "--yes", ...given];
    await keepsQuiet(start(args, { input: "" }), 0);
    await keepsQuiet(program, 0);
  });

  it("when the key is wrong", async () => {
    const scene = await Scene.set();
    const { program, url } = await scene.host();
    await keepsQuiet(scene.join(url.replace(/channel_key=.{43}/, `channel_key=${WRONG_KEY}`)), 7);
    await keepsQuiet(program, 7);
    await keepsQuiet(scene.join(url), 5);
  });

  it("when it is interrupted, times out, or expects another account", async () => {
    const scene = await Scene.set();
    const [interrupted, late, other] = await Promise.all([
      scene.host(),
      scene.host(["--timeout", "1"]),
      scene.host(),
    ]);
    interrupted.program.kill("SIGINT");
    await keepsQuiet(interrupted.program, 130);
    await keepsQuiet(late.program, 5);
    await keepsQuiet(scene.join(other.url, ["--expect-email", "other@example.org"]), 8);
    await keepsQuiet(other.program, 4);
  });

  const REDEEMING: [string, string, Fault, number][] = [
    ["is down", TOKEN, { kind: "unavailable" }, 6],
    ["cuts the connection", TOKEN, { kind: "cut", after: true }, 6],
    ["throttles", TOKEN, { kind: "throttled", retryAfter: "86400" }, 8],
    ["lies about keys", TOKEN, { kind: "merge", members: { keys_jwe: "a.b.c.d.e" } }, 8],
    ["lies about tokens", TOKEN, { kind: "merge", members: { refresh_token: WRONG_REFRESH + "0" } }, 8],
    [
      "shows another profile",
      "/profile/v1/profile",
      { kind: "merge", members: { email: "m@example.org" } },
      8,
    ],
    ["has no profile", "/profile/v1/profile", { kind: "unavailable" }, 6],
  ];
  it.each(REDEEMING)("when the server %s to the new device", async (_name, path, fault, status) => {
    const scene = await Scene.set();
    const { program, url } = await scene.host();
    scene.accounts.faults.add({ path, fault });
    await keepsQuiet(scene.join(url), status);
    await keepsQuiet(program, [0, 4, 6]);
  });

  const GRANTING: [string, Fault, number][] = [
    ["is down", { kind: "unavailable" }, 6],
    ["cuts the connection", { kind: "cut", after: true }, 6],
    ["answers with another state", { kind: "merge", members: { state: "another" } }, 7],
    ["answers with a code that is none", { kind: "merge", members: { code: WRONG_SESSION + "zz" } }, 8],
    ["says no", { kind: "answer", status: 400, body: { code: 400, errno: 163 } }, 8],
  ];
  it.each(GRANTING)("when the server %s to the host", async (_name, fault, status) => {
    const scene = await Scene.set();
    const { program, url } = await scene.host();
    scene.accounts.faults.add({ path: AUTHORIZATION, fault });
    await keepsQuiet(scene.join(url), 4);
    await keepsQuiet(program, status);
  });

  it.each([
    ["an unknown client", ["--client-id", "3c49430b43dfba77"]],
    ["more than is granted", ["--scope", "profile:write"]],
  ])("when %s asks", async (_name, extra) => {
    const scene = await Scene.set();
    const { program, url } = await scene.host();
    await keepsQuiet(scene.join(url, extra), 4);
    await keepsQuiet(program, 8);
  });
});

describe.concurrent("join keeps the key of a URL", () => {
  it.each([
    ["for another server", `https://accounts.example.com/pair#channel_id=${ID}&channel_key=${WRONG_KEY}`],
    ["with another path", `SERVER/signin#channel_id=${ID}&channel_key=${WRONG_KEY}`],
    ["with the key twice", `SERVER/pair#channel_id=${ID}&channel_key=${WRONG_KEY}&channel_key=${WRONG_KEY}`],
    ["with the key where the id belongs", `SERVER/pair#channel_id=${WRONG_KEY}&channel_key=${ID}`],
    ["with the key in the query", `SERVER/pair?channel_key=${WRONG_KEY}#channel_id=${ID}`],
    ["of the other direction", `SERVER/pair#channel_id=${ID}&channel_key=${WRONG_KEY}&mode=reverse&fp=0`],
    ["that is too long", `SERVER/pair#channel_id=${ID}&channel_key=${WRONG_KEY}AAAA`],
    ["that is none", `Tell nobody: ${WRONG_KEY}`],
  ])("%s", async (_name, template) => {
    const scene = await Scene.set();
    const url = template.replace("SERVER", scene.accounts.url);
    await keepsQuiet(scene.join(url), [2, 9]);
  });

  it("in a picture of a code for another server", async () => {
    const scene = await Scene.set();
    const url = `https://accounts.example.com/pair#channel_id=${ID}&channel_key=${WRONG_KEY}`;
    const picture = join(temporaryFolder(), "code.png");
    writeFileSync(picture, await qrPng(url));
    await keepsQuiet(scene.join("", [...PATIENT, "--qr", picture]), 9);
    writeFileSync(picture, await qrPng(url.replace("&", "&channel_id=&")));
    await keepsQuiet(scene.join("", [...PATIENT, "--qr", picture]), 9);
  });

  it("that a relay does not take, or ends", async () => {
    const scene = await Scene.set();
    const url = `${scene.accounts.url}/pair#channel_id=${ID}&channel_key=${WRONG_KEY}`;
    await keepsQuiet(scene.join(url), 5);
    const relay = await FeignedRelay.start([
      (socket) => {
        socket.close(1008, `no channel_key=${WRONG_KEY}`);
      },
    ]);
    const through = ["--channel-server", relay.url];
    await keepsQuiet(scene.join(url, through), 6);
    relay.close();
    await keepsQuiet(scene.join(url, through), 6);
  });
});

describe.concurrent("login keeps password, codes and tokens", () => {
  it("when it succeeds", async () => {
    const scene = await Scene.set();
    const code = canaries.add("the authenticator's code", totp(TOTP_SECRET, Date.now()));
    await keepsQuiet(scene.login(["--totp", code], PASSWORD, { email: TOTP_EMAIL }), 0);
    await keepsQuiet(scene.login([], PASSWORD), 0);
  });

  it("when password or code are wrong", async () => {
    const scene = await Scene.set();
    await keepsQuiet(scene.login([], WRONG_PASSWORD), 8);
    const coded = scene.login(["--totp", WRONG_TOTP], PASSWORD, { email: TOTP_EMAIL });
    // There is nobody to ask for another one.
    await keepsQuiet(coded, [2, 8]);
  });

  it("when another account is signed in", async () => {
    const scene = await Scene.set();
    const folder = await scene.signedIn();
    const path = join(folder, "credentials.json");
    writeFileSync(path, JSON.stringify({ ...storedCredentials(folder), email: "other@example.org" }));
    await keepsQuiet(scene.login([], PASSWORD, { folder }), 2);
  });

  it("when a session is taken over", async () => {
    const scene = await Scene.set();
    const session = String(storedCredentials(await scene.signedIn())?.sessionToken);
    const take = (token: string) => {
      const args = ["login", ...LOUD, "--server", scene.accounts.url, "--config-dir", scene.newFolder()];
      return start([...args, "--session-token-stdin"], { input: token });
    };
    await keepsQuiet(take(session), 0);
    await keepsQuiet(take(WRONG_SESSION), [8, 10]);
    await keepsQuiet(take(`${WRONG_SESSION}!`), 2);
  });

  const FAULTS: [string, Fault, number][] = [
    ["is down", { kind: "unavailable" }, 6],
    ["answers HTML", { kind: "html" }, 6],
    ["cuts the connection", { kind: "cut", after: true }, 6],
    ["wants a browser", { kind: "notAcceptable" }, 8],
    ["throttles", { kind: "throttled", retryAfter: "86400" }, 8],
    ["has a bug", { kind: "answer", status: 500, body: { message: `at login(${PASSWORD})` } }, 6],
    ["repeats the password", { kind: "answer", status: 400, body: { errno: 107, message: PASSWORD } }, 8],
  ];
  it.each([
    ["/auth/v1/account/login", FAULTS],
    ["/auth/v1/account/keys", FAULTS.slice(0, 2)],
    [TOKEN, FAULTS.slice(2, 4)],
  ] as const)("when %s fails", async (path, faults) => {
    const scene = await Scene.set();
    for (const [name, fault, status] of faults) {
      const rule = scene.accounts.faults.add({ path, fault });
      await keepsQuiet(scene.login([], PASSWORD), status);
      expect(rule.hits(), name).toBeGreaterThan(0);
      rule.remove();
    }
  });
});

describe.concurrent("a signed-in device keeps its tokens and keys", () => {
  const withFolder = (folder: string, args: readonly string[]) =>
    start([...args, ...LOUD, "--config-dir", folder], { input: "" });

  it("from token's output, but for the one that is asked for", async () => {
    const scene = await Scene.set();
    const folder = await scene.signedIn();
    const asked = withFolder(folder, ["token", "--scope", "profile"]);
    const { token } = await asked.event("token");
    await keepsQuiet(asked, 0, [String(token)]);
    await keepsQuiet(withFolder(folder, ["token", "--scope", "profile:write"]), 8);
  });

  it.each([
    ["status", ["status", "--check"]],
    ["token", ["token", "--scope", "profile"]],
    ["logout", ["logout"]],
    ["host", ["host", "--yes", "--timeout", "5"]],
  ])("when the server accepts them no more, or is down: %s", async (_name, args) => {
    const scene = await Scene.set();
    const folder = await scene.signedIn();
    const stale = { ...storedCredentials(folder), refreshToken: WRONG_REFRESH, sessionToken: WRONG_SESSION };
    writeFileSync(join(folder, "credentials.json"), JSON.stringify(stale));
    await keepsQuiet(withFolder(folder, args), args[0] === "logout" ? 0 : [8, 10]);
    for (const kind of ["unavailable", "html", "cut"] as const) {
      const good = await scene.signedIn();
      const rule = scene.accounts.faults.add({ path: "*", fault: { kind } });
      await keepsQuiet(withFolder(good, args), 6);
      rule.remove();
    }
  });

  it("when its file is broken", async () => {
    const scene = await Scene.set();
    const folder = await scene.signedIn();
    const path = join(folder, "credentials.json");
    const text = readFileSync(path, "utf8");
    for (const broken of [text.slice(0, -9), text.replace(/"scope":\s*\[/, '"scope":7,"x":['), `x${text}`]) {
      writeFileSync(path, broken);
      await keepsQuiet(withFolder(folder, ["status"]), [2, 10]);
    }
  });

  it("in every other command, while the server works and while it does not", async () => {
    const scene = await Scene.set();
    // These have runs of their own.
    const known = ["host", "join", "relay", "login", "token", "qr", "sandbox", "completion"];
    const names = COMMANDS.map(({ name }) => name).filter((name) => !known.includes(name));
    for (const name of names) {
      const [one, other] = [await scene.signedIn(), await scene.signedIn()];
      await keepsQuiet(withFolder(one, [name]), [0, 2, 6]);
      const rule = scene.accounts.faults.add({ path: "*", fault: { kind: "unavailable" } });
      await keepsQuiet(withFolder(other, [name]), [0, 2, 6]);
      rule.remove();
    }
  });
});

describe.concurrent("a proxy's name and password are kept", () => {
  const proxy = `http://${PROXY_USER}:${PROXY_PASSWORD}@127.0.0.1:9`;

  it.each([
    ["that cannot be reached", proxy],
    ["in an address that is none", proxy.replace("127.0.0.1:9", "[:9")],
  ])("%s", async (_name, address) => {
    const scene = await Scene.set();
    const env = { HTTP_PROXY: address, HTTPS_PROXY: address, ALL_PROXY: address, NO_PROXY: "127.0.0.1" };
    const far = ["--server", "https://accounts.invalid"];
    const folder = scene.newFolder();
    const args = ["login", ...LOUD, ...far, "--config-dir", folder, "--email", EMAIL, "--password-stdin"];
    await keepsQuiet(start(args, { env, input: PASSWORD }), [2, 6]);
    const relay = ["--server", scene.accounts.url, "--channel-server", "wss://relay.invalid"];
    const host = ["host", ...LOUD, ...relay, "--config-dir", await scene.signedIn(), "--yes"];
    await keepsQuiet(start(host, { env }), [2, 6]);
  });
});

describe.concurrent("the sandbox", () => {
  it("tells its password once, and its command by the environment alone", async () => {
    const file = join(temporaryFolder(), "password");
    const script = 'require("fs").writeFileSync(process.argv[1], process.env.FXA_PAIR_SANDBOX_PASSWORD)';
    const args = ["sandbox", ...LOUD, "--", process.execPath, "-e", script, file];
    const sandbox = start(args, { input: "" });
    expect(await sandbox.exit, sandbox.stderr).toBe(0);
    const password = readFileSync(file, "utf8");
    expect(password.length).toBeGreaterThan(7);
    const inside = new Canaries();
    inside.add("the password", password);
    // The event that says where everything is has it, and nothing else.
    const [ready, ...rest] = sandbox.events;
    expect(ready).toMatchObject({ event: "ready", password });
    expect(inside.foundIn(sandbox.stderr + JSON.stringify(rest))).toEqual([]);
  });
});
