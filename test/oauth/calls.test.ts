import { describe, expect, test } from "vitest";
import { FxaPairError } from "../../src/lib/errors.ts";
import { CLIENT_ID, failureOf, problem, scriptedClient, START } from "./support.ts";

const TOKEN = "0f".repeat(32);
const SESSION_ID = "923ee512d6153af6796ecb3aaddb1e8a48a713ef79cf0dbcfcc124456fd3ed6a";
const throttled = (retryAfter?: string) => ({ ...problem(429, 114), retryAfter });
const tokens = {
  access_token: "ab".repeat(32),
  token_type: "bearer",
  scope: "profile",
  expires_in: 3600,
};
const proof = { email: "a@example.com", authPW: new Uint8Array(32) };

describe("throttling", () => {
  test("waits as the header says, then goes on", async () => {
    const waits: number[] = [];
    const { client, http, clock } = scriptedClient(
      { "POST /v1/oauth/token": [throttled("7"), throttled(), { document: tokens }] },
      { onWait: (milliseconds) => waits.push(milliseconds) },
    );
    await client.redeem(CLIENT_ID, "00".repeat(32), "v".repeat(43));
    expect(clock.waits).toEqual([7000, 10_000]);
    expect(waits).toEqual([7000, 10_000]);
    expect(http.requests).toHaveLength(3);
  });

  test("gives up after three attempts", async () => {
    const { client, http } = scriptedClient({ "POST /v1/oauth/token": throttled("1") });
    expect(await failureOf(client.refresh({ clientId: CLIENT_ID, refreshToken: TOKEN }))).toMatchObject({
      code: "refused",
      details: { errno: 114, status: 429, retryAfter: 1 },
    });
    expect(http.requests).toHaveLength(3);
  });

  test("does not wait beyond its deadline, or a minute without one", async () => {
    for (const [deadline, retryAfter] of [
      [5000, "6"],
      [undefined, "61"],
    ] as const) {
      const { client, http, clock } = scriptedClient(
        { "GET /v1/session/status": throttled(retryAfter) },
        { deadline },
      );
      await failureOf(client.sessionStatus(TOKEN));
      expect([http.requests.length, clock.waits]).toEqual([1, []]);
    }
  });

  test.each([
    ["a password", "POST /v1/account/login", (c: Client) => c.signIn(proof)],
    ["a mailed code", "POST /v1/session/verify_code", (c: Client) => c.verifyCode(TOKEN, "123456")],
    ["a TOTP code", "POST /v1/session/verify/totp", (c: Client) => c.verifyTotp(TOKEN, "123456")],
    [
      "a backup code",
      "POST /v1/session/verify/recoveryCode",
      (c: Client) => c.verifyBackupCode(TOKEN, "a".repeat(10)),
    ],
  ])("never sends %s again", async (_, route, call) => {
    const { client, http } = scriptedClient({ [route]: throttled("1") });
    expect(await failureOf(call(client))).toMatchObject({ errno: 114 });
    expect(http.requests).toHaveLength(1);
  });

  test.each([403, 406])("A4: nothing is sent again to who takes it for a robot (%i)", async (status) => {
    const { client, http, clock } = scriptedClient({
      "POST /v1/oauth/token": { status, document: undefined },
    });
    expect(await failureOf(client.refresh({ clientId: CLIENT_ID, refreshToken: TOKEN }))).toMatchObject({
      code: "refused",
      hint: expect.stringContaining("Pair this device with one that is already signed in"),
    });
    expect([http.requests.length, clock.waits]).toEqual([1, []]);
  });

  test("waits for longer than a minute when its deadline allows it", async () => {
    const { client, clock } = scriptedClient(
      { "POST /v1/session/destroy": [throttled("100"), {}] },
      { deadline: 100_000 },
    );
    await client.destroySession(TOKEN);
    expect(clock.waits).toEqual([100_000]);
  });

  test("an interruption ends the wait", async () => {
    const controller = new AbortController();
    const { client } = scriptedClient(
      { "GET /v1/session/status": throttled("5") },
      {
        signal: controller.signal,
        onWait: () => {
          controller.abort(new FxaPairError("interrupted", "Interrupted."));
        },
      },
    );
    expect(await failureOf(client.sessionStatus(TOKEN))).toMatchObject({ code: "interrupted" });
  });

  type Client = ReturnType<typeof scriptedClient>["client"];
});

test("a code is not redeemed again after a server failure", async () => {
  const { client, http } = scriptedClient({ "POST /v1/oauth/token": problem(500, 999) });
  expect(await failureOf(client.redeem(CLIENT_ID, "00".repeat(32), "v".repeat(43)))).toMatchObject({
    code: "unreachable",
  });
  expect(http.requests).toHaveLength(1);
});

test("a concurrent update is tried once more", async () => {
  const { client, http } = scriptedClient({ "GET /v1/session/status": problem(409, 165) });
  await failureOf(client.sessionStatus(TOKEN));
  expect(http.requests).toHaveLength(2);
});

describe("credentials on the wire", () => {
  test("a session token goes as its derived id, never as itself", async () => {
    const { client, http } = scriptedClient({ "POST /v1/session/destroy": {} });
    await client.destroySession(TOKEN);
    const [request] = http.requests;
    expect(request?.headers).toEqual({ authorization: `Bearer fxs_${SESSION_ID}` });
    expect(request?.body).toEqual({});
    expect(JSON.stringify(request)).not.toContain(TOKEN);
  });

  test("a GET has no body", async () => {
    const { client, http } = scriptedClient({ "GET /v1/account/devices": { document: [] } });
    await client.devices({ refreshToken: TOKEN });
    expect(http.requests[0]).not.toHaveProperty("body");
    expect(http.requests[0]?.headers).toEqual({ authorization: `Bearer ${TOKEN}` });
  });

  test("a token of another form is not sent at all", async () => {
    const { client, http } = scriptedClient({});
    expect(await failureOf(client.sessionStatus("nonsense"))).toMatchObject({ code: "not_signed_in" });
    expect(http.requests).toHaveLength(0);
  });

  test("the authority sends exactly what a pairing authority sends", async () => {
    const answer = { code: "00".repeat(32), state: "s", redirect: "https://x" };
    const { client, http } = scriptedClient({ "POST /v1/oauth/authorization": { document: answer } });
    const request = {
      clientId: CLIENT_ID,
      scope: ["profile", "a"],
      state: "s",
      codeChallenge: "c",
      keysJwe: "j",
    };
    await client.authorize(TOKEN, request);
    expect(http.requests[0]?.body).toEqual({
      client_id: CLIENT_ID,
      response_type: "code",
      state: "s",
      scope: "profile a",
      access_type: "offline",
      code_challenge: "c",
      code_challenge_method: "S256",
      keys_jwe: "j",
    });
  });
});

describe("answers of another form", () => {
  test.each([
    ["a scope that is no text", { ...tokens, scope: ["profile"] }, "scope"],
    ["a short refresh token", { ...tokens, refresh_token: "ab" }, "refresh_token"],
    ["a token with a line feed", { ...tokens, access_token: "a\nb" }, "access_token"],
    ["another token type", { ...tokens, token_type: "mac" }, "token_type"],
    ["a negative life", { ...tokens, expires_in: -1 }, "expires_in"],
    ["an array", [], "access_token"],
  ])("%s is refused, the member named and the value not", async (_, document, member) => {
    const { client } = scriptedClient({ "POST /v1/oauth/token": { document } });
    const failure = await failureOf(client.refresh({ clientId: CLIENT_ID, refreshToken: TOKEN }));
    expect(failure).toMatchObject({ code: "refused", message: expect.stringContaining(`(${member})`) });
  });

  test("unknown members are ignored, null counts as absent", async () => {
    const document = { ...tokens, refresh_token: null, something: { new: true }, auth_at: null };
    const { client } = scriptedClient({ "POST /v1/oauth/token": { document } });
    const answer = await client.refresh({ clientId: CLIENT_ID, refreshToken: TOKEN });
    expect(answer).toEqual({
      accessToken: tokens.access_token,
      scope: ["profile"],
      expiresIn: 3600,
      authAt: null,
      refreshToken: null,
      sessionToken: null,
      keysJwe: null,
    });
  });

  test("keys of the server's choice are not shown", async () => {
    const document = { "\u001b[2J": { identifier: "x" } };
    const { client } = scriptedClient({ "POST /v1/account/scoped-key-data": { document } });
    const failure = await failureOf(client.scopedKeyData(TOKEN, CLIENT_ID, ["profile"]));
    expect((failure as Error).message).toBe(
      "The accounts server's answer at /account/scoped-key-data has an unexpected form.",
    );
  });
});

test("older servers' session states", async () => {
  const uid = "a1".repeat(16);
  const { client } = scriptedClient({
    "GET /v1/session/status": [
      { document: { state: "verified", uid } },
      { document: { state: "verified", uid, details: { sessionVerified: false } } },
      { document: { state: "unverified", uid } },
    ],
  });
  const states = [];
  for (let i = 0; i < 3; i++) states.push((await client.sessionStatus(TOKEN)).verified);
  expect(states).toEqual([true, false, false]);
});

test("stretch version 1 is assumed where the question is not known", async () => {
  const { client } = scriptedClient({
    "POST /v1/account/credentials/status": [problem(410, 116), { status: 404 }, problem(400, 102)],
  });
  expect(await client.credentialsStatus("a@b.c")).toEqual({ version: 1 });
  expect(await client.credentialsStatus("a@b.c")).toEqual({ version: 1 });
  expect(await failureOf(client.credentialsStatus("a@b.c"))).toMatchObject({ errno: 102 });
});

test("a client's name is a courtesy: no failure matters, but an interruption does", async () => {
  const { client } = scriptedClient({
    "GET /v1/oauth/client/a2270f727f45f648": [
      { document: { id: CLIENT_ID, name: "Firefox" } },
      problem(400, 162),
      problem(500, 999),
      new FxaPairError("interrupted", "Interrupted."),
    ],
  });
  expect(await client.clientName(CLIENT_ID)).toBe("Firefox");
  expect(await client.clientName(CLIENT_ID)).toBeNull();
  expect(await client.clientName(CLIENT_ID)).toBeNull();
  expect(await failureOf(client.clientName(CLIENT_ID))).toMatchObject({ code: "interrupted" });
});

test("a device takes the id the server has for it", async () => {
  const id = "d1".repeat(16);
  const record = { document: { id, name: "n", type: "desktop" } };
  const { client, http } = scriptedClient({
    "POST /v1/account/device": [problem(400, 124, { deviceId: id }), record, problem(400, 123), record],
  });
  const device = { id: "e2".repeat(16), name: "n", type: "desktop" } as const;
  await client.registerDevice({ sessionToken: TOKEN }, device);
  await client.registerDevice({ sessionToken: TOKEN }, device);
  expect(http.bodies("POST /v1/account/device").map((body) => body.id)).toEqual([
    device.id,
    id,
    device.id,
    undefined,
  ]);
});

test("the clock's difference to the server's is kept", async () => {
  const { client } = scriptedClient({ "POST /v1/session/destroy": { serverTime: START / 1000 + 90 } });
  expect(client.clockSkew).toBeNull();
  await client.destroySession(TOKEN);
  expect(client.clockSkew).toBe(90_000);
});
