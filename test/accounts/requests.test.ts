/** What every route has in common: bodies, error objects, headers, and the three ways of authenticating. */
import { createHash, createHmac } from "node:crypto";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { rawRequest, startTestServer, tokenId, tokenMaterial } from "./harness.ts";
import type { TestClient } from "./harness.ts";

const EMAIL = "v1@example.com";

/** The whole answer to a request that is written out: `fetch` and `node:http` always tell a length. */
function sendText(origin: string, request: string): Promise<string> {
  const socket = connect(Number(new URL(origin).port), "127.0.0.1");
  socket.write(request);
  return text(socket);
}

describe("request bodies", () => {
  const login = { email: EMAIL, authPW: "0".repeat(64) };
  test.each([
    ["not JSON", "{", 400, 106, {}],
    ["not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), 400, 106, {}],
    ["no body", "", 400, 106, {}],
    ["an array", "[]", 400, 107, { validation: { source: "payload", keys: [] } }],
    ["text", '"x"', 400, 107, { validation: { source: "payload", keys: [] } }],
    ["a missing field", JSON.stringify({ email: EMAIL }), 400, 108, { param: "authPW" }],
    [
      "null",
      JSON.stringify({ ...login, authPW: null }),
      400,
      107,
      { validation: { source: "payload", keys: ["authPW"] } },
    ],
    [
      "a wrong type",
      JSON.stringify({ ...login, email: 7 }),
      400,
      107,
      { validation: { source: "payload", keys: ["email"] } },
    ],
    [
      "a wrong length",
      JSON.stringify({ ...login, authPW: "00" }),
      400,
      107,
      { validation: { source: "payload", keys: ["authPW"] } },
    ],
    [
      "a control character",
      JSON.stringify({ ...login, email: "a\u0007@b.c" }),
      400,
      107,
      { validation: { source: "payload", keys: ["email"] } },
    ],
    ["an unknown field", JSON.stringify({ ...login, more: 1 }), 400, 102, { email: EMAIL }],
    ["more than 16 384 bytes", "x".repeat(16_385), 413, 113, {}],
    ["exactly 16 384 bytes", JSON.stringify(login).padEnd(16_384), 400, 102, {}],
  ])("%s", async (_name, body, status, errno, extras) => {
    const { server } = await startTestServer();
    const headers = { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };
    const reply = await rawRequest(server.url, "/auth/v1/account/login", "POST", headers, body);
    expect(reply).toMatchObject({ status, body: { code: status, errno, ...extras } });
    expect(Object.keys(reply.body)).toEqual(expect.arrayContaining(["code", "errno", "error", "message"]));
  });

  test("a body of unknown length is refused, and so is another content type", async () => {
    const { server } = await startTestServer();
    const path = "/auth/v1/account/login";
    const chunked = { "content-type": "application/json", "transfer-encoding": "chunked" };
    expect(await rawRequest(server.url, path, "POST", chunked, "{}")).toMatchObject({
      status: 411,
      body: { errno: 112 },
    });
    const plain = { "content-type": "text/plain", "content-length": "2" };
    expect(await rawRequest(server.url, path, "POST", plain, "{}")).toMatchObject({
      status: 400,
      body: { errno: 106 },
    });
  });

  test.each([
    ["POST", "/auth/v1/session/destroy", "411", 112],
    ["POST", "/oauth/v1/introspect", "411", 999],
    ["GET", "/auth/v1/session/status", "401", 110],
  ])("%s %s without a content length", async (method, path, status, errno) => {
    const { server } = await startTestServer();
    const answer = await sendText(
      server.url,
      `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain(`"errno":${errno},`);
  });

  test("a query is checked like a body", async () => {
    const client = await startTestServer();
    const reply = await client.login(EMAIL, {}, "?keys=maybe");
    expect(reply.body).toMatchObject({ errno: 107, validation: { source: "query", keys: ["keys"] } });
  });

  test.each([
    "/session/verify_code",
    "/session/resend_code",
    "/session/verify/totp",
    "/session/verify/recoveryCode",
    "/session/reauth",
    "/session/duplicate",
    "/account/scoped-key-data",
    "/oauth/authorization",
    "/account/device",
    "/account/device/destroy",
  ])("POST %s with a session but without a body is 401/109", async (path) => {
    const client = await startTestServer();
    const { authorization } = await client.signIn();
    expect(await client.auth("POST", path, { authorization })).toMatchObject({
      status: 401,
      body: { errno: 109 },
    });
  });
});

describe("answers", () => {
  test.each([
    ["GET", "/auth/v1/nowhere"],
    ["GET", "/auth/v1/account/login"],
    ["PUT", "/auth/v1/account/login"],
    ["POST", "/.well-known/fxa-client-configuration"],
    ["GET", "/__control__/mail"],
    ["GET", "/"],
  ])("%s %s is unknown: 404 with an error object", async (method, path) => {
    const client = await startTestServer();
    const reply = await client.call(method, path, {});
    expect(reply).toMatchObject({ status: 404, body: { code: 404, errno: 116 } });
  });

  test("an odd request target is unknown like any other", async () => {
    const { server } = await startTestServer();
    for (const path of ["//", "//[", "/%", "/auth/v1/oauth/client/%ff?%"]) {
      const reply = await rawRequest(server.url, path, "GET", {}, "");
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(reply.body.errno).toBeTypeOf("number");
    }
  });

  test("all carry the server's time in seconds", async () => {
    const client = await startTestServer();
    client.clock.advance(1999);
    const replies = [
      await client.call("GET", "/.well-known/fxa-client-configuration", {}),
      await client.auth("GET", "/nowhere"),
      await client.login(EMAIL),
    ];
    expect(replies.map(({ headers }) => headers.get("timestamp"))).toEqual(Array(3).fill("1700000001"));
  });

  test("refusals repeat no secret", async () => {
    const client = await startTestServer();
    await client.signIn();
    const secret = "ab".repeat(32);
    const replies = [
      await client.login(EMAIL, { authPW: secret }),
      await client.redeem(secret, "v".repeat(43)),
      await client.auth("GET", "/session/status", { authorization: `Bearer fxs_${secret}` }),
      await client.oauth("POST", "/verify", { body: { token: secret } }),
      await client.oauth("POST", "/destroy", { body: { token: secret, access_token: secret } }),
    ];
    for (const { status, text } of replies) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(text).not.toContain(secret);
    }
  });
});

describe("discovery", () => {
  test("names all servers, with and without /v1, and the relay of the moment", async () => {
    let relay = "ws://127.0.0.1:1";
    const client = await startTestServer({ pairingServer: () => relay });
    relay = "ws://127.0.0.1:2/x";
    const { url } = client.server;
    const { body, headers } = await client.call("GET", "/.well-known/fxa-client-configuration", {});
    expect(body).toEqual({
      auth_server_base_url: `${url}/auth`,
      oauth_server_base_url: `${url}/oauth`,
      profile_server_base_url: `${url}/profile/v1`,
      pairing_server_base_uri: "ws://127.0.0.1:2/x",
      sync_tokenserver_base_url: `${url}/token`,
    });
    expect(headers.get("cache-control")).toBe("public, max-age=86400");
    const openid = await client.call("GET", "/.well-known/openid-configuration", {});
    expect(openid.body).toMatchObject({ issuer: url, token_endpoint: `${url}/oauth/v1/token` });
  });
});

describe("prefixed Bearer", () => {
  test("takes exactly one form", async () => {
    const client = await startTestServer();
    const { sessionToken } = await client.signIn();
    const id = tokenId(sessionToken, "sessionToken");
    const status = (authorization: string) => client.auth("GET", "/session/status", { authorization });
    expect((await status(`Bearer fxs_${id}`)).status).toBe(200);
    const wrong = [
      `Bearer fxs_${sessionToken}`, // the token instead of its id
      `Bearer fxs_${id.toUpperCase()}`,
      `Bearer fxk_${id}`,
      `Bearer ${id}`,
      `bearer fxs_${id}`,
      `Bearer  fxs_${id}`,
      `Bearer fxs_${id}0`,
      `Bearer fxs_${id.slice(1)}`,
      `Basic fxs_${id}`,
    ];
    for (const header of wrong)
      expect(await status(header)).toMatchObject({ status: 401, body: { errno: 110 } });
    expect(await client.auth("GET", "/session/status")).toMatchObject({ status: 401, body: { errno: 110 } });
  });

  test("a session is no key-fetch token", async () => {
    const client = await startTestServer();
    const { authorization } = await client.signIn();
    expect(await client.auth("GET", "/account/keys", { authorization })).toMatchObject({
      body: { errno: 110 },
    });
  });
});

describe("Hawk", () => {
  /** A header as desktop Firefox signs it; `spoil` changes one of its attributes. */
  function hawk(client: TestClient, token: string, spoil: Record<string, string> = {}): string {
    const material = tokenMaterial(token, "sessionToken");
    const { hostname, port } = new URL(client.server.url);
    const hash = createHash("sha256").update('hawk.1.payload\napplication/json\n{"a":1}\n').digest("base64");
    const lines = [
      "hawk.1.header",
      "1700000000",
      "n",
      "POST",
      "/auth/v1/session/duplicate",
      hostname,
      port,
      hash,
      "",
    ];
    const mac = createHmac("sha256", material.subarray(32, 64))
      .update(`${lines.join("\n")}\n`)
      .digest("base64");
    const id = material.subarray(0, 32).toString("hex");
    const attributes = { id, ts: "1700000000", nonce: "n", hash, mac, ...spoil };
    return `Hawk ${Object.entries(attributes)
      .map(([name, value]) => `${name}="${value}"`)
      .join(", ")}`;
  }

  test.each([
    ["as it should be", {}, '{"a":1}', 200, undefined],
    ["a wrong MAC", { mac: "AAAA" }, '{"a":1}', 401, 109],
    ["another time than the signed one", { ts: "1700000001" }, '{"a":1}', 401, 109],
    ["another body than the hashed one", {}, '{"a":2}', 401, 109],
    ["an unknown attribute", { unknown: "x" }, '{"a":1}', 401, 109],
    ["an unknown id", { id: "0".repeat(64) }, '{"a":1}', 401, 110],
  ])("%s", async (_name, spoil, body, status, errno) => {
    const client = await startTestServer();
    const { sessionToken } = await client.signIn();
    const authorization = hawk(client, sessionToken, spoil);
    const reply = await client.auth("POST", "/session/duplicate", { authorization, body });
    expect([reply.status, reply.body.errno]).toEqual([status, errno]);
  });
});
