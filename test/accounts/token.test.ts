import { createHash, createPublicKey, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  CONFIDENTIAL_CLIENT_ID,
  CONFIDENTIAL_CLIENT_SECRET,
  DISABLED_CLIENT_ID,
  PROFILE_ONLY_CLIENT_ID,
} from "../../src/accounts/clients.ts";
import type { SignedIn, TestClient } from "./harness.ts";
import {
  ANDROID,
  authorization,
  MINUTE,
  OLDSYNC,
  SESSION,
  sessionBearer,
  startTestServer,
} from "./harness.ts";

const IOS = "1b1a3e44c54fbb58";
const VERIFIER = "v".repeat(43);
const JWE = "e30..aXY.Y2lwaGVydGV4dA.dGFn";

function authorize(client: TestClient, caller: SignedIn, extra: Record<string, unknown> = {}) {
  const body = authorization(VERIFIER, extra);
  return client.auth("POST", "/oauth/authorization", { authorization: caller.authorization, body });
}

function token(client: TestClient, body: Record<string, unknown>, caller?: SignedIn) {
  return client.auth("POST", "/oauth/token", {
    body,
    ...(caller && { authorization: caller.authorization }),
  });
}

describe("authorization codes", () => {
  test("become tokens, with keys_jwe once and a session token only for its scope", async () => {
    const client = await startTestServer();
    const caller = await client.signIn();
    const { code, verifier } = await client.authorize(caller, { keys_jwe: JWE });
    client.clock.advance(5000);
    const { status, body } = await client.redeem(code, verifier);
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[0-9a-f]{64}$/),
      refresh_token: expect.stringMatching(/^[0-9a-f]{64}$/),
      token_type: "bearer",
      scope: `profile ${OLDSYNC}`,
      expires_in: 86_400,
      auth_at: 1_700_000_000,
      keys_jwe: JWE,
    });
    const refresh = { client_id: ANDROID, grant_type: "refresh_token", refresh_token: body.refresh_token };
    expect((await token(client, refresh)).text).not.toContain(JWE);
  });

  test("give no refresh token unless offline, and no longer a life than asked", async () => {
    const client = await startTestServer();
    const { code, verifier } = await client.authorize(await client.signIn(), { access_type: undefined });
    const { body } = await client.redeem(code, verifier, { ttl: 60 });
    expect(body.refresh_token).toBeUndefined();
    expect(body.expires_in).toBe(60);
  });

  test.each(["confirmed", "unconfirmed"])("hand over a fresh session, %s as the issuer", async (state) => {
    const client = await startTestServer();
    const caller = await client.signIn();
    const scope = `profile ${SESSION}`;
    const [first, second] = [
      await client.authorize(caller, { scope }),
      await client.authorize(caller, { scope }),
    ];
    const issuer = client.server.store.sessions.of(caller.uid)[0]!;
    issuer.verified = state === "confirmed";
    const tokens = [
      await client.redeem(first.code, first.verifier),
      await client.redeem(second.code, second.verifier),
    ];
    const sessions = tokens.map(({ body }) => body.session_token);
    expect(new Set([...sessions, caller.sessionToken]).size).toBe(3);
    const { body } = await client.auth("GET", "/session/status", {
      authorization: sessionBearer(sessions[0]),
    });
    expect(body).toMatchObject({ uid: caller.uid, details: { sessionVerified: state === "confirmed" } });
  });

  test("of two simultaneous redemptions one succeeds", async () => {
    const client = await startTestServer();
    const { code, verifier } = await client.authorize(await client.signIn());
    const replies = await Promise.all(Array.from({ length: 8 }, () => client.redeem(code, verifier)));
    const outcomes = replies.map(({ status, body }) => (status === 200 ? "tokens" : body.errno)).sort();
    expect(outcomes).toEqual([...Array(7).fill(172), "tokens"]);
  });

  test.each([
    ["an unknown code", { code: "0".repeat(64) }, 172],
    ["another client", { client_id: IOS }, 173],
    ["no verifier", { code_verifier: undefined }, 169],
    ["a wrong verifier", { code_verifier: VERIFIER }, 175],
    [
      "the challenge as verifier",
      { code_verifier: createHash("sha256").update(VERIFIER).digest("base64url") },
      175,
    ],
    ["a short verifier", { code_verifier: "v".repeat(42) }, 107],
    ["an unknown client", { client_id: "0000000000000000" }, 162],
    ["a confidential client", { client_id: CONFIDENTIAL_CLIENT_ID }, 166],
    ["verifier and secret", { client_secret: CONFIDENTIAL_CLIENT_SECRET }, 107],
    ["a secret instead", { client_secret: CONFIDENTIAL_CLIENT_SECRET, code_verifier: undefined }, 107],
    ["another redirect URI", { redirect_uri: "https://example.com/" }, 167],
    ["half a code", { code: "0".repeat(32) }, 107],
    ["no time at all", { ttl: 0 }, 107],
    ["a time as text", { ttl: "60" }, 107],
    ["half a second", { ttl: 0.5 }, 107],
    ["another grant type", { grant_type: "password" }, 107],
  ])("%s is refused, and the code stays", async (_name, extra, errno) => {
    const client = await startTestServer();
    const { code, verifier } = await client.authorize(await client.signIn());
    expect(await client.redeem(code, verifier, extra)).toMatchObject({ status: 400, body: { errno } });
    expect((await client.redeem(code, verifier)).status).toBe(200);
    expect((await client.redeem(code, verifier)).body.errno).toBe(172);
  });

  test.each([
    [15 * MINUTE - 1, 200, undefined],
    [15 * MINUTE, 400, 174],
  ])("after %i ms: %i", async (age, status, errno) => {
    const client = await startTestServer();
    const { code, verifier } = await client.authorize(await client.signIn());
    client.clock.advance(age);
    const reply = await client.redeem(code, verifier);
    expect([reply.status, reply.body.errno]).toEqual([status, errno]);
  });

  test.each([
    [`profile ${SESSION}`, 172],
    ["profile", undefined],
  ])("for %s after the issuing session ended: %s", async (scope, errno) => {
    const client = await startTestServer();
    const caller = await client.signIn();
    const { code, verifier } = await client.authorize(caller, { scope });
    await client.auth("POST", "/session/destroy", { authorization: caller.authorization, body: {} });
    const reply = await client.redeem(code, verifier);
    expect(reply.body.errno).toBe(errno);
    expect((await client.redeem(code, verifier)).body.errno).toBe(172);
  });

  test("a confidential client needs its secret", async () => {
    const client = await startTestServer();
    const pkce = { code_challenge: undefined, code_challenge_method: undefined };
    const request = { client_id: CONFIDENTIAL_CLIENT_ID, scope: "openid", ...pkce };
    const { code } = (await authorize(client, await client.signIn(), request)).body;
    const redeem = (extra: object) => token(client, { client_id: CONFIDENTIAL_CLIENT_ID, code, ...extra });
    expect((await redeem({})).body.errno).toBe(171);
    expect((await redeem({ client_secret: "0".repeat(64) })).body.errno).toBe(171);
    expect((await redeem({ client_secret: CONFIDENTIAL_CLIENT_SECRET })).status).toBe(200);
  });

  test("openid brings an id_token that the published key verifies", async () => {
    const client = await startTestServer();
    const caller = await client.signIn();
    const { id_token: idToken } = await client.tokens(caller, "openid profile");
    const [header, payload, signature] = idToken.split(".");
    const { keys } = (await client.oauth("GET", "/jwks")).body;
    const key = createPublicKey({ key: keys[0], format: "jwk" });
    expect(
      verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url")),
    ).toBe(true);
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    expect(claims).toMatchObject({
      iss: client.server.url,
      sub: caller.uid,
      aud: ANDROID,
      iat: 1_700_000_000,
    });
  });
});

describe("refresh tokens", () => {
  const SCOPES = `profile ${OLDSYNC} ${SESSION} openid`;
  async function setUp() {
    const client = await startTestServer();
    const { refresh_token: refreshToken } = await client.tokens(await client.signIn(), SCOPES);
    const refresh = (extra: object = {}) =>
      token(client, {
        client_id: ANDROID,
        grant_type: "refresh_token",
        refresh_token: refreshToken,
        ...extra,
      });
    return { client, refreshToken, refresh };
  }

  test("give access tokens as often as asked, never openid or a session", async () => {
    const { refresh, client } = await setUp();
    const [first, second] = [await refresh(), await refresh()];
    expect(Object.keys(first.body).sort()).toEqual([
      "access_token",
      "auth_at",
      "expires_in",
      "scope",
      "token_type",
    ]);
    expect(first.body.scope).toBe(`profile ${OLDSYNC}`);
    expect(second.body.access_token).not.toBe(first.body.access_token);
    client.clock.advance(10 * 365 * 24 * 60 * MINUTE);
    expect((await refresh()).status).toBe(200);
  });

  test.each([
    ["a subset", { scope: "profile" }, 200, undefined, "profile"],
    ["a narrower scope", { scope: "profile:email" }, 200, undefined, "profile:email"],
    ["more than granted", { scope: "profile basket" }, 400, 163, undefined],
    ["openid", { scope: "openid" }, 400, 163, undefined],
    ["a session", { scope: SESSION }, 400, 163, undefined],
    ["another client", { client_id: IOS }, 401, 110, undefined],
    ["an unknown token", { refresh_token: "0".repeat(64) }, 401, 110, undefined],
    ["no token", { refresh_token: undefined }, 400, 108, undefined],
    ["no time at all", { ttl: 0 }, 400, 107, undefined],
    ["a time as text", { ttl: "60" }, 400, 107, undefined],
    ["a disabled client", { client_id: DISABLED_CLIENT_ID }, 503, 204, undefined],
  ])("%s", async (_name, extra, status, errno, scope) => {
    const { refresh } = await setUp();
    const reply = await refresh(extra);
    expect([reply.status, reply.body.errno, reply.body.scope]).toEqual([status, errno, scope]);
  });

  test.each([
    ["a trusted", true, 200, undefined, OLDSYNC],
    ["an untrusted", false, 400, 163, undefined],
  ])("of %s client grow to its other scopes: %s", async (_name, trusted, status, errno, scope) => {
    const client = await startTestServer();
    const { store } = client.server;
    const id = "e0e0e0e0e0e0e0e0";
    store.addClient({ ...store.findClient(ANDROID)!, id, trusted });
    const { code } = (
      await authorize(client, await client.signIn(), { client_id: id, scope: "profile:email" })
    ).body;
    const tokens = await client.redeem(code, VERIFIER, { client_id: id });
    const refresh = {
      client_id: id,
      grant_type: "refresh_token",
      refresh_token: tokens.body.refresh_token,
      scope: OLDSYNC,
    };
    const reply = await token(client, refresh);
    expect([reply.status, reply.body.errno, reply.body.scope]).toEqual([status, errno, scope]);
  });

  test("are destroyed together with their access tokens and device, as often as wanted", async () => {
    const { client, refreshToken, refresh } = await setUp();
    const accessToken = (await refresh()).body.access_token;
    const destroy = () =>
      client.auth("POST", "/oauth/destroy", {
        body: { client_id: ANDROID, token: refreshToken, token_type_hint: "refresh_token" },
      });
    expect((await client.profile(accessToken)).status).toBe(200);
    const [account] = [client.server.store.findAccountByEmail("v1@example.com")!];
    expect(client.server.store.devices.of(account.uid)).toHaveLength(1);
    expect(await destroy()).toMatchObject({ status: 200, body: {} });
    expect(await destroy()).toMatchObject({ status: 200, body: {} });
    expect((await refresh()).body.errno).toBe(110);
    expect((await client.profile(accessToken)).status).toBe(401);
    expect(client.server.store.devices.of(account.uid)).toHaveLength(0);
  });

  test.each([
    ["an unknown client", { client_id: "0000000000000000" }, 162],
    ["a wrong secret", { client_id: CONFIDENTIAL_CLIENT_ID, client_secret: "0".repeat(64) }, 171],
    ["another hint", { token_type_hint: "id_token" }, 107],
    ["upper-case hex", { token: "AB".repeat(32) }, 107],
  ])("cannot be destroyed by %s", async (_name, extra, errno) => {
    const { client, refreshToken, refresh } = await setUp();
    const body = { client_id: ANDROID, token: refreshToken, ...extra };
    expect((await client.auth("POST", "/oauth/destroy", { body })).body.errno).toBe(errno);
    expect((await refresh()).status).toBe(200);
  });

  test("survive another client's attempt to destroy them", async () => {
    const { client, refreshToken, refresh } = await setUp();
    await client.auth("POST", "/oauth/destroy", { body: { client_id: IOS, token: refreshToken } });
    expect((await refresh()).status).toBe(200);
  });
});

describe("the fxa-credentials grant", () => {
  const grant = { grant_type: "fxa-credentials", client_id: ANDROID, scope: `profile ${OLDSYNC}` };

  test("gives tokens to a session, and is what a request without code means", async () => {
    const client = await startTestServer();
    const caller = await client.signIn();
    const { body } = await token(client, { ...grant, grant_type: undefined, access_type: "offline" }, caller);
    expect(body).toMatchObject({
      scope: grant.scope,
      refresh_token: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect((await token(client, grant, caller)).body.refresh_token).toBeUndefined();
  });

  test.each([
    ["a client that must not", { client_id: PROFILE_ONLY_CLIENT_ID, scope: "profile" }, 400, 107],
    ["scopes not allowed", { scope: "basket" }, 400, 163],
    ["no time at all", { ttl: 0 }, 400, 107],
    ["a time as text", { ttl: "60" }, 400, 107],
    ["an unknown client", { client_id: "0000000000000000" }, 400, 162],
  ])("%s", async (_name, extra, status, errno) => {
    const client = await startTestServer();
    const reply = await token(client, { ...grant, ...extra }, await client.signIn());
    expect(reply).toMatchObject({ status, body: { errno } });
  });

  test("hands over a session for its scope, and never keys", async () => {
    const client = await startTestServer();
    const caller = await client.signIn();
    const { body } = await token(client, { ...grant, scope: SESSION, keys_jwe: JWE }, caller);
    const authorization = sessionBearer(body.session_token);
    expect((await client.auth("GET", "/session/status", { authorization })).body.state).toBe("verified");
    expect(body.session_token).not.toBe(caller.sessionToken);
    expect(body.keys_jwe).toBeUndefined();
    expect((await token(client, grant, caller)).body.session_token).toBeUndefined();
  });

  test("needs a session", async () => {
    const client = await startTestServer();
    expect(await token(client, grant)).toMatchObject({ status: 401, body: { errno: 110 } });
  });
});

describe("what expired", () => {
  const HOUR = 60 * MINUTE;

  test("is a code that is told apart from an unknown one for an hour, and then forgotten", async () => {
    const client = await startTestServer();
    const caller = await client.signIn();
    const { code, verifier } = await client.authorize(caller);
    client.clock.advance(15 * MINUTE + HOUR - 1);
    await client.authorize(caller);
    expect((await client.redeem(code, verifier)).body.errno).toBe(174);
    client.clock.advance(1);
    const fresh = await client.authorize(caller);
    expect((await client.redeem(code, verifier)).body.errno).toBe(172);
    expect((await client.redeem(fresh.code, fresh.verifier)).status).toBe(200);
  });

  test("is an access token that is forgotten in the same way, and its refresh token not", async () => {
    const client = await startTestServer({ accessTokenLifetime: MINUTE });
    const caller = await client.signIn();
    const { access_token: accessToken, refresh_token: refreshToken } = await client.tokens(caller);
    const issue = () =>
      token(client, { grant_type: "refresh_token", client_id: ANDROID, refresh_token: refreshToken });
    const verify = async () =>
      (await client.oauth("POST", "/verify", { body: { token: accessToken } })).body.errno;
    client.clock.advance(MINUTE + HOUR - 1);
    await issue();
    expect(await verify()).toBe(115);
    client.clock.advance(1);
    await issue();
    expect(await verify()).toBe(108);
    expect(client.server.store.grants.accessTokensOf(caller.uid)).toHaveLength(2);
  });
});

test("nothing that is stored is a token", async () => {
  const client = await startTestServer();
  const caller = await client.signIn();
  const { code } = await client.authorize(caller);
  const tokens = await client.tokens(caller, `profile ${SESSION}`);
  const { store } = client.server;
  const stored = JSON.stringify([
    store.sessions.of(caller.uid),
    store.grants.findCode(code),
    store.grants.refreshTokensOf(caller.uid),
    store.grants.accessTokensOf(caller.uid),
    store.sessions.findKeyFetchToken(caller.answer.keyFetchToken),
  ]);
  const secrets = [
    code,
    tokens.refresh_token,
    tokens.access_token,
    tokens.session_token,
    caller.sessionToken,
  ];
  for (const secret of secrets) {
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(stored).not.toContain(secret);
  }
});
