/** Everything attached to an account in one list: devices, sessions and refresh tokens. */
import * as v from "valibot";
import type { SessionCaller } from "../auth.ts";
import type { Call } from "../call.ts";
import * as fields from "../fields.ts";
import { AuthProblem } from "../problems.ts";
import type { RefreshToken, Session } from "../records.ts";
import type { Services } from "../services.ts";
import { readBody } from "../validate.ts";

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

/** `/account/attached_client/destroy`: ends what the body names, which must be the account's own. */
export function destroyAttachedClient(services: Services, caller: SessionCaller, call: Call): void {
  const body = readBody(call, DestroyBody, "bodyRequired");
  const { store } = services;
  const { uid } = caller.account;
  if (body.deviceId) {
    const device = store.devices.find(uid, body.deviceId);
    if (!device) throw new AuthProblem(123);
    store.destroyDevice(device);
  } else if (body.sessionTokenId) {
    if (store.sessions.find(body.sessionTokenId)?.uid !== uid) throw new AuthProblem(110);
    store.destroySession(body.sessionTokenId);
  } else if (body.refreshTokenId) {
    if (store.grants.findRefreshTokenById(body.refreshTokenId)?.uid !== uid) throw new AuthProblem(110);
    store.destroyRefreshToken(body.refreshTokenId);
  } else {
    if (!body.clientId) throw new AuthProblem(108, { param: "clientId" });
    store.destroyTokens(uid, (clientId) => clientId === body.clientId);
  }
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
    deviceType: device?.fields.type ?? null,
    os: null,
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
    deviceType: device?.fields.type ?? null,
    os: null,
    isCurrentSession: false,
    createdTime: token.createdAt,
    lastAccessTime: token.lastAccessTime,
    userAgent: "",
    scope: token.scope,
  };
}
