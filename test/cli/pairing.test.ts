/** Whole pairings between real processes: what comes out, where it goes, and what is left behind. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PATIENT, cleanUp, run, start, temporaryFolder } from "./harness.ts";
import { createWorld, EMAIL, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const OLDSYNC = "https://identity.mozilla.com/apps/oldsync";
const SESSION = "https://identity.mozilla.com/tokens/session";

let world: World;

beforeAll(async () => {
  world = await createWorld();
});

afterAll(async () => {
  await cleanUp();
  await world.close();
});

function joinArgs(folder: string, ...extra: string[]): string[] {
  return [
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
}

describe("a pairing", () => {
  it("ends with tokens, keys and one fingerprint on both sides", async () => {
    const { program: host, url, folder: hostFolder } = await world.host();
    const folder = world.newFolder();
    const joined = await run(joinArgs(folder, "--device-name", "Laptop", "-"), { input: `${url}\n` });

    expect(joined.status, joined.stderr).toBe(0);
    expect(await host.exit).toBe(0);
    const [metadata, ...rest] = joined.events;
    expect(metadata).toMatchObject({ event: "metadata", email: EMAIL, displayName: "André" });
    expect(rest.at(-1)).toMatchObject({
      event: "complete",
      email: EMAIL,
      scope: ["profile", OLDSYNC],
      keys: [OLDSYNC],
      stored: join(folder, "credentials.json"),
    });
    const request = await host.event("request");
    expect(request).toMatchObject({
      clientId: "a2270f727f45f648",
      clientName: "Firefox for Android",
      scope: ["profile", OLDSYNC],
    });
    expect(request.fingerprint).toBe(metadata?.fingerprint);
    const told = host.events.map(({ event }) => event);
    expect([...told.slice(0, 2), ...told.slice(-2)]).toEqual(["channel", "request", "complete", "added"]);
    // The two approvals may come in either order.
    expect(told.slice(2, -2).sort()).toEqual(["approved", "approved", "authorized"]);
    const [ours, theirs] = [storedCredentials(folder), storedCredentials(hostFolder)];
    expect(ours?.keys).toEqual(theirs?.keys);
    expect(ours).toMatchObject({ version: 1, deviceName: "Laptop" });
    expect(ours).not.toHaveProperty("sessionToken");
  });

  it("keeps the stored file and its folder to their owner", async () => {
    const { url } = await world.host();
    const folder = world.newFolder();
    await run(joinArgs(folder, "-"), { input: url });
    expect(statSync(join(folder, "credentials.json")).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it("leaves tokens that work, and logout ends them on the server", async () => {
    const { url } = await world.host();
    const folder = world.newFolder();
    await run(joinArgs(folder, "-"), { input: url });
    const token = await run(["token", "--config-dir", folder, "--scope", "profile"]);
    expect(token.stdout).toMatch(/^[0-9a-f]{64}\n$/);
    const profile = await fetch(`${world.accounts.url}/profile/v1/profile`, {
      headers: { authorization: `Bearer ${token.stdout.trim()}` },
    });
    expect(await profile.json()).toMatchObject({ email: EMAIL });

    expect((await run(["logout", "--config-dir", folder])).status).toBe(0);
    expect(storedCredentials(folder)).toBeUndefined();
    const after = await fetch(`${world.accounts.url}/profile/v1/profile`, {
      headers: { authorization: `Bearer ${token.stdout.trim()}` },
    });
    expect(after.status).toBe(401);
  });

  it("replaces the credentials of the same account and revokes the old ones", async () => {
    const folder = world.newFolder();
    const first = await world.host();
    await run(joinArgs(folder, "-"), { input: first.url });
    const before = storedCredentials(folder);
    const second = await world.host();
    expect((await run(joinArgs(folder, "-"), { input: second.url })).status).toBe(0);
    expect(storedCredentials(folder)?.refreshToken).not.toBe(before?.refreshToken);
    const refresh = await fetch(`${world.accounts.url}/auth/v1/oauth/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        grant_type: "refresh_token",
        client_id: before?.clientId,
        refresh_token: before?.refreshToken,
      }),
    });
    expect(refresh.status).toBe(401);
  });

  it("hands the session on to a device that may host in turn", async () => {
    const first = await world.host(["--allow-scope", SESSION]);
    const middle = world.newFolder();
    expect((await run(joinArgs(middle, "--can-host", "-"), { input: first.url })).status).toBe(0);
    expect(storedCredentials(middle)).toHaveProperty("sessionToken");

    const urlFile = join(world.newFolder() + "-url");
    const second = start([
      "host",
      ...world.servers,
      "--config-dir",
      middle,
      "--json",
      "--yes",
      "--url-out",
      urlFile,
    ]);
    await second.event("channel");
    const last = world.newFolder();
    const joined = await run(joinArgs(last, "-"), { input: readFileSync(urlFile, "utf8") });
    expect(joined.status, joined.stderr).toBe(0);
    expect(await second.exit).toBe(0);
    expect(storedCredentials(last)?.keys).toEqual(storedCredentials(middle)?.keys);
  });
});

describe("the pairing URL", () => {
  it.each(["png", "svg"])("travels as a %s picture, which is gone once it was used", async (extension) => {
    const picture = join(await world.hostFolder(), `code.${extension}`);
    const host = start([
      "host",
      ...world.servers,
      "--config-dir",
      await world.hostFolder(),
      "--json",
      "--yes",
      "--qr-out",
      picture,
    ]);
    await host.event("channel");
    expect(statSync(picture).mode & 0o777).toBe(0o600);
    const joined = await run(joinArgs(world.newFolder(), ...PATIENT, "--qr", picture));
    expect(joined.status, joined.stderr).toBe(0);
    expect(await host.exit).toBe(0);
    expect(existsSync(picture)).toBe(false);
  });

  it("travels as a picture on standard input", async () => {
    const picture = join(await world.hostFolder(), "code.png");
    const host = start([
      "host",
      ...world.servers,
      "--config-dir",
      await world.hostFolder(),
      "--json",
      "--yes",
      "--qr-out",
      picture,
    ]);
    await host.event("channel");
    const joined = await run(joinArgs(world.newFolder(), ...PATIENT, "--qr", "-"), {
      input: readFileSync(picture),
    });
    expect(joined.status, joined.stderr).toBe(0);
  });

  it("is one line on standard output where there is no terminal, and nowhere else", async () => {
    const host = start(["host", ...world.servers, "--config-dir", await world.hostFolder(), "--yes"]);
    const [line] = await host.prints(
      /^http:\/\/127\.0\.0\.1:\d+\/pair#channel_id=[\w-]{22}&channel_key=[\w-]{43}\n/,
    );
    const joined = await run(joinArgs(world.newFolder(), "-"), { input: line });
    expect(joined.status, joined.stderr).toBe(0);
    expect(await host.exit).toBe(0);
    expect(host.stdout).toBe(line);
    // Only now has it said everything.
    expect(host.stderr).not.toMatch(/channel_key|[█▀▄]/);
  });

  it("is in the channel event, unless a file holds it", async () => {
    const args = ["host", ...world.servers, "--config-dir", await world.hostFolder(), "--json", "--yes"];
    const shown = start(args);
    expect(await shown.event("channel")).toHaveProperty("url");
    shown.kill("SIGINT");
    expect(await shown.exit).toBe(130);

    const { program: hidden } = await world.host();
    expect(await hidden.event("channel")).not.toHaveProperty("url");
  });

  it("is taken back when the host is interrupted", async () => {
    const { program, folder } = await world.host();
    const [file = ""] = readdirSync(folder).filter((name) => name.startsWith("url-"));
    expect(file).not.toBe("");
    program.kill("SIGTERM");
    expect(await program.exit).toBe(130);
    expect(existsSync(join(folder, file))).toBe(false);
  });

  it.skipIf(process.platform === "win32")("is not in the process list while it is used", async () => {
    const { url, program: host } = await world.host();
    const joining = start(joinArgs(world.newFolder(), url), { input: "" });
    await joining.event("metadata");
    const shown = spawnSync("ps", ["-ww", "-o", "args=", "-p", String(joining.child.pid)], {
      encoding: "utf8",
    });
    expect(shown.stdout).toContain("fxa-pair");
    expect(shown.stdout).not.toContain("channel");
    expect(joining.stderr).toMatch(/standard input/);
    await Promise.all([joining.exit, host.exit]);
  });
});

describe("credentials", () => {
  it("go to a file of one's own choosing", async () => {
    const { url } = await world.host();
    const folder = world.newFolder();
    const file = `${folder}.json`;
    const joined = await run(joinArgs(folder, "--out", file, "-"), { input: url });
    expect(joined.status, joined.stderr).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ version: 1, email: EMAIL });
    expect(existsSync(folder)).toBe(false);
  });

  it.skipIf(process.platform === "win32")("take no device's or folder's place", async () => {
    const url = `${world.servers[1]}/pair#channel_id=${"A".repeat(22)}&channel_key=${"A".repeat(43)}`;
    const folder = world.newFolder();
    const pipe = join(temporaryFolder(), "pipe");
    expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
    for (const place of ["/dev/null", pipe, dirname(pipe), join(folder, "nowhere", "file")]) {
      const { status, stderr } = await run(joinArgs(folder, "--out", place, "-"), { input: url });
      expect(status, stderr).toBe(2);
      expect(stderr).toContain(`The credentials cannot be written to ${place} (`);
    }
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
    expect(statSync(pipe).isFIFO()).toBe(true);
  });

  it("go where logout does not look only with words that say so", async () => {
    const words = async (...extra: string[]) => {
      const { url } = await world.host();
      const args = joinArgs(world.newFolder(), ...extra, "-").filter((arg) => arg !== "--json");
      return (await run(args, { input: url })).stderr;
    };
    const file = `${world.newFolder()}.json`;
    const [elsewhere, here] = [await words("--out", file), await words()];
    expect(elsewhere).toContain(`Written to ${file}: its tokens and the key for Firefox Sync.`);
    expect(elsewhere).toMatch(/Whoever has that file is signed in\.\nTo undo it, remove this device/);
    expect(elsewhere).not.toContain("logout");
    expect(here).toMatch(/^Stored in .*; fxa-pair logout undoes it\.$/m);
  });

  it("go to standard output as assignments that a shell reads back", async () => {
    const { url } = await world.host();
    const args = joinArgs(world.newFolder(), "--out", "-", "--format", "env", "-").filter(
      (arg) => arg !== "--json",
    );
    const joined = await run(args, { input: url });
    expect(joined.status, joined.stderr).toBe(0);
    expect(joined.stdout).toMatch(/^FXA_SERVER='http/);
    expect(joined.stdout).toMatch(/^FXA_REFRESH_TOKEN='[0-9a-f]{64}'$/m);
  });
});

describe("pins", () => {
  it("approve the kept key alone", async () => {
    const folder = world.newFolder();
    const key = `${folder}.key`;
    const thumbprint = (await run(["join", "--key", key, "--print-thumbprint"])).stdout.trim();
    expect(thumbprint).toMatch(/^[\w-]{43}$/);
    expect(statSync(key).mode & 0o777).toBe(0o600);

    const right = await world.host(["--approve-jwk", thumbprint]);
    expect((await run(joinArgs(folder, "--key", key, "-"), { input: right.url })).status).toBe(0);
    expect(await right.program.exit).toBe(0);

    const wrong = await world.host(["--approve-jwk", thumbprint]);
    const refused = await run(joinArgs(world.newFolder(), "-"), { input: wrong.url });
    expect(refused.status).toBe(4);
    expect(await wrong.program.exit).toBe(8);
    expect(wrong.program.events.map(({ event }) => event)).toEqual(["channel", "error"]);
  });

  it("refuse another fingerprint than the expected one", async () => {
    const { program, url } = await world.host(["--expect-fingerprint", "0000-00000-0000"]);
    expect((await run(joinArgs(world.newFolder(), "-"), { input: url })).status).toBe(4);
    expect(await program.exit).toBe(8);
  });
});
