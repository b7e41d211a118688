/** Tokens that a session asked for, and whose answer was lost. */

import { describe, expect, test } from "vitest";
import { fixtureEmail } from "../../src/accounts/fixtures.ts";
import { loginWithSession } from "../../src/oauth/login.ts";
import type { Sandbox } from "./sandbox.ts";
import { loginAs as loginWith, startSandbox, targetAt } from "./sandbox.ts";
import { CLIENT_ID, failureOf, JumpingClock, StoppedClock } from "./support.ts";

const MARK = { details: { perhapsSignedIn: true } };

/** Has all the time in the world for the account's list. */
const loginAs = (sandbox: Sandbox) => loginWith(sandbox, "v1", { clock: new StoppedClock() });

describe("a sign-in with the password", () => {
  const TOKEN = "/auth/v1/oauth/token";
  const tokensOf = ({ server: { store } }: Sandbox) =>
    store.grants.refreshTokensOf(store.findAccountByEmail(fixtureEmail("v1"))?.uid ?? "").map(({ id }) => id);

  test("ends the tokens whose answer was lost, and no others of the same client", async () => {
    const sandbox = await startSandbox();
    await loginAs(sandbox);
    const before = tokensOf(sandbox);
    expect(before).toHaveLength(1);
    sandbox.server.faults.add({ path: TOKEN, fault: { kind: "cut", after: true } });
    const failure = await failureOf(loginAs(sandbox));
    expect(failure).toMatchObject({ code: "unreachable" });
    expect(failure).not.toMatchObject(MARK);
    expect(tokensOf(sandbox)).toEqual(before);
    expect(sandbox.count("/session/destroy")).toBe(1);
  });

  test("ends nothing, and says so, when the account's list has nothing new", async () => {
    const sandbox = await startSandbox();
    await loginAs(sandbox);
    const before = tokensOf(sandbox);
    sandbox.server.faults.add({ path: TOKEN, fault: { kind: "cut" } });
    expect(await failureOf(loginAs(sandbox))).toMatchObject(MARK);
    expect(tokensOf(sandbox)).toEqual(before);
  });

  test("ends nothing, and says so, when another device of the same client came meanwhile", async () => {
    const sandbox = await startSandbox();
    const { sessionToken } = await loginAs(sandbox);
    const before = tokensOf(sandbox);
    sandbox.server.faults.add({ path: TOKEN, fault: { kind: "cut", after: true }, times: 1 });
    const ask = sandbox.client.credentialsGrant.bind(sandbox.client);
    sandbox.client.credentialsGrant = async (...question) => {
      const failure = await failureOf(ask(...question));
      await ask(sessionToken, CLIENT_ID, ["profile"]);
      throw failure;
    };
    expect(await failureOf(loginAs(sandbox))).toMatchObject(MARK);
    expect(tokensOf(sandbox)).toHaveLength(before.length + 2);
  });

  test("ends nothing, and says so, when the account's list could not be had before", async () => {
    const sandbox = await startSandbox();
    await loginAs(sandbox);
    sandbox.server.faults.add({
      path: "/auth/v1/account/attached_clients",
      fault: { kind: "unavailable" },
      times: 1,
    });
    sandbox.server.faults.add({ path: TOKEN, fault: { kind: "cut", after: true } });
    expect(await failureOf(loginAs(sandbox))).toMatchObject(MARK);
    expect(tokensOf(sandbox)).toHaveLength(2);
  });

  test("is not held up by a list that does not come", async () => {
    const sandbox = await startSandbox();
    sandbox.client.attachedClients = () => new Promise(() => undefined);
    const clock = new JumpingClock();
    expect(await loginWith(sandbox, "v1", { clock })).toHaveProperty("refreshToken");
    expect(clock.waits).toEqual([3000]);
  });

  test("with a session from elsewhere ends its lost tokens alike, and leaves the session", async () => {
    const sandbox = await startSandbox();
    const { sessionToken } = await loginAs(sandbox);
    const before = tokensOf(sandbox);
    sandbox.server.faults.add({ path: TOKEN, fault: { kind: "cut", after: true } });
    const target = targetAt(sandbox.server);
    const asked = loginWithSession(sandbox.client, sessionToken, target, new StoppedClock());
    const failure = await failureOf(asked);
    expect(failure).toMatchObject({ code: "unreachable" });
    expect(failure).not.toMatchObject(MARK);
    expect(tokensOf(sandbox)).toEqual(before);
    expect((await sandbox.client.sessionStatus(sessionToken)).verified).toBe(true);
  });
});
