/**
 * What is signed in to an account, as its owner sees it: one entry for each device, session or application, and which of
 * them came with a pairing. Pure: the lists are fetched in `device-list.ts`.
 */

import { createHash } from "node:crypto";
import { equalText } from "../lib/constant-time.ts";
import { decodeHex, encodeHex } from "../lib/hex.ts";
import type { AttachedClient, DeviceRecord } from "./answers.ts";
import type { Credentials } from "./credentials.ts";
import type { AttachedHandle } from "./request-bodies.ts";
import { deriveTokenCredentials } from "./session-token.ts";

export interface AccountDevice {
  /** 32 lower-case hex digits; good for showing, and for naming the device to be removed. */
  readonly id: string;
  readonly name: string | null;
  /** "desktop", "mobile", …; null where the entry is only a session or an application. */
  readonly type: string | null;
  readonly clientId: string | null;
  /** The device that asks. */
  readonly isThis: boolean;
  /** Unix milliseconds. */
  readonly createdAt: number | null;
  readonly lastSeen: number | null;
  /** What the server knows it by. Never to be shown: a session's id is as good as its token. */
  readonly handle: AttachedHandle;
}

/** What the server knows this device by. */
export interface OwnHandles {
  readonly deviceId: string | null;
  readonly sessionTokenId: string | null;
  readonly refreshTokenId: string | null;
}

/** The ids under which the server lists the holder of these credentials (derived; no token leaves the device). */
export function ownHandles({
  deviceId,
  sessionToken,
  refreshToken,
}: Pick<Credentials, "deviceId" | "sessionToken" | "refreshToken">): OwnHandles {
  return {
    deviceId,
    sessionTokenId: sessionToken === undefined ? null : sessionTokenIdOf(sessionToken),
    refreshTokenId: sha256(decodeHex(refreshToken) ?? new Uint8Array()),
  };
}

/** The id under which the server lists a session; null for what is no token. */
export function sessionTokenIdOf(sessionToken: string): string | null {
  const token = decodeHex(sessionToken);
  return token === undefined ? null : encodeHex(deriveTokenCredentials(token, "sessionToken").tokenId);
}

/** The account's list. What belongs to this device comes first and as one entry, whatever the server knows it by. */
export function fromAttachedClients(clients: readonly AttachedClient[], own: OwnHandles): AccountDevice[] {
  const mine = clients.filter((client) => isOwn(client, own));
  const others = clients.filter((client) => !isOwn(client, own));
  return [...ownEntry(mine), ...others.map((client) => describe(client, false))];
}

/** The list as those get it who have no session: devices alone. */
export function fromDeviceRecords(devices: readonly DeviceRecord[], own: OwnHandles): AccountDevice[] {
  const listed = devices.map(({ id, name, type, createdAt, lastAccessTime, isCurrentDevice }) => ({
    id,
    name,
    type,
    clientId: null,
    isThis: isCurrentDevice === true || id === own.deviceId,
    createdAt,
    lastSeen: lastAccessTime,
    handle: { clientId: null, deviceId: id, sessionTokenId: null, refreshTokenId: null },
  }));
  return [...listed.filter(({ isThis }) => isThis), ...listed.filter(({ isThis }) => !isThis)];
}

/** Milliseconds that a sign-in with the password takes at most from its session to its tokens: a code may be mailed between. */
const SIGN_IN_TIME = 15 * 60_000;

/**
 * Of the whole list what may be left of a device that is removed: who signs in with the password gets a session, which
 * has the device's name, and tokens, which the server lists for themselves and does not end together with it.
 */
export function tokensBeside(device: AccountDevice, all: readonly AccountDevice[]): AccountDevice[] {
  const { handle, createdAt } = device;
  if (handle.sessionTokenId === null || handle.refreshTokenId !== null || createdAt === null) return [];
  return all.filter(
    (other) =>
      !other.isThis &&
      other.handle.refreshTokenId !== null &&
      other.createdAt !== null &&
      other.createdAt >= createdAt &&
      other.createdAt <= createdAt + SIGN_IN_TIME,
  );
}

/** A pairing that was granted. */
export interface Grantee {
  readonly clientId: string;
  /** The session scope was granted: the new device gets a session besides. */
  readonly session: boolean;
}

export type Newcomer =
  /** The device, and what else is to be removed with it. */
  | { readonly kind: "found"; readonly device: AccountDevice; readonly also: readonly AccountDevice[] }
  | { readonly kind: "none" }
  /** More came than one pairing brings: which is the one cannot be told. */
  | { readonly kind: "ambiguous"; readonly candidates: readonly AccountDevice[] };

/**
 * Which entry a pairing has added. A device gets a refresh token for its client, and with the session scope a session that
 * the server lists for itself. When somebody else signed in meanwhile, so that two entries could be meant, none is.
 */
export function newcomer(
  before: readonly AttachedClient[],
  after: readonly AttachedClient[],
  { clientId, session }: Grantee,
  own: OwnHandles,
): Newcomer {
  const fresh = after.filter((client) => !isOwn(client, own) && !before.some(isSameAs(client)));
  const devices = fresh.filter((client) => client.refreshTokenId !== null && client.clientId === clientId);
  // One that hangs on a device or a client is that device's, not a second part of this one.
  const sessions = session ? fresh.filter(isBareSession) : [];
  const [device] = devices;
  if (device === undefined) return { kind: "none" };
  if (devices.length > 1 || sessions.length > 1) {
    return {
      kind: "ambiguous",
      candidates: [...devices, ...sessions].map((client) => describe(client, false)),
    };
  }
  return {
    kind: "found",
    device: describe(device, false),
    also: sessions.map((client) => describe(client, false)),
  };
}

function isBareSession({ sessionTokenId, deviceId, refreshTokenId }: AttachedClient): boolean {
  return sessionTokenId !== null && deviceId === null && refreshTokenId === null;
}

/** The same entry, even if it got a device record since. */
function isSameAs(client: AttachedClient): (other: AttachedClient) => boolean {
  return (other) =>
    isSame(client.refreshTokenId, other.refreshTokenId) ||
    isSame(client.sessionTokenId, other.sessionTokenId) ||
    isSame(client.deviceId, other.deviceId) ||
    (isApplication(client) && isApplication(other) && client.clientId === other.clientId);
}

/** Known by its client alone: it holds access tokens and nothing that lasts. */
function isApplication({ deviceId, sessionTokenId, refreshTokenId }: AttachedClient): boolean {
  return deviceId === null && sessionTokenId === null && refreshTokenId === null;
}

function isSame(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && equalText(a, b);
}

function isOwn(client: AttachedClient, own: OwnHandles): boolean {
  return (
    client.isCurrentSession === true ||
    isSame(client.deviceId, own.deviceId) ||
    isSame(client.sessionTokenId, own.sessionTokenId) ||
    isSame(client.refreshTokenId, own.refreshTokenId)
  );
}

/** Session and refresh token of one device can be two entries, of which one has its name. */
function ownEntry(mine: readonly AttachedClient[]): AccountDevice[] {
  const [named] = [...mine].sort((a, b) => rank(b) - rank(a));
  if (named === undefined) return [];
  const times = (pick: (client: AttachedClient) => number | null) =>
    mine.map(pick).filter((time) => time !== null);
  const created = times(({ createdTime }) => createdTime);
  const seen = times(({ lastAccessTime }) => lastAccessTime);
  return [
    {
      ...describe(named, true),
      createdAt: created.length === 0 ? null : Math.min(...created),
      lastSeen: seen.length === 0 ? null : Math.max(...seen),
    },
  ];
}

function rank({ deviceId, isCurrentSession }: AttachedClient): number {
  return (deviceId === null ? 0 : 1) + (isCurrentSession === true ? 2 : 0);
}

function describe(client: AttachedClient, isThis: boolean): AccountDevice {
  const { clientId, deviceId, sessionTokenId, refreshTokenId } = client;
  const handle = { clientId, deviceId, sessionTokenId, refreshTokenId };
  return {
    id: deviceId ?? idOf(handle),
    name: textOrNull(client.name) ?? textOrNull(client.userAgent),
    type: textOrNull(client.deviceType),
    clientId,
    isThis,
    createdAt: client.createdTime,
    lastSeen: client.lastAccessTime,
    handle,
  };
}

/** An id to show in the place of one that must not be: a session's own would let whoever reads it use that session. */
function idOf({ clientId, sessionTokenId, refreshTokenId }: AttachedHandle): string {
  const known = refreshTokenId ?? sessionTokenId ?? clientId ?? "";
  return sha256(Buffer.from(`fxa-pair device ${known}`, "utf8")).slice(0, 32);
}

function textOrNull(text: string | null): string | null {
  return text === null || text.trim() === "" ? null : text;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
