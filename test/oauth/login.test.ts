import { describe, expect, test, vi } from "vitest";
import {
  createFixtureAccount,
  fixtureEmail,
  FIXTURE_BACKUP_CODES,
  FIXTURE_PASSWORD,
  FIXTURE_TOTP_SECRET,
} from "../../src/accounts/fixtures.ts";
import { totp } from "../../src/accounts/totp.ts";
import { FxaPairError } from "../../src/lib/errors.ts";
import type { CodeQuestion } from "../../src/oauth/confirm-sign-in.ts";
import { confirmSession } from "../../src/oauth/confirm-sign-in.ts";
import { checkHostSession, needsFreshTotp } from "../../src/oauth/host-session.ts";
import type { UnblockQuestion } from "../../src/oauth/login.ts";
import { loginWithPassword, loginWithSession } from "../../src/oauth/login.ts";
import { deriveOldsyncKey } from "../../src/oauth/scoped-keys.ts";
import { OLDSYNC_SCOPE } from "../../src/oauth/scopes.ts";
import { signIn } from "../../src/oauth/sign-in.ts";
import { loginAs, portsFor, startSandbox, targetAt } from "./sandbox.ts";
import { CLIENT_ID, failureOf, JumpingClock, problem, scriptedClient, START } from "./support.ts";

const TOKEN = "0f".repeat(32);
const kB = new Uint8Array(32).fill(9);
const currentTotp = () => totp(FIXTURE_TOTP_SECRET, Date.now());

describe("a password", () => {
  test.each([[false], [true]])("brings the account's own Sync key (version 2: %s)", async (v2) => {
    const sandbox = await startSandbox();
    const email = "Person@example.com";
    const account = await sandbox.server.store.createAccount({ email, password: "pässwörd", kB, v2 });
    const { credentials, warnings } = await loginWithPassword(
      sandbox.client,
      { email, password: "pässwörd" },
      targetAt(sandbox.server),
      portsFor(sandbox, email),
    );
    expect(warnings).toEqual([]);
    expect(credentials).toMatchObject({
      email,
      uid: account.uid,
      clientId: CLIENT_ID,
      deviceName: "host machine",
    });
    expect(credentials.keys).toEqual({
      [OLDSYNC_SCOPE]: deriveOldsyncKey(kB, account.keysChangedAt, OLDSYNC_SCOPE),
    });
    expect(sandbox.count("/account/login")).toBe(1);
    const devices = await sandbox.client.devices({ sessionToken: credentials.sessionToken ?? "" });
    expect(devices.map(({ name }) => name)).toContain("host machine");
    expect(devices.find(({ isCurrentDevice }) => isCurrentDevice)?.id).toBe(credentials.deviceId);
  });

  test("in other capital letters is tried once more, as registered", async () => {
    const sandbox = await startSandbox();
    const email = "Person@Example.com";
    await sandbox.server.store.createAccount({ email, password: "secret" });
    const attempt = { email: "person@example.com", password: "secret" };
    const ports = portsFor(sandbox, email);
    const { credentials } = await loginWithPassword(sandbox.client, attempt, targetAt(sandbox.server), ports);
    expect(credentials.email).toBe(email);
    expect(sandbox.count("/account/login")).toBe(2);
  });

  test("is not hashed with an address of the server's choice", async () => {
    const { client, http } = scriptedClient({
      "POST /v1/account/credentials/status": { document: { currentVersion: "v1" } },
      "POST /v1/account/login": problem(400, 120, { email: "other@example.com" }),
    });
    const failure = await failureOf(signIn(client, { email: "a@example.com", password: "secret" }));
    expect(failure).toMatchObject({ errno: 120 });
    expect(http.routes.filter((route) => route.endsWith("login"))).toHaveLength(1);
  });

  test.each([
    ["wrong", "v1", "another", 103],
    ["for nobody", "nobody", FIXTURE_PASSWORD, 102],
    ["for a locked account", "locked", FIXTURE_PASSWORD, 126],
    ["for an account without one", "no-password", FIXTURE_PASSWORD, 210],
  ] as const)("%s is sent at most once", async (_, name, password, errno) => {
    const sandbox = await startSandbox();
    const email = `${name}@example.com`;
    if (name !== "nobody") await createFixtureAccount(sandbox.server.store, name);
    const attempt = loginWithPassword(
      sandbox.client,
      { email, password },
      targetAt(sandbox.server),
      portsFor(sandbox, email),
    );
    expect(await failureOf(attempt)).toMatchObject({ code: "refused", errno });
    expect(sandbox.count("/account/login")).toBeLessThanOrEqual(1);
  });

  test("that is blocked goes through with the mailed unblock code, typed by the user", async () => {
    const sandbox = await startSandbox();
    expect(await loginAs(sandbox, "blocked")).toMatchObject({ email: fixtureEmail("blocked") });
    expect(sandbox.count("/account/login/send_unblock_code")).toBe(1);
    expect(sandbox.count("/account/login")).toBe(2);
  });

  describe("that is blocked", () => {
    /** Answers the questions for an unblock code in turn; `mailed` stands for the code of the newest mail. */
    async function unblocking(...answers: string[]) {
      const sandbox = await startSandbox();
      const questions: UnblockQuestion[] = [];
      const signingIn = loginAs(sandbox, "blocked", {
        askUnblockCode: (question) => {
          questions.push(question);
          const answer = answers.shift() ?? "";
          const { code = "" } = sandbox.server.mail.last(fixtureEmail("blocked"), "unblock") ?? {};
          return Promise.resolve(answer === "mailed" ? code : answer);
        },
      });
      const outcome = await signingIn.then(
        () => "signed in",
        (error: unknown) => error,
      );
      return { outcome, questions, sandbox };
    }

    test("takes a wrong code and asks again", async () => {
      const { outcome, questions, sandbox } = await unblocking("00000000", "mailed");
      expect(outcome).toBe("signed in");
      expect(questions.map(({ last }) => last)).toEqual([null, "wrong"]);
      expect(sandbox.count("/account/login")).toBe(3);
    });

    test("ends after three wrong codes; what cannot be one costs no attempt at the server", async () => {
      const { outcome, sandbox } = await unblocking("no code", "123", "00000000");
      expect(outcome).toMatchObject({ code: "refused", message: expect.stringContaining("3 wrong") });
      expect(sandbox.count("/account/login")).toBe(2);
    });

    test.each(["", "r", "R"])("mails it again for %j, three times at most", async (answer) => {
      const { outcome, questions, sandbox } = await unblocking(answer, answer, answer, "mailed");
      expect(outcome).toBe("signed in");
      expect(questions.map(({ last, resendsLeft }) => [last, resendsLeft])).toEqual([
        [null, 3],
        ["resent", 2],
        ["resent", 1],
        ["resent", 0],
      ]);
      expect(sandbox.count("/account/login/send_unblock_code")).toBe(4);
    });

    test("goes through at once with a code given beforehand", async () => {
      const { client, http } = scriptedClient({
        "POST /v1/account/credentials/status": { document: { currentVersion: "v1" } },
        "POST /v1/account/login": problem(400, 127),
      });
      const ports = { ...noPorts(), askUnblockCode: () => Promise.reject(new Error("asked")) };
      const target = {
        server: "https://a.example",
        clientId: CLIENT_ID,
        scope: ["profile"],
        deviceName: "x",
      };
      const attempt = { email: "a@b.c", password: "x", unblockCode: "ABCD1234" };
      const failure = await failureOf(loginWithPassword(client, attempt, target, ports));
      expect(failure).toMatchObject({ errno: 127 });
      expect(http.bodies("POST /v1/account/login")).toMatchObject([{ unblockCode: "ABCD1234" }]);
    });
  });

  test("that is blocked without an offer is sent once, with a hint to pair instead", async () => {
    const { client, http } = scriptedClient({
      "POST /v1/account/credentials/status": { document: { currentVersion: "v1" } },
      "POST /v1/account/login": problem(400, 125),
    });
    const ports = { ...noPorts(), askUnblockCode: () => Promise.reject(new Error("asked")) };
    const target = {
      server: "https://accounts.example",
      clientId: CLIENT_ID,
      scope: ["profile"],
      deviceName: "x",
    };
    const failure = await failureOf(
      loginWithPassword(client, { email: "a@b.c", password: "x" }, target, ports),
    );
    expect(failure).toMatchObject({ code: "refused", hint: expect.stringContaining("fxa-pair join") });
    expect(http.routes.filter((route) => route.endsWith("login"))).toHaveLength(1);
  });

  test("leaves nothing behind when the keys cannot be had", async () => {
    const sandbox = await startSandbox();
    sandbox.server.faults.add({
      path: "/auth/v1/account/keys",
      fault: { kind: "merge", members: { bundle: "00".repeat(96) } },
    });
    expect(await failureOf(loginAs(sandbox))).toMatchObject({
      code: "refused",
      message: expect.stringContaining("tampered"),
    });
    expect(sandbox.count("/session/destroy")).toBe(1);
    const account = sandbox.server.store.findAccountByEmail(fixtureEmail("v1"));
    expect(sandbox.server.store.sessions.of(account?.uid ?? "")).toEqual([]);
  });

  test("leaves nothing behind when it is interrupted at the code", async () => {
    const controller = new AbortController();
    const sandbox = await startSandbox(controller.signal);
    const interrupted = new FxaPairError("interrupted", "Interrupted.");
    const askCode = () => {
      controller.abort(interrupted);
      return Promise.reject(interrupted);
    };
    expect(await failureOf(loginAs(sandbox, "confirms-sign-ins", { askCode }))).toBe(interrupted);
    expect(sandbox.count("/session/destroy")).toBe(1);
  });

  test("its derivations are wiped", async () => {
    const { client } = scriptedClient({
      "POST /v1/account/credentials/status": { document: { currentVersion: "v1" } },
      "POST /v1/account/login": problem(400, 103),
    });
    const proofs: Uint8Array[] = [];
    const send = vi.spyOn(client, "signIn").mockImplementation((proof) => {
      proofs.push(proof.authPW);
      expect(proof.authPW.some((byte) => byte !== 0)).toBe(true);
      return Promise.reject(new FxaPairError("refused", "no"));
    });
    await failureOf(signIn(client, { email: "a@b.c", password: "secret" }));
    expect(send).toHaveBeenCalledOnce();
    expect(proofs).toEqual([new Uint8Array(32)]);
  });
});

describe("confirming", () => {
  test("by the mailed code, with spaces and after two wrong ones", async () => {
    const sandbox = await startSandbox();
    const email = fixtureEmail("confirms-sign-ins");
    const questions: CodeQuestion[] = [];
    const askCode = (question: CodeQuestion) => {
      questions.push(question);
      const code = sandbox.server.mail.last(email, "code")?.code ?? "";
      const wrong = code === "000000" ? "000001" : "000000";
      return Promise.resolve(
        ["letters", wrong, ` ${code.slice(0, 3)} ${code.slice(3)}\n`][questions.length - 1] ?? "",
      );
    };
    await loginAs(sandbox, "confirms-sign-ins", { askCode });
    expect(questions).toEqual([
      { method: "mailed-code", last: null, wait: null, attemptsLeft: 3, resendsLeft: 3 },
      { method: "mailed-code", last: "wrong", wait: null, attemptsLeft: 2, resendsLeft: 3 },
      { method: "mailed-code", last: "wrong", wait: null, attemptsLeft: 1, resendsLeft: 3 },
    ]);
    expect(sandbox.count("/session/verify_code")).toBe(2);
  });

  test("by a mail that is sent again when nothing is typed, at most three times", async () => {
    const sandbox = await startSandbox();
    const questions: CodeQuestion[] = [];
    const askCode = (question: CodeQuestion) => {
      questions.push(question);
      return Promise.resolve(" ");
    };
    expect(await failureOf(loginAs(sandbox, "confirms-sign-ins", { askCode }))).toMatchObject({
      message: expect.stringContaining("3 wrong codes"),
    });
    expect(questions.map(({ last, attemptsLeft, resendsLeft }) => [last, attemptsLeft, resendsLeft])).toEqual(
      [
        [null, 3, 3],
        ["resent", 3, 2],
        ["resent", 3, 1],
        ["resent", 3, 0],
        ["wrong", 2, 0],
        ["wrong", 1, 0],
      ],
    );
    expect([sandbox.count("/session/resend_code"), sandbox.count("/session/verify_code")]).toEqual([3, 0]);
    const mails = sandbox.server.mail.all().filter(({ kind }) => kind === "code");
    expect(mails).toHaveLength(4);
  });

  test("goes on with the mail there is when the server sends no further one for now", async () => {
    const sandbox = await startSandbox();
    sandbox.server.faults.add({
      path: "/auth/v1/session/resend_code",
      fault: { kind: "throttled", retryAfter: "900" },
    });
    const questions: CodeQuestion[] = [];
    const credentials = await loginAs(sandbox, "confirms-sign-ins", {
      askCode: (question) => {
        questions.push(question);
        const mailed = sandbox.server.mail.last(fixtureEmail("confirms-sign-ins"), "code")?.code ?? "";
        return Promise.resolve(questions.length === 1 ? "r" : mailed);
      },
    });
    expect(credentials.sessionToken).toBeDefined();
    expect(questions.map(({ last, wait }) => [last, wait])).toEqual([
      [null, null],
      ["throttled", 900],
    ]);
    expect(sandbox.count("/session/resend_code")).toBe(1);
  });

  test("never mails an app's code", async () => {
    const sandbox = await startSandbox();
    const askCode = vi.fn(() => Promise.resolve(""));
    await failureOf(loginAs(sandbox, "totp", { askCode }));
    expect(askCode).toHaveBeenCalledTimes(3);
    expect(askCode).toHaveBeenCalledWith(expect.objectContaining({ method: "totp", resendsLeft: 0 }));
    expect(sandbox.count("/session/resend_code")).toBe(0);
  });

  test("ends after three wrong codes, and the session with it", async () => {
    const sandbox = await startSandbox();
    const askCode = vi.fn(() => Promise.resolve("12345678"));
    const failure = await failureOf(loginAs(sandbox, "totp", { askCode }));
    expect(failure).toMatchObject({ code: "refused", message: expect.stringContaining("3 wrong codes") });
    expect(askCode).toHaveBeenCalledTimes(3);
    expect(sandbox.count("/session/destroy")).toBe(1);
    expect(sandbox.count("/account/keys")).toBe(0);
  });

  test.each([
    ["the app's code", currentTotp],
    ["a backup code", () => ` ${FIXTURE_BACKUP_CODES[0].toUpperCase()} `],
  ])("by %s", async (_, code) => {
    const sandbox = await startSandbox();
    const credentials = await loginAs(sandbox, "totp", { askCode: () => Promise.resolve(code()) });
    expect(await sandbox.client.sessionStatus(credentials.sessionToken)).toMatchObject({
      verified: true,
      meetsMinimumAssurance: true,
    });
  });

  test("an unconfirmed account by its first mail", async () => {
    const sandbox = await startSandbox();
    await loginAs(sandbox, "unconfirmed");
    expect(sandbox.server.store.findAccountByEmail(fixtureEmail("unconfirmed"))?.emailVerified).toBe(true);
  });

  test("by a link: looks every few seconds until it was opened", async () => {
    const clock = new JumpingClock();
    const email = "a@example.com";
    const { client, http } = scriptedClient({
      "GET /v1/recovery_email/status": [
        { document: { email, verified: false } },
        { document: { email, verified: false } },
        { document: { email, verified: true } },
      ],
      "GET /v1/session/status": { document: { state: "verified", uid: "a1".repeat(16) } },
    });
    const reportLinkMailed = vi.fn();
    await confirmSession(client, TOKEN, "mailed-link", { ...noPorts(), clock, reportLinkMailed });
    expect(clock.waits).toEqual([5000, 5000]);
    expect(http.requests).toHaveLength(4);
    expect(reportLinkMailed).toHaveBeenCalledOnce();
  });

  test("by a link that nobody opens ends", async () => {
    const { client } = scriptedClient({
      "GET /v1/recovery_email/status": { document: { email: "a@b.c", verified: false } },
    });
    const clock = new JumpingClock();
    expect(
      await failureOf(confirmSession(client, TOKEN, "mailed-link", { ...noPorts(), clock })),
    ).toMatchObject({
      code: "timeout",
    });
    expect(clock.elapsed).toBe(15 * 60_000);
  });

  test("is not taken for done when the server still wants more", async () => {
    const { client } = scriptedClient({
      "POST /v1/session/verify_code": {},
      "GET /v1/session/status": { document: { state: "unverified", uid: "a1".repeat(16) } },
    });
    const ports = { ...noPorts(), askCode: () => Promise.resolve("123456") };
    expect(await failureOf(confirmSession(client, TOKEN, "mailed-code", ports))).toMatchObject({
      code: "refused",
    });
  });
});

describe("a session from elsewhere", () => {
  test("brings tokens without keys, and stays when something fails", async () => {
    const sandbox = await startSandbox();
    const { sessionToken, uid, email } = await loginAs(sandbox);
    const target = targetAt(sandbox.server);
    const { credentials } = await loginWithSession(sandbox.client, sessionToken, target, new JumpingClock());
    expect(credentials).toMatchObject({ uid, email, keys: {}, scope: ["profile"], sessionToken });
    sandbox.server.faults.add({ path: "/auth/v1/oauth/token", fault: { kind: "unavailable" } });
    const failing = loginWithSession(sandbox.client, sessionToken, target, new JumpingClock());
    expect(await failureOf(failing)).toMatchObject({ code: "unreachable" });
    expect((await sandbox.client.sessionStatus(sessionToken)).verified).toBe(true);
  });

  test("is refused when it is gone", async () => {
    const sandbox = await startSandbox();
    const attempt = loginWithSession(sandbox.client, TOKEN, targetAt(sandbox.server), new JumpingClock());
    expect(await failureOf(attempt)).toMatchObject({ code: "not_signed_in" });
  });
});

describe("a host's session", () => {
  const uid = "a1".repeat(16);
  const credentials = (members: object) => ({
    uid,
    sessionToken: TOKEN,
    clientId: CLIENT_ID,
    refreshToken: TOKEN,
    ...members,
  });
  type HostCredentials = Parameters<typeof checkHostSession>[1];
  const checking = (status: unknown, profile?: unknown) => {
    const { client } = scriptedClient({
      "GET /v1/session/status": { document: status },
      "POST /v1/oauth/token": {
        document: { access_token: "ab", token_type: "bearer", scope: "profile", expires_in: 60 },
      },
      "GET /v1/profile": profile === undefined ? problem(500, 999) : { document: profile },
    });
    return checkHostSession(client, credentials({}) as HostCredentials);
  };
  const details = (level: boolean | null, method: string | null) => ({
    state: "verified",
    uid,
    details: { sessionVerificationMethod: method, sessionVerificationMeetsMinimumAAL: level },
  });

  test.each([
    ["one step is enough", details(true, "email-2fa"), undefined, { twoStep: false, levelKnown: true }],
    ["two steps passed", details(true, "totp-2fa"), undefined, { twoStep: true, levelKnown: true }],
    [
      "older server, two steps on",
      { state: "verified", uid },
      { uid, twoFactorAuthentication: true },
      { twoStep: true, levelKnown: false },
    ],
    [
      "older server, two steps off",
      { state: "verified", uid },
      { uid, twoFactorAuthentication: false },
      { twoStep: false, levelKnown: false },
    ],
  ])("%s", async (_, status, profile, expected) => {
    expect(await checking(status, profile)).toEqual({ uid, ...expected });
  });

  test.each([
    ["two steps not passed", details(false, "email-2fa"), undefined, "not_signed_in"],
    ["not confirmed", { state: "unverified", uid }, undefined, "not_signed_in"],
    ["of another account", { state: "verified", uid: "b2".repeat(16) }, undefined, "not_signed_in"],
    ["older server that does not tell", { state: "verified", uid }, { uid }, "refused"],
    ["the look-up fails", { state: "verified", uid }, undefined, "unreachable"],
  ])("%s: no hosting", async (_, status, profile, code) => {
    expect(await failureOf(checking(status, profile))).toMatchObject({ code });
  });

  test.each([
    ["no second step", { twoStep: false, levelKnown: true }, null, 0, false],
    ["fresh", { twoStep: true, levelKnown: true }, START / 1000 - 299, 0, false],
    ["old", { twoStep: true, levelKnown: true }, START / 1000 - 301, 0, true],
    ["old by the server's clock", { twoStep: true, levelKnown: true }, START / 1000 - 1, 300_000, true],
    ["fresh by the server's clock", { twoStep: true, levelKnown: true }, START / 1000 - 301, -2000, false],
    ["far in the future", { twoStep: true, levelKnown: true }, START / 1000 + 301, 0, true],
    ["of unknown age", { twoStep: true, levelKnown: true }, null, 0, true],
    ["of unknown level", { twoStep: true, levelKnown: false }, START / 1000, 0, true],
  ])("asks for a fresh code: %s", (_, session, authAt, skew, needed) => {
    expect(needsFreshTotp({ uid, ...session }, { authAt }, new JumpingClock(), skew)).toBe(needed);
  });
});

function noPorts() {
  return {
    clock: new JumpingClock(),
    askCode: () => Promise.reject(new Error("asked for a code")),
    askUnblockCode: () => Promise.reject(new Error("asked for an unblock code")),
    reportLinkMailed: () => undefined,
  };
}
