import { describe, expect, test } from "vitest";
import {
  CONFIDENTIAL_CLIENT_ID,
  DISABLED_CLIENT_ID,
  PROFILE_ONLY_CLIENT_ID,
} from "../../src/accounts/clients.ts";
import type { SignedIn, TestClient } from "./harness.ts";
import { ANDROID, authorization, OLDSYNC, SESSION, startTestServer } from "./harness.ts";

const VERIFIER = "v".repeat(43);

function authorize(client: TestClient, caller: SignedIn, extra: Record<string, unknown> = {}) {
  const body = authorization(VERIFIER, extra);
  return client.auth("POST", "/oauth/authorization", { authorization: caller.authorization, body });
}

describe("/oauth/authorization", () => {
  test("gives a code and the state byte for byte, and ignores unknown fields", async () => {
    const client = await startTestServer();
    const state = 'ü "\\ \u2028 %00 +/=';
    const { status, body } = await authorize(client, await client.signIn(), { state, more: 1 });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      state,
      code: expect.stringMatching(/^[0-9a-f]{64}$/),
      scope: `profile ${OLDSYNC}`,
    });
    const redirect = new URL(body.redirect);
    expect(redirect.origin + redirect.pathname).toBe(`https://accounts.firefox.com/oauth/success/${ANDROID}`);
    expect([redirect.searchParams.get("code"), redirect.searchParams.get("state")]).toEqual([
      body.code,
      state,
    ]);
  });

  test.each([
    [
      "upper-case client id",
      { client_id: ANDROID.toUpperCase() },
      107,
      { validation: { source: "payload", keys: ["client_id"] } },
    ],
    ["no client id", { client_id: undefined }, 108, { param: "client_id" }],
    ["no state", { state: undefined }, 108, { param: "state" }],
    ["513 characters of state", { state: "s".repeat(513) }, 107, {}],
    ["two spaces in the scope", { scope: "profile  openid" }, 107, {}],
    ["plus in the scope", { scope: "profile+openid" }, 107, {}],
    ["a malformed scope value", { scope: "profile:" }, 107, {}],
    ["257 characters of scope", { scope: "a".repeat(257) }, 107, {}],
    ["a short challenge", { code_challenge: "c".repeat(42) }, 107, {}],
    ["a padded challenge", { code_challenge: `${"c".repeat(42)}=` }, 107, {}],
    ["plain PKCE", { code_challenge_method: "plain" }, 107, {}],
    ["another access type", { access_type: "always" }, 107, {}],
    ["four parts of keys_jwe", { keys_jwe: "a..b.c" }, 107, {}],
    ["1025 characters of keys_jwe", { keys_jwe: `a..b.c.${"d".repeat(1018)}` }, 107, {}],
    [
      "an out-of-band redirect URI",
      { redirect_uri: "urn:ietf:wg:oauth:2.0:oob:pair-auth-webchannel" },
      107,
      {},
    ],
    ["an age as text", { max_age: "60" }, 107, {}],
    ["an assertion", { assertion: "x" }, 107, {}],
    ["a resource", { resource: "https://example.com" }, 107, {}],
    ["an unknown client", { client_id: "0000000000000000" }, 162, {}],
    [
      "another redirect URI",
      { redirect_uri: "https://example.com/" },
      167,
      { redirectUri: "https://example.com/" },
    ],
    ["another response type", { response_type: "token" }, 168, {}],
    ["a level not reached", { acr_values: "AAL2" }, 170, { foundValue: "AAL1" }],
    ["no PKCE", { code_challenge: undefined, code_challenge_method: undefined }, 169, {}],
    ["half of PKCE", { code_challenge_method: undefined }, 169, {}],
    ["PKCE with a secret", { client_id: CONFIDENTIAL_CLIENT_ID, scope: "openid" }, 166, {}],
  ])("%s", async (_name, extra, errno, extras) => {
    const client = await startTestServer();
    const reply = await authorize(client, await client.signIn(), extra);
    expect(reply).toMatchObject({ status: 400, body: { errno, ...extras } });
  });

  test("a disabled client is 204, before anything about the session", async () => {
    const client = await startTestServer();
    const caller = await client.signIn("unconfirmed");
    expect(await authorize(client, caller, { client_id: DISABLED_CLIENT_ID })).toMatchObject({
      status: 503,
      body: { errno: 204 },
    });
  });

  test("1024 characters of keys_jwe and 512 of state are not too many", async () => {
    const client = await startTestServer();
    const extra = { keys_jwe: `a..b.c.${"d".repeat(1017)}`, state: "s".repeat(512) };
    expect((await authorize(client, await client.signIn(), extra)).status).toBe(200);
  });

  test.each([
    [ANDROID, `profile ${OLDSYNC} ${SESSION}`, []],
    [ANDROID, "profile:email openid profile:subscriptions email", []],
    [ANDROID, "profile:write", ["profile:write"]],
    [ANDROID, "clients:write basket", ["clients:write", "basket"]],
    [ANDROID, `profile ${OLDSYNC}/bookmarks`, [`${OLDSYNC}/bookmarks`]],
    [PROFILE_ONLY_CLIENT_ID, `profile ${OLDSYNC}`, [OLDSYNC]],
    [CONFIDENTIAL_CLIENT_ID, "openid profile:uid profile:email profile:display_name", []],
    [CONFIDENTIAL_CLIENT_ID, "profile profile:uid", ["profile"]],
  ])("%s asking for %s may not have %j", async (clientId, scope, invalidScopes) => {
    const client = await startTestServer();
    const pkce =
      clientId === CONFIDENTIAL_CLIENT_ID
        ? { code_challenge: undefined, code_challenge_method: undefined }
        : {};
    const reply = await authorize(client, await client.signIn(), { client_id: clientId, scope, ...pkce });
    if (invalidScopes.length === 0) expect(reply.body.scope).toBe(scope);
    else expect(reply).toMatchObject({ status: 400, body: { errno: 163, invalidScopes } });
  });

  test("keys that changed after the sign-in are 164 for key-bearing scopes alone", async () => {
    const client = await startTestServer();
    const caller = await client.signIn();
    client.server.store.findAccount(caller.uid)!.keysChangedAt += 1000;
    const stale = { status: 401, body: { errno: 164, authAt: 1_700_000_000 } };
    expect(await authorize(client, caller)).toMatchObject(stale);
    expect((await authorize(client, caller, { scope: "profile" })).status).toBe(200);
    const keyData = { client_id: ANDROID, scope: OLDSYNC };
    const { authorization: session } = caller;
    expect(
      await client.auth("POST", "/account/scoped-key-data", { authorization: session, body: keyData }),
    ).toMatchObject(stale);
  });
});

describe("scoped-key data and client names", () => {
  test("only key-bearing scopes appear, with the time of the keys in milliseconds", async () => {
    const client = await startTestServer();
    const { authorization: session } = await client.signIn();
    const ask = (scope: string, clientId = ANDROID) =>
      client.auth("POST", "/account/scoped-key-data", {
        authorization: session,
        body: { client_id: clientId, scope },
      });
    expect((await ask(`profile ${OLDSYNC} ${SESSION}`)).body).toEqual({
      [OLDSYNC]: {
        identifier: OLDSYNC,
        keyRotationSecret: "0".repeat(64),
        keyRotationTimestamp: 1_700_000_000_000,
      },
    });
    expect((await ask("profile")).body).toEqual({});
    expect((await ask(OLDSYNC, PROFILE_ONLY_CLIENT_ID)).body.errno).toBe(163);
    expect((await ask(OLDSYNC, "0000000000000000")).body.errno).toBe(162);
  });

  test("a client's name is public", async () => {
    const client = await startTestServer();
    const name = (id: string) => client.auth("GET", `/oauth/client/${id}`);
    expect((await name(ANDROID)).body).toMatchObject({
      id: ANDROID,
      name: "Firefox for Android",
      trusted: true,
    });
    expect(await name("0000000000000000")).toMatchObject({ status: 400, body: { errno: 162 } });
    expect(await name(ANDROID.toUpperCase())).toMatchObject({ status: 400, body: { errno: 107 } });
  });
});
