/** Every way to fail, run for real: exit status, error code, and what must not have happened. */
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../../src/accounts/faults.ts";
import { qrPng } from "../../src/qr/encode.ts";
import { breaking } from "../faults/file-cases.ts";
import { PATIENT, cleanUp, run, start, temporaryFolder } from "./harness.ts";
import { createWorld, EMAIL, PASSWORD, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const ID = "A".repeat(22);
const KEY = "B".repeat(42) + "A";

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

/** Runs `join --yes` in a new folder and tells how it ended. */
async function join_(input: string | Uint8Array, extra: readonly string[] = ["-"]) {
  const folder = world.newFolder();
  const args = [
    "join",
    ...world.servers,
    "--config-dir",
    folder,
    "--json",
    "--yes",
    "--expect-email",
    EMAIL,
    ...extra,
  ];
  const result = await run(args, { input });
  return { ...result, folder, error: result.events.at(-1) };
}

function requestsTo(path: string): number {
  return world.accounts.requests.count(path);
}

const pairUrl = (fragment: string, server = world.accounts.url) => `${server}/pair#${fragment}`;

describe("what is given to join", () => {
  it.each<[string, () => string, number, string, RegExp]>([
    ["no URL at all", () => "hello", 9, "unreadable", /URL/],
    ["nothing", () => "", 9, "unreadable", /URL/],
    ["no fragment", () => `${world.accounts.url}/pair`, 9, "unreadable", /fragment|#/],
    ["a cut fragment", () => pairUrl(`channel_id=${ID}`), 9, "unreadable", /key/],
    ["a short id", () => pairUrl(`channel_id=${ID.slice(1)}&channel_key=${KEY}`), 9, "unreadable", /id/],
    ["a short key", () => pairUrl(`channel_id=${ID}&channel_key=${KEY.slice(1)}`), 9, "unreadable", /key/],
    ["a long key", () => pairUrl(`channel_id=${ID}&channel_key=${KEY}AAAA`), 9, "unreadable", /key/],
    [
      "non-zero trailing bits",
      () => pairUrl(`channel_id=${ID}&channel_key=${"B".repeat(43)}`),
      9,
      "unreadable",
      /key/,
    ],
    ["padding", () => pairUrl(`channel_id=${ID}==&channel_key=${KEY}`), 9, "unreadable", /id/],
    [
      "the id twice",
      () => pairUrl(`channel_id=${ID}&channel_id=${ID}&channel_key=${KEY}`),
      9,
      "unreadable",
      /id/,
    ],
    [
      "another host",
      () => pairUrl(`channel_id=${ID}&channel_key=${KEY}`, "https://accounts.example.com"),
      9,
      "unreadable",
      /accounts\.example\.com/,
    ],
    [
      "user info",
      () => pairUrl(`channel_id=${ID}&channel_key=${KEY}`, "https://accounts.firefox.com@evil.example"),
      9,
      "unreadable",
      /user/,
    ],
    [
      "plain http elsewhere",
      () => pairUrl(`channel_id=${ID}&channel_key=${KEY}`, "http://accounts.firefox.com"),
      9,
      "unreadable",
      /https/,
    ],
    [
      "another path",
      () => `${world.accounts.url}/signin#channel_id=${ID}&channel_key=${KEY}`,
      9,
      "unreadable",
      /\/pair/,
    ],
    [
      "the other direction",
      () => pairUrl(`channel_id=${ID}&channel_key=${KEY}&mode=reverse&fp=0000000000000`),
      2,
      "usage",
      /host/,
    ],
  ])("%s", async (_name, input, status, code, words) => {
    const ended = await join_(input());
    expect(ended).toMatchObject({ status, error: { event: "error", code } });
    expect(`${String(ended.error?.message)} ${String(ended.error?.hint)}`).toMatch(words);
    expect(ended.stderr + ended.stdout).not.toContain(KEY);
    expect(existsSync(ended.folder)).toBe(false);
  });

  it.each<[string, () => Uint8Array | string | Promise<Uint8Array>, RegExp]>([
    ["is no image", () => "just text", /image|picture/],
    [
      "shows no code",
      () =>
        sharp({ create: { width: 64, height: 64, channels: 3, background: "white" } })
          .png()
          .toBuffer(),
      /no QR code/,
    ],
    ["is cut off", async () => (await qrPng("https://example.com")).subarray(0, 150), /image|picture/],
  ])("a picture that %s", async (_name, picture, words) => {
    const ended = await join_(await picture(), [...PATIENT, "--qr", "-"]);
    expect(ended).toMatchObject({ status: 9, error: { code: "unreadable" } });
    expect(ended.error?.message).toMatch(words);
  });

  it("no terminal and no --yes", async () => {
    const ended = await run(["join", ...world.servers, "--config-dir", world.newFolder(), "-"], {
      input: pairUrl(`channel_id=${ID}&channel_key=${KEY}`),
    });
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(/--yes/);
  });

  it.each([
    [["join", "--frobnicate"], /--frobnicate/],
    [["frobnicate"], /frobnicate/],
    [["join", "--timeout", "soon", "--yes", "-"], /--timeout/],
    [["join", "--format", "xml", "--yes", "-"], /--format/],
    [["host", "--approve-jwk", "short", "--yes"], /--approve-jwk/],
    [["host", "--qr-out", "code.gif", "--yes"], /--qr-out/],
    [["host", "--timeout", "901", "--yes"], /--timeout.*900/],
    [["token"], /--scope/],
    [["host", "--server", "http://192.0.2.1", "--yes"], /https/],
  ])("usage: %j", async (args, words) => {
    const ended = await run([...args, "--config-dir", await world.hostFolder()]);
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(words);
    expect(ended.stderr.trim().split("\n").length).toBeLessThanOrEqual(3);
  });
});

describe("the relay", () => {
  it("does not know the channel", async () => {
    const ended = await join_(pairUrl(`channel_id=${ID}&channel_key=${KEY}`));
    expect(ended).toMatchObject({ status: 5, error: { code: "timeout" } });
  });

  it("is down", async () => {
    const port = await freePort();
    const servers = ["--server", world.accounts.url, "--channel-server", `ws://127.0.0.1:${port}`];
    const joining = await run(
      ["join", ...servers, "--config-dir", world.newFolder(), "--json", "--yes", "-"],
      { input: pairUrl(`channel_id=${ID}&channel_key=${KEY}`) },
    );
    expect(joining).toMatchObject({ status: 6 });
    const hosting = await run([
      "host",
      ...servers,
      "--config-dir",
      await world.hostFolder(),
      "--json",
      "--yes",
    ]);
    expect(hosting).toMatchObject({ status: 6 });
    expect(hosting.events.at(-1)).toMatchObject({ event: "error", code: "unreachable" });
  });

  it("reveals a wrong key to both sides, and the channel is burnt", async () => {
    const { program: host, url } = await world.host();
    const wrong = url.replace(/channel_key=.{43}/, `channel_key=${KEY}`);
    expect(await join_(wrong)).toMatchObject({ status: 7, error: { code: "channel_security" } });
    expect(await host.exit).toBe(7);
    expect(await join_(url)).toMatchObject({ status: 5 });
    expect(host.events.map(({ event }) => event)).toEqual(["channel", "error"]);
  });

  it("ends a channel that nobody joins, at its time", async () => {
    const short = await createWorld({ relay: { connLifespan: 1, clientTimeout: 60 } });
    try {
      const { program } = await short.host();
      expect(await program.exit).toBe(5);
      expect(program.events.at(-1)).toMatchObject({ code: "timeout" });
    } finally {
      await short.close();
    }
  });

  it("is waited for no longer than --timeout", async () => {
    const { program } = await world.host(["--timeout", "1"]);
    expect(await program.exit).toBe(5);
  });

  it("refuses a third device", async () => {
    const held = world.accounts.faults.add({
      path: "/auth/v1/oauth/authorization",
      fault: { kind: "delay" },
    });
    const { program: host, url } = await world.host();
    const first = start(
      ["join", ...world.servers, "--config-dir", world.newFolder(), "--json", "--yes", "-"],
      { input: url },
    );
    await host.event("request");
    expect(await join_(url)).toMatchObject({ status: 7, error: { code: "channel_security" } });
    held.release();
    expect(await first.exit).toBe(0);
    expect(await host.exit).toBe(0);
  });
});

describe("the accounts server, while the new device redeems its code", () => {
  const TOKEN = "/auth/v1/oauth/token";
  it.each<[string, Fault, number, string]>([
    ["throttles for longer than is bearable", { kind: "throttled", retryAfter: "86400" }, 8, "refused"],
    ["fails", { kind: "unavailable" }, 6, "unreachable"],
    ["answers HTML", { kind: "html" }, 6, "unreachable"],
    ["wants a browser", { kind: "notAcceptable" }, 8, "refused"],
    ["answers with wrong types", { kind: "merge", members: { access_token: 7 } }, 8, "refused"],
    ["cuts the connection", { kind: "cut" }, 6, "unreachable"],
    ["never stops", { kind: "flood", bytes: 50_000_000 }, 6, "unreachable"],
    [
      "calls the code expired",
      {
        kind: "answer",
        status: 400,
        body: { code: 400, errno: 174, error: "Bad Request", message: "Expired code" },
      },
      8,
      "refused",
    ],
  ])("%s", async (_name, fault, status, code) => {
    const { program: host, url } = await world.host();
    const used = requestsTo(TOKEN);
    // The host's own refresh, for its profile, has been by now.
    world.accounts.faults.add({ path: TOKEN, method: "POST", fault });
    const ended = await join_(url);
    expect(ended).toMatchObject({ status, error: { code } });
    expect(existsSync(join(ended.folder, "credentials.json"))).toBe(false);
    expect(requestsTo(TOKEN) - used).toBe(1);
    host.kill("SIGKILL");
  });

  it("is too slow: it is not waited for beyond --timeout", async () => {
    const { program: host, url } = await world.host();
    world.accounts.faults.add({ path: TOKEN, method: "POST", fault: { kind: "drip", interval: 5_000 } });
    const ended = await join_(url, ["--timeout", "2", "-"]);
    expect([5, 6]).toContain(ended.status);
    expect(storedCredentials(ended.folder)).toBeUndefined();
    host.kill("SIGKILL");
  });

  it("is obeyed when it throttles for a moment", async () => {
    const { url } = await world.host();
    world.accounts.faults.add({
      path: TOKEN,
      method: "POST",
      fault: { kind: "throttled", retryAfter: "1" },
      times: 1,
    });
    expect(await join_(url)).toMatchObject({ status: 0 });
  });

  it.each<[string, string, Record<string, unknown>]>([
    ["another address", "/profile/v1/profile", { email: "mallory@example.org" }],
    ["another account under the same address", "/profile/v1/profile", { uid: "f".repeat(32) }],
  ])("shows the profile of %s: tokens are destroyed, nothing is stored", async (_name, path, members) => {
    const session = "https://identity.mozilla.com/tokens/session";
    const { program: host, url } = await world.host(["--allow-scope", session]);
    world.accounts.faults.add({ path, fault: { kind: "merge", members } });
    const before = [requestsTo("/auth/v1/oauth/destroy"), requestsTo("/auth/v1/session/destroy")];
    const ended = await join_(url, ["--can-host", "-"]);
    expect(ended).toMatchObject({ status: 8, error: { code: "refused" } });
    expect(storedCredentials(ended.folder)).toBeUndefined();
    expect([requestsTo("/auth/v1/oauth/destroy"), requestsTo("/auth/v1/session/destroy")]).toEqual(
      before.map((count) => count + 1),
    );
    await host.exit;
  });
});

describe("the accounts server, while the host asks for the code", () => {
  const AUTHORIZATION = "/auth/v1/oauth/authorization";
  it.each<[string, Fault, number, number]>([
    ["fails", { kind: "unavailable" }, 6, 4],
    ["answers HTML", { kind: "html" }, 6, 4],
    ["answers with another state", { kind: "merge", members: { state: "another" } }, 7, 4],
    ["answers with a code that is none", { kind: "merge", members: { code: "zz" } }, 8, 4],
  ])("%s", async (_name, fault, hostStatus, joinStatus) => {
    const { program: host, url } = await world.host();
    world.accounts.faults.add({ path: AUTHORIZATION, fault });
    const ended = await join_(url);
    expect(await host.exit).toBe(hostStatus);
    expect(ended.status).toBe(joinStatus);
    expect(existsSync(ended.folder)).toBe(false);
  });
});

describe("this device", () => {
  it("is not signed in", async () => {
    for (const command of [
      ["host", "--yes"],
      ["token", "--scope", "profile"],
      ["status", "--check"],
    ]) {
      const ended = await run([...command, "--config-dir", world.newFolder(), "--json"]);
      expect(ended.status, command.join(" ")).toBe(10);
      expect(ended.events.at(-1)).toMatchObject({ event: "error", code: "not_signed_in" });
    }
    expect((await run(["status", "--config-dir", world.newFolder()])).stdout).toBe("Not signed in.\n");
    expect((await run(["logout", "--config-dir", world.newFolder()])).status).toBe(0);
  });

  it("has a session that was ended elsewhere", async () => {
    const folder = await world.hostFolder();
    const credentials = storedCredentials(folder);
    writeFileSync(
      join(folder, "credentials.json"),
      JSON.stringify({ ...credentials, sessionToken: "ab".repeat(32) }),
    );
    const ended = await run(["host", ...world.servers, "--config-dir", folder, "--json", "--yes"]);
    expect(ended.status).toBe(10);
    expect(ended.events.map(({ event }) => event)).toEqual(["error"]);
  });

  it.skipIf(process.platform === "win32")("has credentials that others can read", async () => {
    const folder = await world.hostFolder();
    chmodSync(join(folder, "credentials.json"), 0o644);
    const ended = await run(["status", "--config-dir", folder]);
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(/chmod 600/);
  });

  it.skipIf(process.platform === "win32" || process.getuid?.() === 0)(
    "has a folder that cannot be written",
    async () => {
      const { url } = await world.host();
      const folder = temporaryFolder();
      chmodSync(folder, 0o500);
      const ended = await run(["join", ...world.servers, "--config-dir", folder, "--json", "--yes", "-"], {
        input: url,
      });
      expect(ended.status).toBe(2);
      chmodSync(folder, 0o700);
    },
  );

  it("has a file where its folder should be", async () => {
    const { url } = await world.host();
    const before = requestsTo("/auth/v1/oauth/destroy");
    const folder = join(temporaryFolder(), "file");
    writeFileSync(folder, "");
    const ended = await run(["join", ...world.servers, "--config-dir", folder, "--json", "--yes", "-"], {
      input: url,
    });
    expect(ended.status).toBe(2);
    // Either it noticed before the code was redeemed, or it gave the tokens back.
    expect(requestsTo("/auth/v1/oauth/destroy") - before).toBeLessThanOrEqual(1);
  });

  it("J8: has no room for its credentials: the tokens are given back, and nothing is stored", async () => {
    const { program: host, url } = await world.host();
    const before = requestsTo("/auth/v1/oauth/destroy");
    const folder = world.newFolder();
    const env = breaking(folder, { at: "rename credentials.json.*.tmp", fault: "ENOSPC" });
    const args = ["join", ...world.servers, "--config-dir", folder, "--json", "--yes", "-"];
    const ended = await run(args, { input: url, env });
    expect(ended.status).toBe(2);
    expect(requestsTo("/auth/v1/oauth/destroy") - before).toBe(1);
    expect(storedCredentials(folder)).toBeUndefined();
    expect(await host.exit).toBe(0);
  });

  it("is signed in to another account already", async () => {
    const folder = await world.hostFolder();
    const credentials = storedCredentials(folder);
    writeFileSync(
      join(folder, "credentials.json"),
      JSON.stringify({ ...credentials, email: "other@example.org" }),
    );
    const { program: host, url } = await world.host();
    const authorizations = requestsTo("/auth/v1/oauth/token");
    const ended = await run(["join", ...world.servers, "--config-dir", folder, "--json", "--yes", "-"], {
      input: url,
    });
    expect(ended.status).toBe(2);
    expect(requestsTo("/auth/v1/oauth/token")).toBe(authorizations);
    expect(storedCredentials(folder)?.email).toBe("other@example.org");
    await host.exit;
  });

  it("J9: is signed in at another accounts server, to an account of the same address", async () => {
    const folder = await world.hostFolder();
    const server = "https://accounts.example.org";
    const kept = JSON.stringify({ ...storedCredentials(folder), server });
    writeFileSync(join(folder, "credentials.json"), kept);
    const { program: host, url } = await world.host();
    const args = ["join", ...world.servers, "--config-dir", folder, "--json", "--yes", "-"];
    const ended = await run(args, { input: url });
    expect(ended.status).toBe(2);
    expect(ended.events).not.toContainEqual(expect.objectContaining({ event: "approved", by: "local" }));
    expect(storedCredentials(folder)).toMatchObject({ server });
    await host.exit;
  });

  it("expects another account than the one announced", async () => {
    const { program: host, url } = await world.host();
    const folder = world.newFolder();
    const args = [
      "join",
      ...world.servers,
      "--config-dir",
      folder,
      "--json",
      "--yes",
      "--expect-email",
      "other@example.org",
      "-",
    ];
    const refused = await run(args, { input: url });
    expect(refused.status).toBe(8);
    // Before this device says yes, so that no code is exchanged.
    expect(refused.events).not.toContainEqual(expect.objectContaining({ event: "approved", by: "local" }));
    expect(existsSync(folder)).toBe(false);
    await host.exit;
  });
});

describe("what the host is asked for", () => {
  it.each([
    ["a client it does not know", ["--client-id", "3c49430b43dfba77"]],
    ["a scope it does not grant", ["--scope", "profile:write"]],
    ["the session scope, with --yes alone", ["--can-host"]],
  ])("%s", async (_name, extra) => {
    const { program: host, url } = await world.host();
    const ended = await join_(url, [...extra, "-"]);
    expect(ended.status).toBe(4);
    expect(await host.exit).toBe(8);
    expect(host.events.map(({ event }) => event)).toEqual(["channel", "error"]);
  });
});

describe("login", () => {
  const login = (extra: readonly string[], input: string) =>
    run(["login", "--server", world.accounts.url, "--config-dir", world.newFolder(), "--json", ...extra], {
      input,
    });

  it("says that the password is wrong, and asks the server once", async () => {
    const before = requestsTo("/auth/v1/account/login");
    const ended = await login(["--email", EMAIL, "--password-stdin"], "wrong");
    expect(ended).toMatchObject({ status: 8 });
    expect(requestsTo("/auth/v1/account/login") - before).toBe(1);
    expect(ended.stderr + ended.stdout).not.toContain(PASSWORD);
  });

  it("says that the account is unknown", async () => {
    expect(await login(["--email", "nobody@example.org", "--password-stdin"], "x")).toMatchObject({
      status: 8,
    });
  });

  it("needs somebody to ask for what is missing", async () => {
    expect(await login([], "")).toMatchObject({ status: 2 });
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
