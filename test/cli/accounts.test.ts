/** What devices do when the accounts server is busy, and with what it has of them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { cleanUp, run, start, temporaryFolder } from "./harness.ts";
import { createWorld, EMAIL, PASSWORD, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const TOKEN = "/auth/v1/oauth/token";

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

describe("a busy accounts server", () => {
  const joinArguments = (timeout: string) => [
    ...["join", ...world.servers, "--config-dir", world.newFolder()],
    ...["--yes", "--expect-email", EMAIL, "--timeout", timeout, "-"],
  ];
  const busy = (retryAfter: string) =>
    world.accounts.faults.add({ path: TOKEN, method: "POST", fault: { kind: "throttled", retryAfter } });

  it("is not waited for beyond --timeout", async () => {
    const { url } = await world.host();
    const rule = busy("12");
    const ended = await run(joinArguments("5"), { input: url });
    expect(ended).toMatchObject({ status: 8, stderr: expect.not.stringContaining("trying again") as string });
    expect(rule.hits()).toBe(1);
  });

  it("is waited for as long as --timeout allows", async () => {
    const { url } = await world.host();
    busy("90");
    const joining = start(joinArguments("300"), { input: url });
    await joining.says(/trying again in 90 s/);
    joining.kill("SIGINT");
    expect(await joining.exit).toBe(130);
  });

  it("is not waited for by a host beyond its own --timeout", async () => {
    const { program: host, url } = await world.host(["--timeout", "20"]);
    const rule = world.accounts.faults.add({
      path: "/auth/v1/oauth/authorization",
      fault: { kind: "throttled", retryAfter: "21" },
    });
    const joined = run(joinArguments("60"), { input: url });
    expect(await host.exit).toBe(8);
    expect((await joined).status).toBe(4);
    expect(rule.hits()).toBe(1);
  });
});

describe("status --check", () => {
  const check = (folder: string) => run(["status", "--check", "--config-dir", folder, "--json"]);

  it("vouches for a device whose token and session are accepted", async () => {
    expect((await check(await world.hostFolder())).status).toBe(0);
  });

  it("does not vouch for a session that was ended elsewhere", async () => {
    const folder = await world.hostFolder();
    const path = join(folder, "credentials.json");
    const ended = { ...storedCredentials(folder), sessionToken: "ab".repeat(32) };
    writeFileSync(path, JSON.stringify(ended));
    const { status, events } = await check(folder);
    expect(status).toBe(10);
    expect(events).toMatchObject([{ code: "not_signed_in", details: { rejected: "session" } }]);
  });
});

describe("status", () => {
  it("tells account, device, scopes, key ids, place and age, and no secret", async () => {
    const folder = await world.hostFolder();
    const kept = storedCredentials(folder) as { keys: Record<string, { kid: string; k: string }> } & Record<
      string,
      unknown
    >;
    const createdAt = new Date(Date.now() - 3 * 86_400_000 - 1000).toISOString();
    writeFileSync(join(folder, "credentials.json"), JSON.stringify({ ...kept, createdAt }));
    const { status, stdout } = await run(["status", "--config-dir", folder]);
    expect(status).toBe(0);
    const [scope = "", key] = Object.entries(kept.keys)[0] ?? [];
    for (const words of [
      EMAIL,
      String(kept.uid),
      String(kept.deviceId),
      String(kept.deviceName),
      scope,
      `key id: ${key?.kid ?? "?"}`,
      `Stored:   ${join(folder, "credentials.json")}`,
      "Age:      3 days",
    ]) {
      expect(stdout).toContain(words);
    }
    const { events } = await run(["status", "--config-dir", folder, "--json"]);
    expect(events).toMatchObject([
      {
        ...{ event: "account", signedIn: true, session: true, keys: [scope], keyIds: { [scope]: key?.kid } },
        ...{ deviceId: kept.deviceId, createdAt, stored: join(folder, "credentials.json") },
      },
    ]);
    for (const secret of [kept.refreshToken, kept.sessionToken, key?.k]) {
      expect(stdout + JSON.stringify(events)).not.toContain(secret);
    }
  });

  it("says with --check what the server accepts", async () => {
    const folder = await world.hostFolder();
    const { stdout } = await run(["status", "--check", "--config-dir", folder]);
    expect(stdout).toMatch(/Checked: +the accounts server accepts the refresh token and the session\n/);
    expect(stdout).toMatch(/Two-step: +not needed/);
    const { events } = await run(["status", "--check", "--json", "--config-dir", folder]);
    expect(events).toMatchObject([{ checked: { refreshToken: true, session: true, twoStep: "not needed" } }]);
  });
});

describe("a system without a keyring service", () => {
  const NO_SERVICE = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent", XDG_RUNTIME_DIR: "/nonexistent" };
  const isLinux = process.platform === "linux";

  it.skipIf(!isLinux)("keeps no credentials there, says what to do, and leaves the file alone", async () => {
    const folder = await world.hostFolder();
    const before = storedCredentials(folder);
    for (const env of [{ FXA_PAIR_STORE: "keyring" }, {}]) {
      if (!("FXA_PAIR_STORE" in env)) {
        writeFileSync(join(folder, "config.json"), JSON.stringify({ store: "keyring" }));
      }
      const { status, stderr } = await run(["status", "--config-dir", folder], {
        env: { ...NO_SERVICE, ...env },
      });
      expect(status).toBe(2);
      expect(stderr).toMatch(/no keyring service answers[^]*--store file/);
    }
    expect(storedCredentials(folder)).toEqual(before);
    expect((await run(["status", "--config-dir", folder, "--store", "file"])).status).toBe(0);
  });

  it.skipIf(!isLinux)("gives the tokens back of a login that could not be kept", async () => {
    const folder = world.newFolder();
    const { store } = world.accounts;
    const uid = store.findAccountByEmail(EMAIL)?.uid ?? "";
    const held = () => [store.sessions.of(uid).length, store.grants.refreshTokensOf(uid).length];
    const before = held();
    const args = ["login", ...world.servers, "--config-dir", folder, "--email", EMAIL, "--password-stdin"];
    const ended = await run([...args, "--store", "keyring"], { input: PASSWORD, env: NO_SERVICE });
    expect(ended.status).toBe(2);
    expect(storedCredentials(folder)).toBeUndefined();
    expect(held()).toEqual(before);
  });
});

describe("login with a session started elsewhere", () => {
  const login = (folder: string, session: unknown) =>
    run(["login", ...world.servers, "--config-dir", folder, "--session-token-stdin"], {
      input: String(session),
    });
  const check = (folder: string) => run(["status", "--check", "--config-dir", folder]);

  it("does not end that session when it fails", async () => {
    const folder = await world.hostFolder();
    const credentials = storedCredentials(folder);
    const occupied = temporaryFolder();
    const others = { ...credentials, email: "other@example.org", refreshToken: "ab".repeat(32) };
    writeFileSync(join(occupied, "credentials.json"), JSON.stringify(others), { mode: 0o600 });
    const before = world.accounts.requests.count("/auth/v1/oauth/destroy");
    expect((await login(occupied, credentials?.sessionToken)).status).toBe(2);
    expect(storedCredentials(occupied)).toEqual(others);
    expect(world.accounts.requests.count("/auth/v1/oauth/destroy") - before).toBe(1);
    expect((await check(folder)).status).toBe(0);
  });

  it("does not end it when it takes the place of credentials that hold it, too", async () => {
    const folder = await world.hostFolder();
    const credentials = storedCredentials(folder);
    expect((await login(folder, credentials?.sessionToken)).status).toBe(0);
    expect(storedCredentials(folder)?.refreshToken).not.toBe(credentials?.refreshToken);
    expect((await check(folder)).status).toBe(0);
  });
});

it("asks no server and reads no password where another account is signed in", async () => {
  const folder = await world.hostFolder();
  const before = world.accounts.requests.all().length;
  const args = ["login", ...world.servers, "--config-dir", folder, "--email", "other@example.org"];
  const refused = await run([...args, "--password-stdin"], { input: PASSWORD });
  expect(refused.status).toBe(2);
  expect(refused.stderr).toMatch(/another account already[^]*fxa-pair logout/);
  expect(refused.stderr).not.toMatch(/Reading/);
  expect(world.accounts.requests.all()).toHaveLength(before);
});

it("keeps the first of two sign-ins at once, and gives the second one's tokens back", async () => {
  const folder = world.newFolder();
  const args = ["login", ...world.servers, "--config-dir", folder, "--email", EMAIL, "--password-stdin"];
  const delay = world.accounts.faults.add({ path: TOKEN, fault: { kind: "delay" }, times: 1 });
  const slow = start(args, { input: PASSWORD });
  await vi.waitFor(
    () => {
      expect(delay.hits()).toBe(1);
    },
    { timeout: 20_000 },
  );
  expect((await run(args, { input: PASSWORD })).status).toBe(0);
  const kept = storedCredentials(folder);
  const { store } = world.accounts;
  const uid = store.findAccountByEmail(EMAIL)?.uid ?? "";
  const held = () => [store.sessions.of(uid).length, store.grants.refreshTokensOf(uid).length];
  const [sessions = 0, refreshTokens = 0] = held();
  delay.release();
  expect(await slow.exit).toBe(2);
  expect(slow.stderr).toMatch(/signed this device in meanwhile/);
  expect(storedCredentials(folder)).toEqual(kept);
  expect(held()).toEqual([sessions - 1, refreshTokens]);
});
