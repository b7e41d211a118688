/** The OAuth server's own routes, with its own numbers, and the profile server. */
import { describe, expect, test } from "vitest";
import { AuthProblem, OAuthProblem } from "../../src/accounts/problems.ts";
import { problemAnswer } from "../../src/accounts/router.ts";
import type { TestClient } from "./harness.ts";
import { ANDROID, MINUTE, OLDSYNC, rawRequest, SESSION, startTestServer, tokenId } from "./harness.ts";

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

  test("refreshes, from a form too, for as long as asked", async () => {
    const { client, tokens } = await withTokens();
    const body = { grant_type: "refresh_token", client_id: ANDROID, refresh_token: tokens.refresh_token };
    expect((await client.oauth("POST", "/token", { body })).body.scope).toBe(`profile ${OLDSYNC}`);
    expect((await form(client, "/token", { ...body, ttl: "60" })).body.expires_in).toBe(60);
    for (const ttl of ["0", "6e1", "-1", ""])
      expect((await form(client, "/token", { ...body, ttl })).body.errno).toBe(109);
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

describe("the numbers of the OAuth server", () => {
  const secret = "ab".repeat(32);
  test.each([
    ["/token", { client_id: ANDROID, code: UNKNOWN, client_secret: secret }, 400, 109],
    ["/destroy", { client_id: ANDROID, token: UNKNOWN, client_secret: secret }, 400, 109],
    ["/token", "{", 400, 109],
    ["/token", " ".repeat(16_385), 413, 999],
    ["/nowhere", {}, 404, 999],
  ])("%s, case %#", async (path, body, status, errno) => {
    const client = await startTestServer();
    expect(await client.oauth("POST", path, { body })).toMatchObject({
      status,
      body: { code: status, errno },
    });
  });

  test("are those of a body without length, and of staged failures", async () => {
    const { server, oauth } = await startTestServer().then((client) => ({
      server: client.server,
      oauth: () => client.oauth("POST", "/verify", { body: { token: UNKNOWN } }),
    }));
    const chunked = { "content-type": "application/json", "transfer-encoding": "chunked" };
    const unmeasured = await rawRequest(server.url, "/oauth/v1/verify", "POST", chunked, "{}");
    expect(unmeasured).toMatchObject({ status: 411, body: { errno: 999 } });
    server.faults.add({ path: "*", fault: { kind: "throttled", retryAfter: "7" }, times: 1 });
    server.faults.add({ path: "*", fault: { kind: "unavailable" }, times: 1 });
    const throttled = await oauth();
    expect(throttled).toMatchObject({ status: 429, body: { errno: 999 } });
    expect(throttled.headers.get("retry-after")).toBe("7");
    expect(await oauth()).toMatchObject({ status: 503, body: { errno: 201 } });
  });

  /** OAuth server, auth server; in this order only the first of two OAuth numbers with one translation comes back. */
  const pairs = [
    [101, 162],
    [102, 171],
    [103, 167],
    [105, 172],
    [106, 173],
    [107, 174],
    [108, 110],
    [109, 107],
    [110, 168],
    [114, 163],
    [116, 166],
    [117, 175],
    [118, 169],
    [119, 164],
    [120, 170],
    [122, 182],
    [201, 201],
    [202, 204],
    [999, 999],
  ] as const;
  const errnoOf = (problem: AuthProblem | OAuthProblem, host: "auth" | "oauth") =>
    problemAnswer(problem, host).body;

  test.each(pairs)("%i there is %i on the auth server, and back", (oauth, auth) => {
    expect(errnoOf(new OAuthProblem(oauth), "auth")).toMatchObject({ errno: auth });
    expect(errnoOf(new AuthProblem(auth), "oauth")).toMatchObject({ errno: oauth });
    expect(errnoOf(new OAuthProblem(oauth), "oauth")).toMatchObject({ errno: oauth });
    expect(errnoOf(new AuthProblem(auth), "auth")).toMatchObject({ errno: auth });
  });

  test.each([
    [new OAuthProblem(104), "auth", { errno: 110 }],
    [new OAuthProblem(121), "auth", { errno: 107 }],
    [new AuthProblem(106), "oauth", { errno: 109, code: 400 }],
    [new AuthProblem(108, { param: "code" }), "oauth", { errno: 109, param: "code" }],
    [new AuthProblem(109), "oauth", { errno: 111, code: 401 }],
    [new AuthProblem(103), "oauth", { errno: 999, code: 400 }],
    [new Error("a bug"), "oauth", { errno: 999, code: 500 }],
    [new Error("a bug"), "profile", { errno: 999, code: 500 }],
    [new AuthProblem(113), "profile", { errno: 999, code: 413 }],
    [new AuthProblem(201), "profile", { errno: 105, code: 503 }],
  ] as const)("%s on the %s server", (problem, host, body) => {
    expect(problemAnswer(problem, host).body).toMatchObject(body);
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
