import { describe, expect, test } from "vitest";
import type { AttachedClient } from "../../src/oauth/answers.ts";
import {
  fromAttachedClients,
  fromDeviceRecords,
  newcomer,
  ownHandles,
  tokensBeside,
} from "../../src/oauth/account-devices.ts";
import { exampleCredentials } from "./example-credentials.ts";
import { CLIENT_ID } from "./support.ts";

const digits = (digit: string, count: number) => digit.repeat(count);
const own = { deviceId: digits("a", 32), sessionTokenId: digits("b", 64), refreshTokenId: digits("c", 64) };

function client(members: Partial<AttachedClient>): AttachedClient {
  return {
    clientId: null,
    deviceId: null,
    sessionTokenId: null,
    refreshTokenId: null,
    name: null,
    deviceType: null,
    os: null,
    userAgent: null,
    isCurrentSession: false,
    createdTime: 1000,
    lastAccessTime: 2000,
    ...members,
  };
}

const ownSession = client({
  deviceId: own.deviceId,
  sessionTokenId: own.sessionTokenId,
  name: "desk",
  deviceType: "desktop",
  isCurrentSession: true,
});
const ownToken = client({
  clientId: CLIENT_ID,
  refreshTokenId: own.refreshTokenId,
  deviceId: digits("9", 32),
  name: "Firefox for Android",
  createdTime: 900,
  lastAccessTime: 2500,
});
const phone = client({
  clientId: CLIENT_ID,
  refreshTokenId: digits("1", 64),
  deviceId: digits("2", 32),
  name: "phone",
});
const laptop = client({
  clientId: CLIENT_ID,
  refreshTokenId: digits("3", 64),
  deviceId: digits("4", 32),
  name: "laptop",
});
const session = (digit: string) => client({ sessionTokenId: digits(digit, 64), userAgent: "Firefox 140" });
const application = client({ clientId: digits("7", 16), name: "A web site" });

const before = [ownSession, ownToken, phone];
const grantee = { clientId: CLIENT_ID, session: false };

describe("what a pairing added", () => {
  const found = (after: readonly AttachedClient[], with_ = grantee) => newcomer(before, after, with_, own);

  test("is the one device that is new", () => {
    expect(found([...before, laptop])).toMatchObject({
      kind: "found",
      device: { id: laptop.deviceId, name: "laptop" },
      also: [],
    });
  });

  test("is nothing while nothing is new", () => {
    expect(found(before)).toEqual({ kind: "none" });
    expect(found([ownSession])).toEqual({ kind: "none" });
  });

  test("is one that is no device", () => {
    const { name, ...bare } = client({
      clientId: CLIENT_ID,
      refreshTokenId: digits("3", 64),
      name: "Firefox",
    });
    expect(found([...before, { ...bare, name }])).toMatchObject({ kind: "found", device: { name } });
  });

  test("is no other client's, no session alone, and no application", () => {
    const others = [{ ...laptop, clientId: digits("5", 16) }, session("6"), application];
    for (const other of others) expect(found([...before, other])).toEqual({ kind: "none" });
  });

  test("is not one that was there and has only got a device, or a name, since", () => {
    const nameless = { ...laptop, deviceId: null, name: "Firefox for Android" };
    const earlier = [ownSession, nameless];
    expect(newcomer(earlier, [ownSession, laptop], grantee, own)).toEqual({ kind: "none" });
  });

  test("is never this device, though its own token were new", () => {
    expect(newcomer([ownSession], [ownSession, ownToken], grantee, own)).toEqual({ kind: "none" });
  });

  test("is not told when two could be it", () => {
    const other = { ...laptop, refreshTokenId: digits("8", 64), deviceId: digits("8", 32), name: "other" };
    const result = found([...before, laptop, other]);
    expect(result).toMatchObject({
      kind: "ambiguous",
      candidates: [{ name: "laptop" }, { name: "other" }],
    });
  });

  describe("with the session scope", () => {
    const withSession = { clientId: CLIENT_ID, session: true };

    test("takes the one new session along", () => {
      expect(found([...before, laptop, session("6")], withSession)).toMatchObject({
        kind: "found",
        device: { name: "laptop" },
        also: [{ name: "Firefox 140", handle: { sessionTokenId: digits("6", 64) } }],
      });
    });

    test("leaves alone a session of another device", () => {
      const desktop = { ...session("6"), deviceId: digits("6", 32) };
      expect(found([...before, laptop, desktop], withSession)).toMatchObject({ kind: "found", also: [] });
    });

    test("is not told when two sessions are new", () => {
      const result = found([...before, laptop, session("6"), session("8")], withSession);
      expect(result).toMatchObject({ kind: "ambiguous", candidates: [{}, {}, {}] });
    });
  });

  test("takes no session along that was not granted", () => {
    expect(found([...before, laptop, session("6")])).toMatchObject({ kind: "found", also: [] });
  });
});

describe("the list", () => {
  test("has this device first and once, under its own name, with the earliest and the latest time", () => {
    const list = fromAttachedClients([phone, ownToken, ownSession, application], own);
    expect(list.map(({ name, isThis }) => [name, isThis])).toEqual([
      ["desk", true],
      ["phone", false],
      ["A web site", false],
    ]);
    expect(list[0]).toMatchObject({ id: own.deviceId, createdAt: 900, lastSeen: 2500, type: "desktop" });
  });

  test("knows this device by its refresh token alone", () => {
    const joined = { deviceId: null, sessionTokenId: null, refreshTokenId: own.refreshTokenId };
    expect(fromAttachedClients([ownToken, phone], joined).map(({ isThis }) => isThis)).toEqual([true, false]);
  });

  test("shows no id that a session could be used with, and different ones for different entries", () => {
    const list = fromAttachedClients([session("6"), session("8"), application, phone], own);
    const ids = list.map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(ids.join(" ")).not.toMatch(/66666666|88888888/);
  });

  test("has a session's browser for its name", () => {
    expect(fromAttachedClients([{ ...session("6"), name: "" }], own)).toMatchObject([
      { name: "Firefox 140" },
    ]);
  });

  test("of device records marks this one, which the server or the id tells", () => {
    const record = (id: string, isCurrentDevice: boolean | null) => ({
      ...{ id, isCurrentDevice, name: "x", type: "desktop", createdAt: 1, lastAccessTime: 2 },
    });
    const records = [
      record(digits("1", 32), false),
      record(digits("2", 32), true),
      record(own.deviceId, null),
    ];
    expect(fromDeviceRecords(records, own).map(({ isThis }) => isThis)).toEqual([true, true, false]);
  });
});

test("own ids are derived: neither token appears in them", () => {
  const credentials = exampleCredentials();
  const { sessionTokenId, refreshTokenId } = ownHandles(credentials);
  expect(sessionTokenId).toMatch(/^[0-9a-f]{64}$/);
  expect(refreshTokenId).toMatch(/^[0-9a-f]{64}$/);
  expect([sessionTokenId, refreshTokenId]).not.toContain(credentials.refreshToken);
  const { sessionToken, ...joined } = credentials;
  expect(sessionTokenId).not.toBe(sessionToken);
  expect(ownHandles(joined).sessionTokenId).toBeNull();
});

describe("what may be left of a removed device", () => {
  const session = client({ deviceId: digits("3", 32), sessionTokenId: digits("4", 64), name: "attic" });
  const tokens = (members: Partial<AttachedClient>) =>
    client({ clientId: CLIENT_ID, refreshTokenId: digits("5", 64), createdTime: 1030, ...members });
  const idsBeside = (removed: AttachedClient, other: AttachedClient) => {
    const all = fromAttachedClients([ownSession, removed, other], own);
    const device = all.find(({ name }) => name === removed.name);
    return device === undefined ? [] : tokensBeside(device, all).map(({ handle }) => handle.refreshTokenId);
  };

  test("are tokens that came right after its session", () => {
    expect(idsBeside(session, tokens({}))).toEqual([digits("5", 64)]);
    expect(idsBeside(session, tokens({ deviceId: digits("6", 32) }))).toEqual([digits("5", 64)]);
    expect(idsBeside(session, tokens({ createdTime: 1000 + 15 * 60_000 }))).toEqual([digits("5", 64)]);
  });

  test.each([
    ["older ones", tokens({ createdTime: 999 })],
    ["much younger ones", tokens({ createdTime: 1001 + 15 * 60_000 })],
    ["of unknown age", tokens({ createdTime: null })],
    ["this device's own", ownToken],
    ["another session", client({ sessionTokenId: digits("7", 64) })],
  ])("are not %s", (_what, other) => {
    expect(idsBeside(session, other)).toEqual([]);
  });

  test("is nothing where its tokens are what was removed", () => {
    expect(idsBeside(phone, tokens({}))).toEqual([]);
  });
});
