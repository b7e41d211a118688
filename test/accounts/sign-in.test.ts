import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { FixtureName } from "../../src/accounts/fixtures.ts";
import { createFixtureAccount, fixtureEmail, FIXTURE_PASSWORD } from "../../src/accounts/fixtures.ts";
import {
  expand,
  keyFetchBearer,
  MINUTE,
  openBundle,
  sessionBearer,
  startTestServer,
  stretch,
  stretchV2,
  tokenMaterial,
} from "./harness.ts";

const EMAIL = "a@example.com";
const WRONG = "0".repeat(64);

describe("/account/create", () => {
  test("makes a version 1 account that waits for its confirmation", async () => {
    const client = await startTestServer();
    const { authPW } = stretch(EMAIL);
    const body = { email: EMAIL, authPW, verificationMethod: "email-otp" };
    const created = await client.auth("POST", "/account/create?keys=true", { body });
    expect(created).toMatchObject({
      status: 200,
      body: { emailVerified: false, sessionVerified: false, verificationReason: "signup" },
    });
    const { sessionToken, keyFetchToken, uid } = created.body;
    const authorization = sessionBearer(sessionToken);
    const code = client.server.mail.last(EMAIL, "code")!.code;
    await client.auth("POST", "/session/verify_code", { authorization, body: { code } });
    const status = await client.auth("GET", "/recovery_email/status", { authorization });
    expect(status.body).toEqual({ email: EMAIL, emailVerified: true, sessionVerified: true, verified: true });
    const keys = await client.auth("GET", "/account/keys", { authorization: keyFetchBearer(keyFetchToken) });
    expect(keys.body.bundle).toMatch(/^[0-9a-f]{192}$/);
    expect((await client.login(EMAIL)).body).toMatchObject({ uid, verified: true });
  });

  test("gives an address to one of two simultaneous requests", async () => {
    const client = await startTestServer();
    const body = { email: EMAIL, authPW: WRONG };
    const create = () => client.auth("POST", "/account/create", { body });
    const statuses = (await Promise.all([create(), create()])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 400]);
  });

  test("refuses an address that is taken, in any letter case", async () => {
    const client = await startTestServer();
    await client.signIn();
    const body = { email: "V1@example.com", authPW: WRONG };
    expect(await client.auth("POST", "/account/create", { body })).toMatchObject({
      status: 400,
      body: { errno: 101 },
    });
  });
});

describe("/account/credentials/status", () => {
  test.each([
    ["v1", 200, { currentVersion: "v1", upgradeNeeded: true }],
    [
      "v2",
      200,
      {
        currentVersion: "v2",
        upgradeNeeded: false,
        clientSalt: expect.stringMatching(/^identity\.mozilla\.com\/picl\/v1\/quickStretchV2:[0-9a-f]{32}$/),
      },
    ],
    ["no-password", 400, { errno: 210 }],
  ] as const)("%s", async (name, status, body) => {
    const client = await startTestServer();
    await createFixtureAccount(client.server.store, name);
    const reply = await client.auth("POST", "/account/credentials/status", {
      body: { email: fixtureEmail(name) },
    });
    expect(reply).toMatchObject({ status, body });
  });

  test("an unknown address is 102, and the 101st question too many", async () => {
    const client = await startTestServer();
    const ask = () => client.auth("POST", "/account/credentials/status", { body: { email: EMAIL } });
    expect((await ask()).body).toMatchObject({ errno: 102, email: EMAIL });
    await Promise.all(Array.from({ length: 99 }, ask));
    expect(await ask()).toMatchObject({ status: 429, body: { errno: 114 } });
  });
});

describe("/account/login", () => {
  test("gives a session, and keys only when asked", async () => {
    const client = await startTestServer();
    const { answer, uid } = await client.signIn();
    expect(answer).toEqual({
      uid: expect.stringMatching(/^[0-9a-f]{32}$/),
      sessionToken: expect.stringMatching(/^[0-9a-f]{64}$/),
      keyFetchToken: expect.stringMatching(/^[0-9a-f]{64}$/),
      authAt: 1_700_000_000,
      emailVerified: true,
      sessionVerified: true,
      verified: true,
      metricsEnabled: true,
    });
    const again = await client.login("v1@example.com", {}, "");
    expect(again.body.uid).toBe(uid);
    expect(again.body.sessionToken).not.toBe(answer.sessionToken);
    expect(again.body.keyFetchToken).toBeUndefined();
  });

  test.each([
    [
      "unconfirmed",
      {
        emailVerified: false,
        sessionVerified: false,
        verificationMethod: "email-otp",
        verificationReason: "signup",
      },
      "code",
    ],
    [
      "totp",
      {
        emailVerified: true,
        sessionVerified: false,
        verificationMethod: "totp-2fa",
        verificationReason: "login",
      },
      undefined,
    ],
    [
      "confirms-sign-ins",
      {
        emailVerified: true,
        sessionVerified: false,
        verificationMethod: "email-otp",
        verificationReason: "login",
      },
      "code",
    ],
  ] as const)("%s needs more", async (name, expected, mail) => {
    const client = await startTestServer();
    const { answer } = await client.signIn(name, { verificationMethod: "email-otp" });
    expect(answer).toMatchObject({ ...expected, verified: false });
    expect(client.server.mail.last(fixtureEmail(name))?.kind).toBe(mail);
  });

  test("mails a link where no method was asked for", async () => {
    const client = await startTestServer();
    const { answer } = await client.signIn("confirms-sign-ins");
    expect(answer.verificationMethod).toBe("email");
    expect(client.server.mail.last("confirms-sign-ins@example.com")?.kind).toBe("link");
  });

  test.each([
    ["an unknown address", "v1", { email: EMAIL }, 400, 102, { email: EMAIL }],
    ["a wrong password", "v1", { authPW: WRONG }, 400, 103, { email: "v1@example.com" }],
    ["an account without password", "no-password", {}, 400, 210, {}],
    ["a locked account", "locked", {}, 400, 126, { email: "locked@example.com" }],
    [
      "a blocked sign-in",
      "blocked",
      {},
      400,
      125,
      { verificationMethod: "email-captcha", verificationReason: "login" },
    ],
    ["TOTP asked of an account without", "v1", { verificationMethod: "totp-2fa" }, 400, 160, {}],
    ["a wrong unblock code", "v1", { unblockCode: "ABCD1234" }, 400, 127, {}],
  ] as const)("%s", async (_name, fixture: FixtureName, extra, status, errno, extras) => {
    const client = await startTestServer();
    await createFixtureAccount(client.server.store, fixture);
    const reply = await client.login(fixtureEmail(fixture), extra);
    expect(reply).toMatchObject({ status, body: { errno, ...extras } });
  });

  test("another letter case is told the registered one, which then works", async () => {
    const client = await startTestServer();
    await client.server.store.createAccount({ email: "Ann@example.com", password: FIXTURE_PASSWORD });
    const refused = await client.login("ann@example.com");
    expect(refused).toMatchObject({ status: 400, body: { errno: 120, email: "Ann@example.com" } });
    const reply = await client.login(refused.body.email, { originalLoginEmail: "ann@example.com" });
    expect(reply.status).toBe(200);
  });

  test("five failures end in 429 with the wait in seconds, also for the right password", async () => {
    const client = await startTestServer();
    await client.signIn();
    for (let i = 0; i < 5; i++)
      expect((await client.login("v1@example.com", { authPW: WRONG })).body.errno).toBe(103);
    client.clock.advance(MINUTE);
    const refused = await client.login("v1@example.com");
    expect(refused).toMatchObject({ status: 429, body: { errno: 114, verificationMethod: "email-captcha" } });
    expect(refused.headers.get("retry-after")).toBe("840");
    client.clock.advance(14 * MINUTE);
    expect((await client.login("v1@example.com")).status).toBe(200);
  });

  test("attempts at the same time are counted too, and a success forgets them", async () => {
    const client = await startTestServer();
    await client.signIn();
    for (let i = 0; i < 4; i++) await client.login("v1@example.com", { authPW: WRONG });
    expect((await client.login("v1@example.com")).status).toBe(200);
    const wrong = Array.from({ length: 8 }, () => client.login("v1@example.com", { authPW: WRONG }));
    const errnos = (await Promise.all(wrong)).map(({ body }) => body.errno).sort();
    expect(errnos).toEqual([103, 103, 103, 103, 103, 114, 114, 114]);
  });
});

describe("unblocking", () => {
  test("a mailed code lets one sign-in through", async () => {
    const client = await startTestServer();
    await createFixtureAccount(client.server.store, "blocked");
    const email = "blocked@example.com";
    await client.auth("POST", "/account/login/send_unblock_code", { body: { email } });
    const unblockCode = client.server.mail.last(email, "unblock")!.code;
    expect(unblockCode).toMatch(/^[0-9A-Z]{8}$/);
    expect((await client.login(email, { unblockCode })).status).toBe(200);
    expect((await client.login(email, { unblockCode })).body.errno).toBe(127);
  });

  test("the code lives an hour", async () => {
    const client = await startTestServer();
    await createFixtureAccount(client.server.store, "blocked");
    const email = "blocked@example.com";
    await client.auth("POST", "/account/login/send_unblock_code", { body: { email } });
    client.clock.advance(60 * MINUTE);
    const unblockCode = client.server.mail.last(email, "unblock")!.code;
    expect((await client.login(email, { unblockCode })).body.errno).toBe(127);
  });

  test("a wrong password beside the code leaves the account as blocked as it was", async () => {
    const client = await startTestServer();
    await client.signIn();
    const email = "v1@example.com";
    for (let i = 0; i < 5; i++) await client.login(email, { authPW: WRONG });
    await client.auth("POST", "/account/login/send_unblock_code", { body: { email } });
    const unblockCode = client.server.mail.last(email, "unblock")!.code;
    expect((await client.login(email, { unblockCode, authPW: WRONG })).body.errno).toBe(103);
    expect((await client.login(email)).status).toBe(429);
  });

  test("it lifts the limit on passwords, five mails at most", async () => {
    const client = await startTestServer();
    await client.signIn();
    const email = "v1@example.com";
    for (let i = 0; i < 5; i++) await client.login(email, { authPW: WRONG });
    const send = () => client.auth("POST", "/account/login/send_unblock_code", { body: { email } });
    for (let i = 0; i < 5; i++) expect((await send()).status).toBe(200);
    expect((await send()).status).toBe(429);
    const unblockCode = client.server.mail.last(email, "unblock")!.code;
    expect((await client.login(email, { unblockCode })).status).toBe(200);
  });
});

describe("/account/keys", () => {
  const kB = Buffer.alloc(32, 0xb2);

  test.each([
    ["version 1", false],
    ["version 2", true],
  ])("%s opens to the account's kB", async (_name, v2) => {
    const client = await startTestServer();
    await client.server.store.createAccount({ email: EMAIL, password: FIXTURE_PASSWORD, v2, kB });
    const status = await client.auth("POST", "/account/credentials/status", { body: { email: EMAIL } });
    const { authPW, unwrapBKey } = v2 ? stretchV2(status.body.clientSalt) : stretch(EMAIL);
    const { body } = await client.login(EMAIL, { authPW });
    const token = v2 ? body.keyFetchTokenVersion2 : body.keyFetchToken;
    expect(v2 ? body.keyFetchToken : body.keyFetchTokenVersion2).toBeUndefined();
    const { bundle } = (await client.auth("GET", "/account/keys", { authorization: keyFetchBearer(token) }))
      .body;
    expect(openBundle(token, bundle, unwrapBKey).kB).toBe(kB.toString("hex"));
  });

  test("a version 2 account opens to the same kB with version 1", async () => {
    const client = await startTestServer();
    await client.server.store.createAccount({ email: EMAIL, password: FIXTURE_PASSWORD, v2: true, kB });
    const { authPW, unwrapBKey } = stretch(EMAIL);
    const { keyFetchToken } = (await client.login(EMAIL, { authPW })).body;
    const { body } = await client.auth("GET", "/account/keys", {
      authorization: keyFetchBearer(keyFetchToken),
    });
    expect(openBundle(keyFetchToken, body.bundle, unwrapBKey).kB).toBe(kB.toString("hex"));
  });

  test("the bundle is authenticated, and its token good for once", async () => {
    const client = await startTestServer();
    const { answer } = await client.signIn();
    const fetchKeys = () =>
      client.auth("GET", "/account/keys", { authorization: keyFetchBearer(answer.keyFetchToken) });
    const { bundle } = (await fetchKeys()).body;
    const keys = expand(
      tokenMaterial(answer.keyFetchToken, "keyFetchToken").subarray(64),
      "account/keys",
      96,
    );
    const ciphertext = Buffer.from(bundle.slice(0, 128), "hex");
    const mac = createHmac("sha256", keys.subarray(0, 32)).update(ciphertext).digest("hex");
    expect(bundle.slice(128)).toBe(mac);
    expect(await fetchKeys()).toMatchObject({ status: 401, body: { errno: 110 } });
  });

  test("the token outlives 104 and works once the session is confirmed", async () => {
    const client = await startTestServer();
    const { answer, authorization } = await client.signIn("confirms-sign-ins", {
      verificationMethod: "email-otp",
    });
    const fetchKeys = () =>
      client.auth("GET", "/account/keys", { authorization: keyFetchBearer(answer.keyFetchToken) });
    expect(await fetchKeys()).toMatchObject({ status: 400, body: { errno: 104 } });
    const { code } = client.server.mail.last("confirms-sign-ins@example.com")!;
    await client.auth("POST", "/session/verify_code", { authorization, body: { code } });
    expect((await fetchKeys()).status).toBe(200);
  });

  test("the token goes with its session", async () => {
    const client = await startTestServer();
    const { answer, authorization } = await client.signIn();
    await client.auth("POST", "/session/destroy", { authorization, body: {} });
    const reply = await client.auth("GET", "/account/keys", {
      authorization: keyFetchBearer(answer.keyFetchToken),
    });
    expect(reply).toMatchObject({ status: 401, body: { errno: 110 } });
  });
});
