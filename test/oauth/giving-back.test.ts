/** Whatever a sign-in that fails was issued on the way is ended on the server again. */

import { describe, expect, test, vi } from "vitest";
import { fixtureEmail, FIXTURE_PASSWORD } from "../../src/accounts/fixtures.ts";
import { FxaPairError } from "../../src/lib/errors.ts";
import { loginWithPassword } from "../../src/oauth/login.ts";
import type { Sandbox } from "./sandbox.ts";
import { loginAs, startSandbox } from "./sandbox.ts";
import { failureOf, JumpingClock, scriptedClient } from "./support.ts";

const LOGIN = "/auth/v1/account/login";
const TOKEN = "/auth/v1/oauth/token";

/** How many sessions and refresh tokens the account has. */
function heldBy({ server: { store } }: Sandbox): { sessions: number; refreshTokens: number } {
  const uid = store.findAccountByEmail(fixtureEmail("v1"))?.uid ?? "";
  return { sessions: store.sessions.of(uid).length, refreshTokens: store.grants.refreshTokensOf(uid).length };
}

const NOTHING = { sessions: 0, refreshTokens: 0 };

describe("a session is ended when the answer that brought it", () => {
  const unconfirmed = { emailVerified: true, sessionVerified: false, verified: false };

  test.each([
    ["has no key-fetch token", { keyFetchToken: null }],
    ["wants an unknown confirmation", { ...unconfirmed, verificationMethod: "telepathy" }],
    ["wants another password", { ...unconfirmed, verificationReason: "change_password" }],
    ["has another form", { uid: "nobody" }],
  ])("%s", async (_, members) => {
    const sandbox = await startSandbox();
    sandbox.server.faults.add({ path: LOGIN, fault: { kind: "merge", members } });
    expect(await failureOf(loginAs(sandbox))).toMatchObject({ code: "refused" });
    expect(sandbox.count("/account/login")).toBe(1);
    expect(heldBy(sandbox)).toEqual(NOTHING);
  });
});

test.each([
  ["another type", { token_type: "mac" }],
  ["keys of another type", { keys_jwe: 7 }],
])("tokens of %s are revoked, and the session with them", async (_, members) => {
  const sandbox = await startSandbox();
  sandbox.server.faults.add({ path: TOKEN, fault: { kind: "merge", members } });
  expect(await failureOf(loginAs(sandbox))).toMatchObject({ code: "refused" });
  expect(sandbox.count("/oauth/token")).toBe(1);
  expect(heldBy(sandbox)).toEqual(NOTHING);
});

test.each([
  ["the session", LOGIN],
  ["the tokens", TOKEN],
])("an interruption while %s is on the way leaves nothing behind", async (_, path) => {
  const controller = new AbortController();
  const sandbox = await startSandbox(controller.signal);
  const delay = sandbox.server.faults.add({ path, fault: { kind: "delay" } });
  const failure = failureOf(loginAs(sandbox));
  await vi.waitFor(() => {
    expect(delay.hits()).toBe(1);
  });
  const interrupted = new FxaPairError("interrupted", "Interrupted.");
  controller.abort(interrupted);
  delay.release();
  expect(await failure).toBe(interrupted);
  expect(sandbox.count("/session/destroy")).toBe(1);
  expect(heldBy(sandbox)).toEqual(NOTHING);
});

test("a session that cannot be ended is told", async () => {
  const sandbox = await startSandbox();
  sandbox.server.faults.add({ path: LOGIN, fault: { kind: "merge", members: { keyFetchToken: null } } });
  sandbox.server.faults.add({ path: "/auth/v1/session/destroy", fault: { kind: "unavailable" } });
  expect(await failureOf(loginAs(sandbox))).toMatchObject({
    code: "refused",
    message: expect.stringContaining("the server still has it"),
    details: { remaining: ["session"] },
  });
});

test("tokens and session that cannot be ended are told once, both", async () => {
  const sandbox = await startSandbox();
  sandbox.server.faults.add({ path: TOKEN, fault: { kind: "merge", members: { token_type: "mac" } } });
  for (const path of ["/auth/v1/oauth/destroy", "/auth/v1/session/destroy"]) {
    sandbox.server.faults.add({ path, fault: { kind: "unavailable" } });
  }
  const failure = await failureOf(loginAs(sandbox));
  expect(failure).toMatchObject({ code: "refused", details: { remaining: ["refresh token", "session"] } });
  expect((failure as Error).message.split("the server still has it")).toHaveLength(2);
});

test("values that are no tokens are not sent back", async () => {
  const { client, http } = scriptedClient({
    "POST /v1/account/credentials/status": { document: { currentVersion: "v1" } },
    "POST /v1/account/login": { document: { uid: "a1".repeat(16), sessionToken: "\n", keyFetchToken: 7 } },
  });
  const target = { server: "https://accounts.example", clientId: "", scope: ["profile"], deviceName: "x" };
  const attempt = { email: "a@b.c", password: FIXTURE_PASSWORD };
  const ports = {
    clock: new JumpingClock(),
    askCode: vi.fn(),
    askUnblockCode: vi.fn(),
    reportLinkMailed: vi.fn(),
  };
  const failure = await failureOf(loginWithPassword(client, attempt, target, ports));
  expect(failure).toMatchObject({ code: "refused", message: expect.stringContaining("unexpected form") });
  expect(http.routes.at(-1)).toBe("POST /v1/account/login");
});
