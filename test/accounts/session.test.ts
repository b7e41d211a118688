import { describe, expect, test } from "vitest";
import { CONFIDENTIAL_CLIENT_ID } from "../../src/accounts/clients.ts";
import { FIXTURE_BACKUP_CODES, FIXTURE_PASSWORD, FIXTURE_TOTP_SECRET } from "../../src/accounts/fixtures.ts";
import { totp } from "../../src/accounts/totp.ts";
import type { SignedIn, TestClient } from "./harness.ts";
import { ANDROID, MINUTE, OLDSYNC, sessionBearer, startTestServer, stretch, tokenId } from "./harness.ts";

const OTP = { verificationMethod: "email-otp" };

function post(client: TestClient, { authorization }: SignedIn, path: string, body: unknown = {}) {
  return client.auth("POST", path, { authorization, body });
}

async function isVerified(client: TestClient, { authorization }: SignedIn): Promise<boolean> {
  return (await client.auth("GET", "/session/status", { authorization })).body.state === "verified";
}

describe("an unconfirmed session", () => {
  test.each([
    ["confirms-sign-ins", 138],
    ["totp", 138],
    ["unconfirmed", 104],
  ] as const)("%s can neither authorize nor read rotation data nor get tokens", async (name, errno) => {
    const client = await startTestServer();
    const caller = await client.signIn(name);
    const pkce = { code_challenge: "c".repeat(43), code_challenge_method: "S256" };
    const request = { client_id: ANDROID, scope: OLDSYNC };
    const replies = [
      await post(client, caller, "/oauth/authorization", { ...request, state: "s", ...pkce }),
      await post(client, caller, "/account/scoped-key-data", request),
      await post(client, caller, "/oauth/token", { ...request, grant_type: "fxa-credentials" }),
    ];
    for (const reply of replies) expect(reply).toMatchObject({ status: 400, body: { errno } });
  });
});

describe("mailed codes", () => {
  test.each(["confirms-sign-ins", "unconfirmed"] as const)("confirm the session of %s", async (name) => {
    const client = await startTestServer();
    const caller = await client.signIn(name, OTP);
    expect(await isVerified(client, caller)).toBe(false);
    const { code } = client.server.mail.last(`${name}@example.com`)!;
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, "0");
    expect((await post(client, caller, "/session/verify_code", { code: wrong })).body.errno).toBe(183);
    expect(await post(client, caller, "/session/verify_code", { code })).toMatchObject({
      status: 200,
      body: {},
    });
    expect(await isVerified(client, caller)).toBe(true);
  });

  test.each([
    [10, 200],
    [20, 400],
  ])("after %i minutes: %i", async (minutes, status) => {
    const client = await startTestServer();
    const caller = await client.signIn("confirms-sign-ins", OTP);
    const { code } = client.server.mail.last("confirms-sign-ins@example.com")!;
    client.clock.advance(minutes * MINUTE);
    expect((await post(client, caller, "/session/verify_code", { code })).status).toBe(status);
  });

  test("are mailed again on request, but never for an account with TOTP", async () => {
    const client = await startTestServer();
    const mailing = await client.signIn("confirms-sign-ins", OTP);
    const withTotp = await client.signIn("totp", OTP);
    await post(client, mailing, "/session/resend_code");
    await post(client, withTotp, "/session/resend_code");
    expect(client.server.mail.all().map(({ to }) => to)).toEqual(
      Array(2).fill("confirms-sign-ins@example.com"),
    );
  });

  test("do not confirm a session that needs TOTP", async () => {
    const client = await startTestServer();
    const caller = await client.signIn("totp");
    const account = client.server.store.findAccount(caller.uid)!;
    const code = totp(account.mailCodeSecret, client.clock.wallTime(), 600);
    expect((await post(client, caller, "/session/verify_code", { code })).body.errno).toBe(183);
    expect(await isVerified(client, caller)).toBe(false);
  });

  test("ten wrong ones are enough", async () => {
    const client = await startTestServer();
    const caller = await client.signIn("confirms-sign-ins", OTP);
    for (let i = 0; i < 10; i++) await post(client, caller, "/session/verify_code", { code: "1" });
    const reply = await post(client, caller, "/session/verify_code", { code: "1" });
    expect(reply).toMatchObject({ status: 429, body: { errno: 114 } });
    expect(reply.headers.get("retry-after")).toBe("900");
  });

  test("a link confirms email and waiting sessions; a wrong one is 105", async () => {
    const client = await startTestServer();
    const caller = await client.signIn("unconfirmed");
    const { code } = client.server.mail.last("unconfirmed@example.com", "link")!;
    const follow = (body: unknown) => client.auth("POST", "/recovery_email/verify_code", { body });
    expect((await follow({ uid: caller.uid, code: "0".repeat(32) })).body.errno).toBe(105);
    expect((await follow({ uid: caller.uid, code })).status).toBe(200);
    expect(await isVerified(client, caller)).toBe(true);
  });
});

describe("TOTP", () => {
  const now = (client: TestClient) => totp(FIXTURE_TOTP_SECRET, client.clock.wallTime());

  test("ten wrong codes within half a minute are too many, not ten in more", async () => {
    const client = await startTestServer();
    const caller = await client.signIn("totp");
    const guess = () => post(client, caller, "/session/verify/totp", { code: "1" });
    for (let i = 0; i < 9; i++) await guess();
    client.clock.advance(MINUTE / 2);
    for (let i = 0; i < 10; i++) expect((await guess()).status).toBe(200);
    expect((await guess()).status).toBe(429);
  });

  test("a wrong code is 200 with success false, a right one confirms at level 2", async () => {
    const client = await startTestServer();
    const caller = await client.signIn("totp");
    const wrong = await post(client, caller, "/session/verify/totp", { code: "000000" });
    expect(wrong).toMatchObject({ status: 200, body: { success: false } });
    expect(await isVerified(client, caller)).toBe(false);
    const right = await post(client, caller, "/session/verify/totp", { code: now(client) });
    expect(right.body).toEqual({ success: true });
    const { body } = await client.auth("GET", "/session/status", { authorization: caller.authorization });
    expect(body).toEqual({
      state: "verified",
      uid: caller.uid,
      details: {
        accountEmailVerified: true,
        sessionVerified: true,
        sessionVerificationMethod: "totp-2fa",
        sessionVerificationMeetsMinimumAAL: true,
        mustVerify: false,
        verified: true,
      },
    });
  });

  test("an account without TOTP is 155; letters and the eleventh try are refused", async () => {
    const client = await startTestServer();
    expect(
      (await post(client, await client.signIn(), "/session/verify/totp", { code: "1" })).body.errno,
    ).toBe(155);
    const caller = await client.signIn("totp");
    expect((await post(client, caller, "/session/verify/totp", { code: "12345a" })).body.errno).toBe(107);
    for (let i = 0; i < 10; i++) await post(client, caller, "/session/verify/totp", { code: "000000" });
    expect((await post(client, caller, "/session/verify/totp", { code: now(client) })).status).toBe(429);
  });

  test("a backup code works once, in any letter case", async () => {
    const client = await startTestServer();
    const caller = await client.signIn("totp");
    const code = FIXTURE_BACKUP_CODES[0].toUpperCase();
    expect((await post(client, caller, "/session/verify/recoveryCode", { code })).body).toEqual({
      remaining: 1,
    });
    expect(await isVerified(client, caller)).toBe(true);
    expect((await post(client, caller, "/session/verify/recoveryCode", { code })).body.errno).toBe(156);
  });
});

describe("session maintenance", () => {
  test("reauth renews the sign-in time and gives another key-fetch token", async () => {
    const client = await startTestServer();
    const caller = await client.signIn();
    client.clock.advance(MINUTE);
    const credentials = { email: "v1@example.com", authPW: stretch("v1@example.com").authPW };
    const { body } = await post(client, caller, "/session/reauth?keys=true", credentials);
    expect(body).toMatchObject({ uid: caller.uid, authAt: 1_700_000_060, sessionVerified: true });
    expect(body.sessionToken).toBeUndefined();
    expect(body.keyFetchToken).not.toBe(caller.answer.keyFetchToken);
    const wrong = await post(client, caller, "/session/reauth", { ...credentials, authPW: "0".repeat(64) });
    expect(wrong.body.errno).toBe(103);
  });

  test("reauth with another account's password is refused", async () => {
    const client = await startTestServer();
    const caller = await client.signIn();
    await client.signIn("totp");
    const credentials = { email: "totp@example.com", authPW: stretch("totp@example.com").authPW };
    expect((await post(client, caller, "/session/reauth", credentials)).body.errno).toBe(102);
  });

  test.each(["v1", "confirms-sign-ins"] as const)(
    "a duplicate of %s keeps the verification state",
    async (name) => {
      const client = await startTestServer();
      const caller = await client.signIn(name);
      const { body } = await post(client, caller, "/session/duplicate");
      expect(body).toMatchObject({ uid: caller.uid, authAt: 1_700_000_000, sessionVerified: name === "v1" });
      const copy = { ...caller, authorization: sessionBearer(body.sessionToken) };
      expect(await isVerified(client, copy)).toBe(name === "v1");
      await post(client, caller, "/session/destroy");
      expect(await isVerified(client, copy)).toBe(name === "v1");
    },
  );

  test("a copy is as far confirmed and as old a sign-in as the original", async () => {
    const client = await startTestServer();
    const caller = await client.signIn("totp");
    const code = totp(FIXTURE_TOTP_SECRET, client.clock.wallTime());
    await post(client, caller, "/session/verify/totp", { code });
    client.clock.advance(MINUTE);
    const { sessionToken } = (await post(client, caller, "/session/duplicate")).body;
    const copy = { ...caller, authorization: sessionBearer(sessionToken) };
    const { details } = (await client.auth("GET", "/session/status", copy)).body;
    expect(details).toMatchObject({ sessionVerificationMethod: "totp-2fa", sessionVerified: true });
    const grant = { grant_type: "fxa-credentials", client_id: ANDROID };
    expect((await post(client, copy, "/oauth/token", grant)).body.auth_at).toBe(1_700_000_000);
  });

  test("a destroyed session is gone, also without a body", async () => {
    const client = await startTestServer();
    const { authorization } = await client.signIn();
    expect((await client.auth("POST", "/session/destroy", { authorization })).status).toBe(200);
    expect((await client.auth("POST", "/session/destroy", { authorization })).body.errno).toBe(110);
    expect((await client.auth("GET", "/session/status", { authorization })).status).toBe(401);
  });

  test("another session of the account can be destroyed by id, nobody else's", async () => {
    const client = await startTestServer();
    const [mine, other, stranger] = [
      await client.signIn(),
      await client.signIn(),
      await client.signIn("totp"),
    ];
    const destroy = ({ sessionToken }: SignedIn) =>
      post(client, mine, "/session/destroy", { customSessionToken: tokenId(sessionToken, "sessionToken") });
    expect((await destroy(other)).status).toBe(200);
    expect((await destroy(stranger)).body.errno).toBe(110);
    expect(await isVerified(client, mine)).toBe(true);
    expect((await client.auth("GET", "/session/status", { authorization: other.authorization })).status).toBe(
      401,
    );
  });
});

describe("password changes", () => {
  test("a change ends sessions and public clients' tokens, and keeps kB and its time", async () => {
    const client = await startTestServer();
    const caller = await client.signIn();
    const tokens = await client.tokens(caller);
    const account = client.server.store.findAccount(caller.uid)!;
    const { keysChangedAt } = account;
    client.clock.advance(MINUTE);
    await client.server.store.changePassword(account, "sandbox pässwörd", "new");
    expect((await client.auth("GET", "/session/status", caller)).status).toBe(401);
    expect((await client.profile(tokens.access_token)).status).toBe(401);
    const refresh = { client_id: ANDROID, grant_type: "refresh_token", refresh_token: tokens.refresh_token };
    expect((await client.auth("POST", "/oauth/token", { body: refresh })).body.errno).toBe(110);
    expect(account.keysChangedAt).toBe(keysChangedAt);
    const { authPW } = stretch("v1@example.com", "new");
    expect((await client.login("v1@example.com", { authPW })).status).toBe(200);
  });

  test.each(["change", "reset"])("a %s voids the codes that were not redeemed yet", async (kind) => {
    const client = await startTestServer();
    const [caller, stranger] = [await client.signIn(), await client.signIn("totp")];
    const { code, verifier } = await client.authorize(caller, { scope: `profile ${OLDSYNC}` });
    await post(client, stranger, "/session/verify/totp", {
      code: totp(FIXTURE_TOTP_SECRET, client.clock.wallTime()),
    });
    const spared = await client.authorize(stranger);
    const { store } = client.server;
    const account = store.findAccount(caller.uid)!;
    if (kind === "change") await store.changePassword(account, FIXTURE_PASSWORD, "new");
    else await store.resetPassword(account, "new");
    expect((await client.redeem(code, verifier)).body.errno).toBe(172);
    expect((await client.redeem(spared.code, spared.verifier)).status).toBe(200);
  });

  test("a change spares a client with a secret, a reset does not", async () => {
    const client = await startTestServer();
    const { uid } = await client.signIn();
    const { store } = client.server;
    const grant = { uid, clientId: CONFIDENTIAL_CLIENT_ID, scope: ["openid"], authAt: 0 };
    const { token } = store.grants.issueRefreshToken(grant);
    const isActive = async () => (await client.oauth("POST", "/introspect", { body: { token } })).body.active;
    await store.changePassword(store.findAccount(uid)!, "sandbox pässwörd", "new");
    expect(await isActive()).toBe(true);
    await store.resetPassword(store.findAccount(uid)!, "newer");
    expect(await isActive()).toBe(false);
  });

  test("a reset rotates the keys as well, and unlocks", async () => {
    const client = await startTestServer();
    const account = await client.server.store.createAccount({
      email: "a@example.com",
      password: "old",
      locked: true,
    });
    const { keysChangedAt } = account;
    await client.server.store.resetPassword(account, "sandbox pässwörd");
    expect(account.keysChangedAt).toBeGreaterThan(keysChangedAt);
    expect((await client.login("a@example.com")).status).toBe(200);
  });
});
