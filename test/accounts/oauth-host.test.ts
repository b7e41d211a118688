/** The OAuth server's own routes, with its own numbers, and the profile server. */
import { describe, expect, test } from "vitest";
import type { TestClient } from "./harness.ts";
import { ANDROID, MINUTE, OLDSYNC, SESSION, startTestServer, tokenId } from "./harness.ts";

const UNKNOWN = "0".repeat(64);

async function withTokens(scope?: string) {
  const client = await startTestServer({ accessTokenLifetime: 10 * MINUTE });
  const caller = await client.signIn();
  return { client, caller, tokens: await client.tokens(caller, scope) };
}

function form(client: TestClient, path: string, fields: Record<string, string>) {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return client.oauth("POST", path, { body: new URLSearchParams(fields).toString(), headers });
}

describe("/v1/token", () => {
  test("redeems a code from a form, with the id of the session instead of a session", async () => {
    const client = await startTestServer();
    const caller = await client.signIn();
    const { code, verifier } = await client.authorize(caller, { scope: `profile ${SESSION}` });
    const { body } = await form(client, "/token", {
      client_id: ANDROID,
      code,
      code_verifier: verifier,
      ttl: "60",
    });
    expect(body).toMatchObject({
      session_token_id: tokenId(caller.sessionToken, "sessionToken"),
      expires_in: 60,
    });
    expect(body.session_token).toBeUndefined();
  });

  test("refreshes", async () => {
    const { client, tokens } = await withTokens();
    const body = { grant_type: "refresh_token", client_id: ANDROID, refresh_token: tokens.refresh_token };
    expect((await client.oauth("POST", "/token", { body })).body.scope).toBe(`profile ${OLDSYNC}`);
  });

  const code = { client_id: ANDROID, code: UNKNOWN, code_verifier: "v".repeat(43) };
  test.each([
    ["an unknown client", { ...code, client_id: "0000000000000000" }, 400, 101],
    ["an unknown code", code, 400, 105],
    [
      "an unknown refresh token",
      { grant_type: "refresh_token", client_id: ANDROID, refresh_token: UNKNOWN },
      400,
      108,
    ],
    ["a verifier with a dot", { ...code, code_verifier: `${"v".repeat(42)}.` }, 400, 109],
    ["a missing field", { code: UNKNOWN }, 400, 109],
    ["a session's grant", { grant_type: "fxa-credentials", client_id: ANDROID }, 400, 121],
  ])("%s", async (_name, body, status, errno) => {
    const client = await startTestServer();
    expect(await client.oauth("POST", "/token", { body })).toMatchObject({ status, body: { errno } });
  });

  test("a wrong verifier is 117 and the code stays; another content type is 415", async () => {
    const client = await startTestServer();
    const issued = await client.authorize(await client.signIn());
    const redeem = (verifier: string, headers = {}) =>
      client.oauth("POST", "/token", {
        body: { client_id: ANDROID, code: issued.code, code_verifier: verifier },
        headers,
      });
    expect((await redeem("v".repeat(43))).body.errno).toBe(117);
    const asText = await redeem(issued.verifier, { "content-type": "text/plain" });
    expect(asText).toMatchObject({ status: 415, body: { errno: 113 } });
    expect((await redeem(issued.verifier)).status).toBe(200);
  });
});

describe("/v1/introspect and /v1/verify", () => {
  test("describe a live access token, times in milliseconds", async () => {
    const { client, caller, tokens } = await withTokens();
    const { body } = await client.oauth("POST", "/introspect", { body: { token: tokens.access_token } });
    expect(body).toEqual({
      active: true,
      scope: `profile ${OLDSYNC}`,
      client_id: ANDROID,
      token_type: "access_token",
      iat: 1_700_000_000_000,
      exp: 1_700_000_600_000,
      sub: caller.uid,
      jti: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const verified = await client.oauth("POST", "/verify", { body: { token: tokens.access_token } });
    expect(verified.body).toMatchObject({
      user: caller.uid,
      client_id: ANDROID,
      scope: ["profile", OLDSYNC],
    });
  });

  test("describe a refresh token", async () => {
    const { client, tokens } = await withTokens();
    const { body } = await form(client, "/introspect", { token: tokens.refresh_token });
    expect(body).toMatchObject({
      active: true,
      token_type: "refresh_token",
      "fxa-lastUsedAt": 1_700_000_000_000,
    });
  });

  test("an expired token is inactive, 115, and nothing to the profile server", async () => {
    const { client, tokens } = await withTokens();
    client.clock.advance(10 * MINUTE);
    const body = { token: tokens.access_token };
    expect((await client.oauth("POST", "/introspect", { body })).body).toEqual({ active: false });
    expect(await client.oauth("POST", "/verify", { body })).toMatchObject({
      status: 400,
      body: { errno: 115 },
    });
    expect((await client.profile(tokens.access_token)).status).toBe(401);
  });

  test("an unknown token is inactive, and 108", async () => {
    const client = await startTestServer();
    const body = { token: UNKNOWN };
    expect((await client.oauth("POST", "/introspect", { body })).body).toEqual({ active: false });
    expect((await client.oauth("POST", "/verify", { body })).body.errno).toBe(108);
  });
});

describe("/v1/destroy", () => {
  test.each(["token", "refresh_token", "refresh_token_id"])("takes a refresh token as %s", async (field) => {
    const { client, tokens } = await withTokens();
    const { body } = await client.oauth("POST", "/introspect", { body: { token: tokens.refresh_token } });
    const value = field === "refresh_token_id" ? body.jti : tokens.refresh_token;
    expect((await client.oauth("POST", "/destroy", { body: { [field]: value } })).status).toBe(200);
    expect((await client.profile(tokens.access_token)).status).toBe(401);
  });

  test("takes an access token, and only that", async () => {
    const { client, tokens } = await withTokens();
    expect((await form(client, "/destroy", { access_token: tokens.access_token })).status).toBe(200);
    expect((await client.profile(tokens.access_token)).status).toBe(401);
    const { body } = await client.oauth("POST", "/introspect", { body: { token: tokens.refresh_token } });
    expect(body.active).toBe(true);
  });

  test.each([
    ["an unknown token", { token: UNKNOWN }, 108],
    ["two tokens", { token: UNKNOWN, access_token: UNKNOWN }, 109],
    ["none", {}, 109],
    ["an unknown client", { client_id: "0000000000000000", token: UNKNOWN }, 101],
  ])("%s", async (_name, body, errno) => {
    const client = await startTestServer();
    expect(await client.oauth("POST", "/destroy", { body })).toMatchObject({ status: 400, body: { errno } });
  });
});

describe("/v1/client/{id}", () => {
  test("names a client; an unknown one is 101", async () => {
    const client = await startTestServer();
    expect((await client.oauth("GET", `/client/${ANDROID}`)).body.name).toBe("Firefox for Android");
    expect((await client.oauth("GET", "/client/0000000000000000")).body.errno).toBe(101);
    expect((await client.oauth("GET", "/client/x")).body.errno).toBe(109);
  });
});

describe("/v1/profile", () => {
  test("shows the whole profile to its scope", async () => {
    const { client, caller, tokens } = await withTokens();
    expect((await client.profile(tokens.access_token)).body).toEqual({
      uid: caller.uid,
      email: "v1@example.com",
      displayName: null,
      avatar: expect.stringMatching(/^http:/),
      avatarDefault: true,
      locale: "en-US",
      amrValues: ["pwd"],
      twoFactorAuthentication: false,
      subscriptions: [],
    });
  });

  test.each([
    ["profile:email", { email: "v1@example.com" }],
    ["email", { email: "v1@example.com" }],
    ["profile:display_name", { displayName: null }],
  ])("shows %s only its part", async (scope, members) => {
    const { client, tokens } = await withTokens(scope);
    expect((await client.profile(tokens.access_token)).body).toEqual(members);
  });

  test("is 304 when unchanged", async () => {
    const { client, tokens } = await withTokens();
    const etag = (await client.profile(tokens.access_token)).headers.get("etag")!;
    expect((await client.profile(tokens.access_token, { "if-none-match": etag })).status).toBe(304);
    expect((await client.profile(tokens.access_token, { "if-none-match": '"x"' })).status).toBe(200);
  });

  test("is 403 without a profile scope and 401 for what is no access token", async () => {
    const { client, caller, tokens } = await withTokens(OLDSYNC);
    expect(await client.profile(tokens.access_token)).toMatchObject({ status: 403, body: { errno: 100 } });
    for (const token of [tokens.refresh_token, UNKNOWN, caller.sessionToken, "", `fxs_${UNKNOWN}`]) {
      expect(await client.profile(token)).toMatchObject({ status: 401, body: { code: 401 } });
    }
  });
});
