import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { findNewDevice, listDevices, removeDevice } from "../../src/oauth/device-list.ts";
import { OLDSYNC_SCOPE, SESSION_SCOPE } from "../../src/oauth/scopes.ts";
import { exampleCredentials } from "./example-credentials.ts";
import { loginAs, startSandbox } from "./sandbox.ts";
import { CLIENT_ID, failureOf, JumpingClock, problem, scriptedClient } from "./support.ts";

const ATTACHED = "GET /v1/account/attached_clients";
const DESTROY = "POST /v1/account/attached_client/destroy";
const never = new AbortController().signal;

async function twoDevices() {
  const sandbox = await startSandbox();
  const [mine, other] = [await loginAs(sandbox), await loginAs(sandbox)];
  const { client } = sandbox;
  const others = async () => (await listDevices(client, mine)).filter(({ isThis }) => !isThis);
  return { sandbox, client, mine, other, others };
}

describe("the account's devices", () => {
  test("are seen with a session: this one once, with its tokens", async () => {
    const { client, mine, other } = await twoDevices();
    const list = await listDevices(client, mine);
    expect(list.filter(({ isThis }) => isThis)).toMatchObject([{ id: mine.deviceId, name: "host machine" }]);
    expect(list.map(({ id }) => id)).toContain(other.deviceId);
  });

  test("are seen with a refresh token for Sync", async () => {
    const { client, mine, other } = await twoDevices();
    const { sessionToken, ...joined } = mine;
    const list = await listDevices(client, joined);
    expect(sessionToken).toBeDefined();
    expect(list.map(({ id }) => id)).toContain(other.deviceId);
  });

  test("are not asked for with neither", async () => {
    const { sessionToken, ...joined } = exampleCredentials({ scope: ["profile"] });
    const { client, http } = scriptedClient({});
    expect(sessionToken).toBeDefined();
    expect(await failureOf(listDevices(client, joined))).toMatchObject({ code: "not_signed_in" });
    expect(http.requests).toEqual([]);
  });
});

describe("removing", () => {
  test("signs the other device out", async () => {
    const { client, mine, other, others } = await twoDevices();
    for (const device of await others()) await removeDevice(client, mine, device);
    expect(await others()).toEqual([]);
    expect(await failureOf(client.sessionStatus(other.sessionToken))).toMatchObject({ errno: 110 });
    expect(await failureOf(client.refresh(other))).toMatchObject({ code: "not_signed_in" });
    expect(await client.sessionStatus(mine.sessionToken)).toMatchObject({ verified: true });
  });

  test("goes by the device's id without a session", async () => {
    const { client, mine, other } = await twoDevices();
    const { sessionToken, ...joined } = mine;
    const device = (await listDevices(client, joined)).find(({ id }) => id === other.deviceId);
    if (device === undefined) throw new Error("the other device is not listed");
    await removeDevice(client, joined, device);
    expect(sessionToken).toBeDefined();
    expect(await failureOf(client.sessionStatus(other.sessionToken))).toMatchObject({ errno: 110 });
  });

  test("counts as done when the device was gone", async () => {
    const { client, mine, others } = await twoDevices();
    for (const device of await others()) {
      await removeDevice(client, mine, device);
      await removeDevice(client, mine, device);
    }
  });

  test("is not done when it is this device's own session that is gone", async () => {
    const { client, mine, others } = await twoDevices();
    const [device] = await others();
    if (device === undefined) throw new Error("no other device is listed");
    await client.destroySession(mine.sessionToken);
    expect(await failureOf(removeDevice(client, mine, device))).toMatchObject({ code: "not_signed_in" });
  });

  test("is not done when the server lists it still", async () => {
    const entry = { clientId: CLIENT_ID, refreshTokenId: "11".repeat(32), deviceId: "22".repeat(16) };
    const { client } = scriptedClient({ [ATTACHED]: { document: [entry] }, [DESTROY]: problem(400, 123) });
    const holder = exampleCredentials();
    const [device] = await listDevices(client, holder);
    if (device === undefined) throw new Error("nothing is listed");
    expect(await failureOf(removeDevice(client, holder, device))).toMatchObject({ errno: 123 });
  });
});

describe("the device that a pairing added", () => {
  const entry = (name: string, members: object = {}) => ({
    ...{ clientId: CLIENT_ID, refreshTokenId: "11".repeat(32), deviceId: "22".repeat(16), name, ...members },
  });
  const search = (lists: object[][], session = false, patience = 5000) => {
    const clock = new JumpingClock();
    const { client, http } = scriptedClient(
      { [ATTACHED]: lists.map((document) => ({ document })) },
      { clock },
    );
    const result = findNewDevice({
      accounts: client,
      holder: { ...exampleCredentials(), sessionToken: "c3".repeat(32) },
      before: [],
      grantee: { clientId: CLIENT_ID, session },
      clientName: "Firefox for Android",
      clock,
      patience,
      signal: never,
    });
    return { result, http, clock };
  };

  test("is taken at the first look when it is there with its name", async () => {
    const { result, http } = search([[entry("laptop")]]);
    expect(await result).toMatchObject({ kind: "found", device: { name: "laptop" } });
    expect(http.requests).toHaveLength(1);
  });

  test("is waited for, and for its name", async () => {
    const { result, http } = search([[], [entry("Firefox for Android")], [entry("laptop")]]);
    expect(await result).toMatchObject({ kind: "found", device: { name: "laptop" } });
    expect(http.requests).toHaveLength(3);
  });

  test("is waited for with its session", async () => {
    const session = { sessionTokenId: "33".repeat(32), userAgent: "Firefox 140" };
    const { result } = search([[entry("phone")], [entry("phone"), session]], true);
    expect(await result).toMatchObject({ kind: "found", also: [{ name: "Firefox 140" }] });
  });

  test("is taken as it is when time is up, and not waited for any longer", async () => {
    const nameless = search([[entry("Firefox for Android")]]);
    expect(await nameless.result).toMatchObject({ kind: "found", device: { name: "Firefox for Android" } });
    const { result, clock } = search([[]]);
    expect(await result).toEqual({ kind: "none" });
    expect(clock.elapsed).toBeLessThanOrEqual(5000);
  });

  test("is found among real entries, session and all", async () => {
    const { client, mine } = await twoDevices();
    const before = await client.attachedClients(mine.sessionToken);
    const scope = [OLDSYNC_SCOPE];
    const { tokens } = await client.credentialsGrant(mine.sessionToken, CLIENT_ID, scope);
    await client.registerDevice(
      { refreshToken: tokens.refreshToken ?? "" },
      { name: "new", type: "desktop" },
    );
    const result = await findNewDevice({
      accounts: client,
      holder: mine,
      before,
      grantee: { clientId: CLIENT_ID, session: scope.includes(SESSION_SCOPE) },
      clientName: "Firefox for Android",
      clock: systemClock,
      patience: 0,
      signal: never,
    });
    expect(result).toMatchObject({ kind: "found", device: { name: "new", isThis: false } });
  });
});
