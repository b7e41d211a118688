import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { checkCredentials } from "../../src/oauth/check-credentials.ts";
import type { Credentials } from "../../src/oauth/credentials.ts";
import type { Sandbox } from "./sandbox.ts";
import { loginAs, startSandbox } from "./sandbox.ts";
import { CLIENT_ID, failureOf, newStore } from "./support.ts";

async function signedIn() {
  const sandbox = await startSandbox();
  const store = await newStore();
  const credentials = await loginAs(sandbox);
  await store.save(credentials, null);
  const check = ({ client }: Sandbox, checked: Credentials = credentials) =>
    checkCredentials(client, store, checked, systemClock);
  return { sandbox, store, credentials, check };
}

describe("credentials hold", () => {
  test("when refresh token and session are accepted", async () => {
    const { sandbox, check } = await signedIn();
    expect(await check(sandbox)).toEqual({ session: { twoStep: "not needed" } });
    expect([sandbox.count("/oauth/token"), sandbox.count("/session/status")]).toEqual([2, 1]);
  });

  test("without a session when none was kept", async () => {
    const { sandbox, credentials, check } = await signedIn();
    const { sessionToken, ...others } = credentials;
    await sandbox.client.destroySession(sessionToken);
    expect(await check(sandbox, others)).toEqual({ session: null });
  });

  test.each([
    ["passed", { sessionVerificationMethod: "totp-2fa", sessionVerificationMeetsMinimumAAL: true }],
    ["unknown", {}],
  ])("with two-step authentication %s", async (twoStep, details) => {
    const { sandbox, check } = await signedIn();
    const fault = { kind: "merge" as const, members: { details } };
    sandbox.server.faults.add({ path: "/auth/v1/session/status", fault });
    expect(await check(sandbox)).toEqual({ session: { twoStep } });
  });
});

describe("credentials do not hold", () => {
  test("when the session is gone; they are kept, since the refresh token works", async () => {
    const { sandbox, store, credentials, check } = await signedIn();
    await sandbox.client.destroySession(credentials.sessionToken);
    expect(await failureOf(check(sandbox))).toMatchObject({
      code: "not_signed_in",
      message: expect.stringContaining("this device's session"),
      hint: expect.stringContaining("fxa-pair login"),
      details: { rejected: "session" },
    });
    expect(await store.load()).toEqual(credentials);
  });

  test.each([
    ["is not confirmed", { state: "unverified" }],
    ["is of another account", { uid: "00".repeat(16) }],
    ["did not pass two-step authentication", { details: { sessionVerificationMeetsMinimumAAL: false } }],
  ])("when the session %s", async (_, members) => {
    const { sandbox, check } = await signedIn();
    sandbox.server.faults.add({ path: "/auth/v1/session/status", fault: { kind: "merge", members } });
    expect(await failureOf(check(sandbox))).toMatchObject({
      code: "not_signed_in",
      details: { rejected: "session" },
    });
  });

  test("when the refresh token is gone", async () => {
    const { sandbox, credentials, check } = await signedIn();
    await sandbox.client.destroyToken(CLIENT_ID, credentials.refreshToken, "refresh_token");
    expect(await failureOf(check(sandbox))).toMatchObject({
      code: "not_signed_in",
      message: expect.stringContaining("refresh token"),
      details: { rejected: "refresh token" },
    });
  });
});

test("a server that does not answer says nothing about the session", async () => {
  const { sandbox, check } = await signedIn();
  sandbox.server.faults.add({ path: "/auth/v1/session/status", fault: { kind: "unavailable" } });
  expect(await failureOf(check(sandbox))).toMatchObject({ code: "unreachable" });
});
