/** Everything attached to an account in one list: devices, sessions and refresh tokens. */
import { equalText } from "../../lib/constant-time.ts";
import * as v from "valibot";
import type { SessionCaller } from "../auth.ts";
import type { Call } from "../call.ts";
import * as fields from "../fields.ts";
import { AuthProblem } from "../problems.ts";
import type { Device, RefreshToken, Session } from "../records.ts";
import type { Services } from "../services.ts";
import { invalidField, readBody } from "../validate.ts";

const DestroyBody = v.object({
  clientId: v.optional(v.nullable(fields.clientId)),
  deviceId: v.optional(v.nullable(fields.hex32)),
  sessionTokenId: v.optional(v.nullable(fields.hex64)),
  refreshTokenId: v.optional(v.nullable(fields.hex64)),
});

/** The answer of `/account/attached_clients`. */
export function attachedClients(
  services: Services,
  caller: SessionCaller,
): readonly Record<string, unknown>[] {
  const { store } = services;
  const { uid } = caller.account;
  return [
    ...store.sessions.of(uid).map((session) => describeSession(services, caller, session)),
    ...store.grants.refreshTokensOf(uid).map((token) => describeRefreshToken(services, token)),
  ];
}

/**
 * `/account/attached_client/destroy`: ends what the body names, which must be the account's own and belong together. A
 * refresh token that is gone already is as good as ended.
 */
export function destroyAttachedClient(services: Services, caller: SessionCaller, call: Call): void {
  const body = readBody(call, DestroyBody, "bodyRequired");
  const { store } = services;
  const { uid } = caller.account;
  const { clientId, deviceId, sessionTokenId, refreshTokenId } = body;
  if (refreshTokenId && !clientId) throw invalidField("refreshTokenId");
  if (deviceId) {
    const device = store.devices.find(uid, deviceId);
    if (!device) throw new AuthProblem(123);
    checkOwner(device, sessionTokenId, refreshTokenId);
    store.destroyDevice(device);
  } else if (sessionTokenId) {
    // An application without a device has no session.
    if (refreshTokenId || clientId) throw invalidField("sessionTokenId");
    if (!equalText(store.sessions.find(sessionTokenId)?.uid ?? "", uid)) throw new AuthProblem(110);
    store.destroySession(sessionTokenId);
  } else if (refreshTokenId) {
    const token = store.grants.findRefreshTokenById(refreshTokenId);
    const isOurs = token !== undefined && equalText(token.uid, uid) && token.clientId === clientId;
    if (isOurs) store.destroyRefreshToken(refreshTokenId);
  } else {
    if (!clientId) throw new AuthProblem(108, { param: "clientId" });
    store.destroyTokens(uid, (id) => id === clientId);
  }
}

type Id = string | null | undefined;

/** The other ids named with a device's must be those of what it signs in with. */
function checkOwner({ owner }: Device, sessionTokenId: Id, refreshTokenId: Id): void {
  const held = "sessionId" in owner ? { sessionId: owner.sessionId } : { tokenId: owner.refreshTokenId };
  if (sessionTokenId && held.sessionId !== sessionTokenId) throw invalidField("sessionTokenId");
  if (refreshTokenId && held.tokenId !== refreshTokenId) throw invalidField("refreshTokenId");
}

function describeSession(
  services: Services,
  caller: SessionCaller,
  session: Session,
): Record<string, unknown> {
  const device = services.store.devices.ownedBy({ sessionId: session.id });
  return {
    clientId: null,
    deviceId: device?.id ?? null,
    sessionTokenId: session.id,
    refreshTokenId: null,
    name: device?.fields.name ?? null,
    deviceType: device ? (device.fields.type ?? "desktop") : null,
    os: null,
    scope: null, // whoever has a session can have any
    location: {},
    isCurrentSession: session.id === caller.session.id,
    createdTime: session.createdAt,
    lastAccessTime: session.lastAccessTime,
    userAgent: session.userAgent,
  };
}

function describeRefreshToken(services: Services, token: RefreshToken): Record<string, unknown> {
  const device = services.store.devices.ownedBy({ refreshTokenId: token.id });
  return {
    clientId: token.clientId,
    deviceId: device?.id ?? null,
    sessionTokenId: null,
    refreshTokenId: token.id,
    name: device?.fields.name ?? services.store.findClient(token.clientId)?.name ?? null,
    // Those that sign in with a refresh token are taken for phones until they say otherwise.
    deviceType: device ? (device.fields.type ?? "mobile") : null,
    os: null,
    location: {},
    isCurrentSession: false,
    createdTime: token.createdAt,
    lastAccessTime: token.lastAccessTime,
    userAgent: "",
    scope: token.scope,
  };
}
