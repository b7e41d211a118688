import { describe, expect, test } from "vitest";
import { PROFILE_ONLY_CLIENT_ID } from "../../src/accounts/clients.ts";
import { fixtureEmail, FIXTURE_PASSWORD } from "../../src/accounts/fixtures.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { FxaPairError } from "../../src/lib/errors.ts";
import { systemRandom } from "../../src/lib/random.ts";
import type { Credentials } from "../../src/oauth/credentials.ts";
import { requireServer } from "../../src/oauth/credentials.ts";
import type { GrantRequest, Granter } from "../../src/oauth/grant.ts";
import { grant } from "../../src/oauth/grant.ts";
import { sealKeys } from "../../src/oauth/keys-jwe.ts";
import { createPkcePair, createState } from "../../src/oauth/pkce.ts";
import { createRecipientKey } from "../../src/oauth/recipient-key.ts";
import type { Redemption } from "../../src/oauth/redeem.ts";
import { redeem } from "../../src/oauth/redeem.ts";
import { deriveOldsyncKey } from "../../src/oauth/scoped-keys.ts";
import { OLDSYNC_SCOPE, SESSION_SCOPE } from "../../src/oauth/scopes.ts";
import { signOut } from "../../src/oauth/sign-out.ts";
import { freshAccessToken } from "../../src/oauth/token-refresh.ts";
import type { Sandbox } from "./sandbox.ts";
import { loginAs, startSandbox } from "./sandbox.ts";
import { CLIENT_ID, failureOf, newStore } from "./support.ts";

const SCOPE = ["profile", OLDSYNC_SCOPE, SESSION_SCOPE];
const EMAIL = fixtureEmail("v1");
const UNASKED = "5e".repeat(32);

/** A request as a new device makes it, and how it would redeem the code. */
function newDevice(sandbox: Sandbox, scope: readonly string[] = SCOPE) {
  const pkce = createPkcePair(systemRandom);
  const key = createRecipientKey(systemRandom);
  const request: GrantRequest = {
    clientId: CLIENT_ID,
    scope,
    state: createState(systemRandom),
    codeChallenge: pkce.challenge,
    publicJwk: key.privateJwk,
  };
  const redeemWith = (code: string, changes: Partial<Redemption> = {}, client = sandbox.client) =>
    redeem(
      client,
      {
        server: sandbox.server.url,
        clientId: CLIENT_ID,
        code,
        codeVerifier: pkce.verifier,
        scope,
        privateJwk: key.privateJwk,
        announcedEmail: EMAIL.toUpperCase(),
        deviceName: "new\u001b[31m device",
        signal: new AbortController().signal,
        ...changes,
      },
      systemClock,
    );
  return { request, redeemWith, key };
}

/** What the server holds of the account: sessions, refresh tokens, devices. */
function heldBy({ server: { store } }: Sandbox) {
  const uid = store.findAccountByEmail(EMAIL)?.uid ?? "";
  return [store.sessions.of(uid), store.grants.refreshTokensOf(uid), store.devices.of(uid)].map(
    (records) => records.length,
  );
}

async function pair(sandbox: Sandbox, scope: readonly string[] = SCOPE): Promise<Credentials> {
  const host = await loginAs(sandbox);
  const device = newDevice(sandbox, scope);
  const code = await grant(sandbox.client, host, device.request);
  return (await device.redeemWith(code)).credentials;
}

describe("granting and redeeming", () => {
  test("hand over the very key, tokens and a session; the new device can host in turn", async () => {
    const sandbox = await startSandbox();
    const host = await loginAs(sandbox);
    const device = newDevice(sandbox);
    const code = await grant(sandbox.client, host, device.request);
    const { credentials, warnings } = await device.redeemWith(code, {
      expectEmail: EMAIL,
      knownUid: host.uid,
    });
    expect(warnings).toEqual([]);
    expect(credentials).toMatchObject({
      email: EMAIL,
      uid: host.uid,
      keys: host.keys,
      server: sandbox.server.url,
    });
    expect([...credentials.scope].sort()).toEqual([...SCOPE].sort());
    expect(credentials.sessionToken).not.toBe(host.sessionToken);
    const names = (await sandbox.client.devices({ sessionToken: host.sessionToken })).map(({ name }) => name);
    expect(names).toContain("new [31m device");

    const third = newDevice(sandbox);
    const { sessionToken = "" } = credentials;
    const next = await third.redeemWith(
      await grant(sandbox.client, { ...credentials, sessionToken }, third.request),
    );
    expect(next.credentials.keys).toEqual(host.keys);
  });

  test("without the session scope there is no session, and without a key no bundle", async () => {
    const sandbox = await startSandbox();
    const credentials = await pair(sandbox, ["profile"]);
    expect(credentials).toMatchObject({ keys: {}, scope: ["profile"], deviceId: null });
    expect(credentials).not.toHaveProperty("sessionToken");
  });

  test("a device that cannot be named is signed in all the same, with a warning", async () => {
    const sandbox = await startSandbox();
    const host = await loginAs(sandbox);
    const device = newDevice(sandbox);
    const code = await grant(sandbox.client, host, device.request);
    sandbox.server.faults.add({ path: "/auth/v1/account/device", fault: { kind: "unavailable" } });
    const { credentials, warnings } = await device.redeemWith(code);
    expect(credentials.deviceId).toBeNull();
    expect(warnings).toEqual([expect.stringContaining("could not be named")]);
  });
});

describe("a grant fails before a code is asked for", () => {
  const granting = async (changeHost: (host: Granter) => Granter, change: Partial<GrantRequest> = {}) => {
    const sandbox = await startSandbox();
    const host = await loginAs(sandbox);
    const failure = await failureOf(
      grant(sandbox.client, changeHost(host), { ...newDevice(sandbox).request, ...change }),
    );
    expect(sandbox.count("/oauth/authorization")).toBe(0);
    return failure;
  };

  test("without the key", async () => {
    expect(await granting((host) => ({ ...host, keys: {} }))).toMatchObject({ code: "not_signed_in" });
  });

  test("with a key from before the account's keys changed", async () => {
    const old = { [OLDSYNC_SCOPE]: deriveOldsyncKey(new Uint8Array(32), 1_500_000_000_000, OLDSYNC_SCOPE) };
    expect(await granting((host) => ({ ...host, keys: old }))).toMatchObject({
      code: "not_signed_in",
      message: expect.stringContaining("changed"),
    });
  });

  test("without a public key to encrypt to", async () => {
    expect(await granting((host) => host, { publicJwk: null })).toMatchObject({ code: "refused" });
  });

  test("with a key for a scope that was not asked for, which the server slips in", async () => {
    const sandbox = await startSandbox();
    const host = await loginAs(sandbox);
    const { request } = newDevice(sandbox, ["profile"]);
    const members = await sandbox.client.scopedKeyData(host.sessionToken, CLIENT_ID, [OLDSYNC_SCOPE]);
    expect(members).toHaveProperty([OLDSYNC_SCOPE]);
    sandbox.server.faults.add({
      path: "/auth/v1/account/scoped-key-data",
      fault: { kind: "merge", members },
    });
    expect(await failureOf(grant(sandbox.client, host, request))).toMatchObject({
      code: "refused",
      message: expect.stringContaining("nobody asked for"),
    });
    expect(sandbox.count("/oauth/authorization")).toBe(0);
  });

  test("with a session that is gone", async () => {
    const failure = await granting((host) => ({ ...host, sessionToken: "00".repeat(32) }));
    expect(failure).toMatchObject({ code: "not_signed_in", errno: 110 });
  });

  test("with an unknown client", async () => {
    expect(await granting((host) => host, { clientId: "0123456789abcdef" })).toMatchObject({ errno: 162 });
  });
});

test.each([
  ["another state", { state: "x" }, "channel_security"],
  ["a state one letter longer", { state: undefined }, "channel_security"],
  ["a short code", { code: "ab" }, "refused"],
  ["more scopes than asked for", { scope: "profile clients" }, "refused"],
])("a grant with an answer of %s is none", async (what, members, code) => {
  const sandbox = await startSandbox();
  const host = await loginAs(sandbox);
  const { request } = newDevice(sandbox);
  const answer = what.includes("longer") ? { state: `${request.state}x` } : members;
  sandbox.server.faults.add({
    path: "/auth/v1/oauth/authorization",
    fault: { kind: "merge", members: answer },
  });
  expect(await failureOf(grant(sandbox.client, host, request))).toMatchObject({ code });
});

test("a client that may not have the scope is refused, the scope named", async () => {
  const sandbox = await startSandbox();
  const host = await loginAs(sandbox);
  const request = { ...newDevice(sandbox).request, clientId: PROFILE_ONLY_CLIENT_ID };
  const failure = await failureOf(grant(sandbox.client, host, request));
  expect(failure).toMatchObject({
    code: "refused",
    errno: 163,
    message: expect.stringContaining("apps/oldsync"),
  });
});

describe("a redemption that does not hold is undone on the server", () => {
  const redeeming = async (spoil: {
    token?: Record<string, unknown>;
    profile?: Record<string, unknown>;
    session?: Record<string, unknown>;
    redemption?: Partial<Redemption>;
    scope?: readonly string[];
    before?: (sandbox: Sandbox) => void;
  }) => {
    const sandbox = await startSandbox();
    const host = await loginAs(sandbox);
    const before = heldBy(sandbox);
    const device = newDevice(sandbox, spoil.scope);
    const code = await grant(sandbox.client, host, device.request);
    const lie = (path: string, members: Record<string, unknown> | undefined) => {
      if (members) sandbox.server.faults.add({ path, fault: { kind: "merge", members } });
    };
    lie("/auth/v1/oauth/token", spoil.token);
    lie("/profile/v1/profile", spoil.profile);
    lie("/auth/v1/session/status", spoil.session);
    spoil.before?.(sandbox);
    const failure = await failureOf(device.redeemWith(code, spoil.redemption));
    return { sandbox, failure, before };
  };
  const strangeKeys = () => sealKeys(createRecipientKey(systemRandom).privateJwk, {});

  test.each([
    ["another email", { profile: { email: "other@example.com" } }],
    ["no email", { profile: { email: null } }],
    ["no uid", { profile: { uid: null } }],
    ["another account than expected", { redemption: { expectEmail: "else@example.com" } }],
    ["another account than announced", { redemption: { announcedEmail: "else@example.com" } }],
    ["another uid than the one here", { redemption: { knownUid: "00".repeat(16) } }],
    ["a session of another account", { session: { uid: "00".repeat(16) } }],
    ["more scopes than asked for", { token: { scope: `${SCOPE.join(" ")} clients` } }],
    ["a session nobody asked for", { scope: SCOPE.slice(0, 2), token: { session_token: UNASKED } }],
    ["no bundle of keys", { token: { keys_jwe: null } }],
    ["a bundle that is none", { token: { keys_jwe: "a.b.c.d.e" } }],
    ["a profile of wrong types", { profile: { email: 7 } }],
    ["tokens of another type", { token: { token_type: "mac" } }],
    ["keys of another type", { token: { keys_jwe: 7 } }],
  ])("%s", async (_, spoil) => {
    const { sandbox, failure, before } = await redeeming(spoil);
    expect(failure).toMatchObject({ code: "refused" });
    expect((failure as Error).message).not.toContain("still has it");
    expect(heldBy(sandbox)).toEqual(before);
    expect([sandbox.count("/oauth/destroy"), sandbox.count("/session/destroy")]).toEqual([1, 1]);
    expect(sandbox.count("/account/device")).toBe(1); // the host's own
  });

  test("a bundle for another key", async () => {
    const { sandbox, failure, before } = await redeeming({ token: { keys_jwe: await strangeKeys() } });
    expect(failure).toMatchObject({ code: "refused", message: expect.stringContaining("cannot be read") });
    expect(heldBy(sandbox)).toEqual(before);
  });

  test("a lookup that fails", async () => {
    const { sandbox, failure, before } = await redeeming({
      before: ({ server }) =>
        void server.faults.add({ path: "/profile/v1/profile", fault: { kind: "unavailable" } }),
    });
    expect(failure).toMatchObject({ code: "unreachable" });
    expect(heldBy(sandbox)).toEqual(before);
  });

  test("and when that fails, says so", async () => {
    const { sandbox, failure } = await redeeming({
      profile: { email: "other@example.com" },
      before: ({ server }) =>
        void server.faults.add({ path: "/auth/v1/oauth/destroy", fault: { kind: "unavailable" } }),
    });
    expect(failure).toMatchObject({
      code: "refused",
      message: expect.stringContaining("the server still has it"),
      details: { remaining: ["refresh token"] },
    });
    expect(sandbox.count("/session/destroy")).toBe(1);
  });

  test("also after an interruption", async () => {
    const controller = new AbortController();
    const sandbox = await startSandbox(controller.signal);
    const host = await loginAs(sandbox);
    const before = heldBy(sandbox);
    const device = newDevice(sandbox);
    const code = await grant(sandbox.client, host, device.request);
    const profile = sandbox.client.profile.bind(sandbox.client);
    sandbox.client.profile = (token) => {
      controller.abort(new FxaPairError("interrupted", "Interrupted."));
      return profile(token);
    };
    expect(await failureOf(device.redeemWith(code))).toMatchObject({ code: "interrupted" });
    expect(heldBy(sandbox)).toEqual(before);
  });
});

test("J6: an address in other letter case is the same account's", async () => {
  const sandbox = await startSandbox();
  const host = await loginAs(sandbox);
  const device = newDevice(sandbox);
  const code = await grant(sandbox.client, host, device.request);
  const shouted = EMAIL.toUpperCase();
  const { credentials } = await device.redeemWith(code, { announcedEmail: shouted, expectEmail: shouted });
  expect(credentials.email).toBe(EMAIL);
});

describe("a code", () => {
  test("is exchanged once, and not at all with another verifier", async () => {
    const sandbox = await startSandbox();
    const host = await loginAs(sandbox);
    const device = newDevice(sandbox);
    const code = await grant(sandbox.client, host, device.request);
    const wrong = device.redeemWith(code, { codeVerifier: "x".repeat(43) });
    expect(await failureOf(wrong)).toMatchObject({ code: "refused", errno: 175 });
    await device.redeemWith(code);
    expect(await failureOf(device.redeemWith(code))).toMatchObject({
      code: "refused",
      details: { errno: 172, perhapsSignedIn: true },
    });
  });
});

describe("leaving", () => {
  test("ends token, device and session; a second time is no failure", async () => {
    const sandbox = await startSandbox();
    const credentials = await pair(sandbox);
    const held = heldBy(sandbox);
    await signOut(sandbox.client, credentials);
    expect(heldBy(sandbox)).toEqual(held.map((count) => count - 1));
    await signOut(sandbox.client, credentials);
  });

  test("tries both and names what is left", async () => {
    const sandbox = await startSandbox();
    const credentials = await loginAs(sandbox);
    sandbox.server.faults.add({ path: "*", fault: { kind: "cut" } });
    expect(await failureOf(signOut(sandbox.client, credentials))).toMatchObject({
      code: "unreachable",
      details: { remaining: ["refresh token", "session"] },
    });
    expect([sandbox.count("/oauth/destroy"), sandbox.count("/session/destroy")]).toEqual([1, 1]);
  });
});

describe("a fresh access token", () => {
  test("opens the profile", async () => {
    const sandbox = await startSandbox();
    const credentials = await pair(sandbox);
    const store = await newStore();
    const { token, scope, expiresAt } = await freshAccessToken(
      sandbox.client,
      store,
      credentials,
      ["profile"],
      systemClock,
    );
    expect(scope).toEqual(["profile"]);
    expect(expiresAt).toBeGreaterThan(Date.now());
    expect(await sandbox.client.profile(token)).toMatchObject({ email: EMAIL });
    expect(await sandbox.client.introspect(token)).toMatchObject({
      active: true,
      scope: ["profile"],
      clientId: CLIENT_ID,
    });
  });

  test("is refused for scopes that were not granted", async () => {
    const sandbox = await startSandbox();
    const credentials = await pair(sandbox, ["profile"]);
    const store = await newStore();
    const attempt = freshAccessToken(sandbox.client, store, credentials, ["clients"], systemClock);
    expect(await failureOf(attempt)).toMatchObject({ code: "refused" });
  });

  test("after the device was disconnected, forgets the credentials and says so", async () => {
    const sandbox = await startSandbox();
    const credentials = await pair(sandbox);
    const store = await newStore();
    await store.save(credentials, null);
    await signOut(sandbox.client, credentials);
    const attempt = freshAccessToken(sandbox.client, store, credentials, ["profile"], systemClock);
    expect(await failureOf(attempt)).toMatchObject({ code: "not_signed_in", details: { errno: 110 } });
    expect(await store.load()).toBeNull();
  });

  test("after its tokens alone were ended, ends the session besides, which nobody could end any more", async () => {
    const sandbox = await startSandbox();
    const credentials = await loginAs(sandbox);
    const store = await newStore();
    await store.save(credentials, null);
    await sandbox.client.destroyToken(CLIENT_ID, credentials.refreshToken, "refresh_token");
    const attempt = freshAccessToken(sandbox.client, store, credentials, ["profile"], systemClock);
    expect(await failureOf(attempt)).toMatchObject({ code: "not_signed_in", details: { errno: 110 } });
    expect(heldBy(sandbox)).toEqual([0, 0, 0]);
    expect(await store.load()).toBeNull();
  });

  test("whose session cannot be ended forgets nothing, and says so", async () => {
    const sandbox = await startSandbox();
    const credentials = await loginAs(sandbox);
    const store = await newStore();
    await store.save(credentials, null);
    await sandbox.client.destroyToken(CLIENT_ID, credentials.refreshToken, "refresh_token");
    sandbox.server.faults.add({ path: "/auth/v1/session/destroy", fault: { kind: "unavailable" } });
    const attempt = freshAccessToken(sandbox.client, store, credentials, ["profile"], systemClock);
    expect(await failureOf(attempt)).toMatchObject({
      code: "not_signed_in",
      message: expect.stringContaining("session"),
      hint: expect.stringContaining("fxa-pair logout"),
      details: { rejected: "refresh token", remaining: ["session"] },
    });
    expect(await store.load()).toEqual(credentials);
  });

  test("a busy server costs no credentials", async () => {
    const sandbox = await startSandbox();
    const credentials = await pair(sandbox);
    const store = await newStore();
    await store.save(credentials, null);
    sandbox.server.faults.add({ path: "/auth/v1/oauth/token", fault: { kind: "unavailable" } });
    const attempt = freshAccessToken(sandbox.client, store, credentials, ["profile"], systemClock);
    expect(await failureOf(attempt)).toMatchObject({ code: "unreachable" });
    expect(await store.load()).toEqual(credentials);
  });
});

test("a password change disconnects; signing in again works", async () => {
  const sandbox = await startSandbox();
  const host = await loginAs(sandbox);
  const account = sandbox.server.store.findAccountByEmail(EMAIL);
  if (!account) throw new Error("no account");
  await sandbox.server.store.changePassword(account, FIXTURE_PASSWORD, "another");
  await sandbox.server.store.changePassword(account, "another", FIXTURE_PASSWORD);
  expect(await failureOf(sandbox.client.sessionStatus(host.sessionToken))).toMatchObject({
    code: "not_signed_in",
  });
  expect((await loginAs(sandbox)).keys).toEqual(host.keys);
});

test("credentials go to their own server only", async () => {
  const sandbox = await startSandbox();
  const credentials = await loginAs(sandbox);
  expect(requireServer(credentials, sandbox.server.url)).toBe(credentials);
  expect(() => requireServer(credentials, "https://accounts.example")).toThrow(
    expect.objectContaining({ code: "not_signed_in" }),
  );
});
