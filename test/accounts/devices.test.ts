import { describe, expect, test } from "vitest";
import { ANDROID, MINUTE, OLDSYNC, startTestServer, tokenId } from "./harness.ts";

const PUSH = {
  pushCallback: "https://updates.push.services.mozilla.com/wpush/v1/x",
  pushPublicKey: "p".repeat(87),
  pushAuthKey: "a".repeat(22),
};

async function setUp() {
  const client = await startTestServer();
  const caller = await client.signIn();
  const register = (body: unknown, authorization = caller.authorization) =>
    client.auth("POST", "/account/device", { authorization, body });
  const list = async (authorization = caller.authorization) =>
    (await client.auth("GET", "/account/devices", { authorization })).body;
  return { client, caller, register, list };
}

describe("/account/device", () => {
  test("registers this session's device, and updates it with or without its id", async () => {
    const { register, list } = await setUp();
    const { body } = await register({ name: "Laptop", type: "desktop", capabilities: [] });
    expect(body).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: "Laptop",
      type: "desktop",
      createdAt: 1_700_000_000_000,
      pushCallback: null,
      pushEndpointExpired: false,
      availableCommands: {},
    });
    expect((await register({ id: body.id, name: "Desk" })).body).toMatchObject({
      id: body.id,
      name: "Desk",
      type: "desktop",
    });
    expect((await register({ ...PUSH, availableCommands: { open: "x" } })).body).toMatchObject({
      id: body.id,
      ...PUSH,
    });
    expect(await list()).toMatchObject([{ id: body.id, name: "Desk", isCurrentDevice: true, location: {} }]);
  });

  test.each([
    ["nothing to say", {}, 107],
    ["an empty list of capabilities alone", { capabilities: [] }, 107],
    ["commands alone", { availableCommands: { open: "x" } }, 107],
    ["an unknown id", { id: "0".repeat(32), name: "x" }, 123],
    ["half of the push fields", { pushCallback: PUSH.pushCallback }, 107],
    ["an unknown push service", { ...PUSH, pushCallback: "https://push.example.com/" }, 107],
    ["an unprintable name", { name: "a\u202eb" }, 107],
    ["256 characters of name", { name: "n".repeat(256) }, 107],
    ["an unknown type", { type: "toaster" }, 107],
    ["capabilities", { name: "x", capabilities: ["messages"] }, 107],
    ["a command that is no text", { name: "x", availableCommands: { open: 1 } }, 107],
  ])("%s is refused", async (_name, body, errno) => {
    const { register, list } = await setUp();
    expect(await register(body)).toMatchObject({ status: 400, body: { errno } });
    expect(await list()).toEqual([]);
  });

  test.each([{ type: "mobile" }, PUSH])("takes %j alone", async (body) => {
    const { register } = await setUp();
    expect(await register(body)).toMatchObject({ status: 200, body });
  });

  test("a session has one device: another's id is 124 and names the own one", async () => {
    const { client, register } = await setUp();
    const other = await client.signIn();
    const mine = (await register({ name: "Mine" })).body.id;
    const theirs = (await register({ name: "Theirs" }, other.authorization)).body.id;
    expect((await register({ id: theirs, name: "x" })).body).toMatchObject({ errno: 124, deviceId: mine });
  });

  test("a refresh token for Sync has a nameless device from the start, which it can name", async () => {
    const { client, caller, register, list } = await setUp();
    const tokens = await client.tokens(caller);
    expect(await list()).toMatchObject([{ name: null, isCurrentDevice: false }]);
    const bearer = `Bearer ${tokens.refresh_token}`;
    expect((await register({ name: "Phone", type: "mobile" }, bearer)).status).toBe(200);
    expect(await list(bearer)).toMatchObject([{ name: "Phone", isCurrentDevice: true }]);
  });

  test("a refresh token without the Sync scope is refused, an access token unknown", async () => {
    const { client, caller, register } = await setUp();
    const tokens = await client.tokens(caller, "profile");
    const refused = await register({ name: "x" }, `Bearer ${tokens.refresh_token}`);
    expect(refused.body).toMatchObject({ errno: 163, invalidScopes: ["profile"] });
    expect((await register({ name: "x" }, `Bearer ${tokens.access_token}`)).body.errno).toBe(110);
  });
});

describe("the device list", () => {
  test("leaves idle devices out on request", async () => {
    const { client, caller, register } = await setUp();
    const idle = await client.signIn();
    await register({ name: "Idle" }, idle.authorization);
    client.clock.advance(MINUTE);
    await client.tokens(caller);
    const listed = await client.auth(
      "GET",
      "/account/devices?filterIdleDevicesTimestamp=1700000000001",
      caller,
    );
    expect(listed.body).toMatchObject([{ name: null }]);
    expect(
      (await client.auth("GET", "/account/devices?filterIdleDevicesTimestamp=x", caller)).body.errno,
    ).toBe(107);
  });

  test("shows nobody else's devices, nor lets them be destroyed", async () => {
    const { client, register, list } = await setUp();
    const stranger = await client.signIn("v2", {});
    const { id } = (await register({ name: "Mine" })).body;
    expect(await list(stranger.authorization)).toEqual([]);
    const destroy = { authorization: stranger.authorization, body: { id } };
    expect((await client.auth("POST", "/account/device/destroy", destroy)).body.errno).toBe(123);
  });

  test("destroying a device ends its session or its refresh token", async () => {
    const { client, caller, register, list } = await setUp();
    const other = await client.signIn();
    const tokens = await client.tokens(caller);
    await register({ name: "Other" }, other.authorization);
    for (const { id } of await list()) {
      const reply = await client.auth("POST", "/account/device/destroy", {
        authorization: caller.authorization,
        body: { id },
      });
      expect(reply.status).toBe(200);
    }
    expect((await client.auth("GET", "/session/status", other)).status).toBe(401);
    expect((await client.profile(tokens.access_token)).status).toBe(401);
    expect((await client.auth("GET", "/session/status", caller)).status).toBe(200);
  });

  test("a session that ends takes its device with it", async () => {
    const { client, caller, register, list } = await setUp();
    const other = await client.signIn();
    await register({ name: "Other" }, other.authorization);
    await client.auth("POST", "/session/destroy", { authorization: other.authorization, body: {} });
    expect(await list(caller.authorization)).toEqual([]);
  });
});

describe("last access", () => {
  const LATER = 1_700_000_060_000;
  const times = (records: { lastAccessTime: number }[]) => records.map((record) => record.lastAccessTime);

  test("is when a session was last used, and its device with it", async () => {
    const { client, caller, register, list } = await setUp();
    const other = await client.signIn();
    await register({ name: "Mine" });
    await register({ name: "Theirs" }, other.authorization);
    client.clock.advance(MINUTE);
    await client.auth("GET", "/session/status", caller);
    expect(times(await list())).toEqual([LATER, LATER - MINUTE]);
    const attached = await client.auth("GET", "/account/attached_clients", caller);
    expect(times(attached.body)).toEqual([LATER, LATER - MINUTE]);
  });

  test.each([
    ["refreshing", { grant_type: "refresh_token", client_id: ANDROID }],
    ["listing devices", undefined],
  ])("is when a refresh token was last used, for %s", async (_name, refresh) => {
    const { client, caller, list } = await setUp();
    const { refresh_token: refreshToken } = await client.tokens(caller);
    client.clock.advance(MINUTE);
    const body = { ...refresh, refresh_token: refreshToken };
    if (refresh) await client.auth("POST", "/oauth/token", { body });
    else await list(`Bearer ${refreshToken}`);
    expect(times(await list())).toEqual([LATER]);
    const attached = await client.auth("GET", "/account/attached_clients", caller);
    expect(times(attached.body)).toEqual([LATER, LATER]);
  });
});

describe("attached clients", () => {
  test("are sessions and refresh tokens with their devices", async () => {
    const { client, caller, register } = await setUp();
    await client.tokens(caller, `profile ${OLDSYNC}`);
    await register({ name: "Laptop", type: "desktop" });
    const { body } = await client.auth("GET", "/account/attached_clients", caller);
    expect(body).toMatchObject([
      {
        clientId: null,
        name: "Laptop",
        isCurrentSession: true,
        sessionTokenId: tokenId(caller.sessionToken, "sessionToken"),
      },
      { clientId: ANDROID, name: "Firefox for Android", isCurrentSession: false, deviceType: "mobile" },
    ]);
  });

  test.each([
    [["deviceId"]],
    [["clientId"]],
    [["clientId", "refreshTokenId"]],
    [["clientId", "deviceId", "refreshTokenId", "sessionTokenId"]],
  ])("are destroyed by %j", async (names) => {
    const { client, caller } = await setUp();
    const tokens = await client.tokens(caller);
    const attached = (await client.auth("GET", "/account/attached_clients", caller)).body[1];
    const body = Object.fromEntries(names.map((name) => [name, attached[name]]));
    const options = { authorization: caller.authorization, body };
    expect((await client.auth("POST", "/account/attached_client/destroy", options)).status).toBe(200);
    expect((await client.profile(tokens.access_token)).status).toBe(401);
  });

  test("are destroyed by clientId with the access tokens that came alone, and no other client's", async () => {
    const { client, caller } = await setUp();
    const { authorization } = caller;
    const grant = async (clientId: string) => {
      const body = { grant_type: "fxa-credentials", client_id: clientId, scope: "profile" };
      return (await client.auth("POST", "/oauth/token", { authorization, body })).body.access_token;
    };
    const [ended, kept] = [await grant(ANDROID), await grant("1b1a3e44c54fbb58")];
    const options = { authorization, body: { clientId: ANDROID } };
    expect((await client.auth("POST", "/account/attached_client/destroy", options)).status).toBe(200);
    expect((await client.profile(ended)).status).toBe(401);
    expect((await client.profile(kept)).status).toBe(200);
  });

  test.each([
    ["nothing named", {}, 108],
    ["an unknown device", { deviceId: "0".repeat(32) }, 123],
    ["an unknown session", { sessionTokenId: "0".repeat(64) }, 110],
    ["a token without its client", { refreshTokenId: "0".repeat(64) }, 107],
    ["a session of a client", { clientId: ANDROID, sessionTokenId: "0".repeat(64) }, 107],
  ])("%s is refused", async (_name, body, errno) => {
    const { client, caller } = await setUp();
    const options = { authorization: caller.authorization, body };
    expect((await client.auth("POST", "/account/attached_client/destroy", options)).body.errno).toBe(errno);
  });

  test("are not destroyed when the ids named do not belong together", async () => {
    const { client, caller } = await setUp();
    await client.tokens(caller);
    await client.tokens(caller);
    const list = async () => (await client.auth("GET", "/account/attached_clients", caller)).body;
    const [, one, other] = await list();
    const body = { clientId: ANDROID, deviceId: one.deviceId, refreshTokenId: other.refreshTokenId };
    const options = { authorization: caller.authorization, body };
    expect((await client.auth("POST", "/account/attached_client/destroy", options)).body.errno).toBe(107);
    expect(await list()).toHaveLength(3);
  });

  test("count as destroyed when they were refresh tokens and are gone already", async () => {
    const { client, caller } = await setUp();
    const body = { clientId: ANDROID, refreshTokenId: "0".repeat(64) };
    const options = { authorization: caller.authorization, body };
    expect((await client.auth("POST", "/account/attached_client/destroy", options)).status).toBe(200);
  });
});
