/** Device records and everything else that is attached to the account. */
import * as v from "valibot";
import { OLDSYNC_SCOPE } from "../../oauth/scopes.ts";
import type { RefreshTokenCaller, SessionCaller } from "../auth.ts";
import { requireSession, requireSessionOrRefreshToken } from "../auth.ts";
import type { Answer, Call, Route } from "../call.ts";
import { authRoute, ok } from "../call.ts";
import * as fields from "../fields.ts";
import { AuthProblem, OAuthProblem } from "../problems.ts";
import type { Device, DeviceFields, DeviceOwner } from "../records.ts";
import type { Services } from "../services.ts";
import { invalidField, readBody, readQuery } from "../validate.ts";
import { attachedClients, destroyAttachedClient } from "./attached-clients.ts";

/** The push services the hosted server accepts. */
const PUSH_SERVICE = /^https:\/\/[A-Za-z0-9.-]+\.services\.mozilla\.com(?::[0-9]+)?\//;

const DeviceDescription = v.object({
  name: v.exactOptional(fields.printable(255)),
  type: v.exactOptional(v.picklist(["desktop", "mobile", "tablet", "vr", "tv"])),
  pushCallback: v.exactOptional(v.pipe(v.string(), v.maxLength(255), v.regex(PUSH_SERVICE))),
  pushPublicKey: v.exactOptional(v.pipe(v.string(), v.maxLength(88), v.regex(/^[A-Za-z0-9_-]+$/))),
  pushAuthKey: v.exactOptional(v.pipe(v.string(), v.maxLength(24), v.regex(/^[A-Za-z0-9_-]+$/))),
  availableCommands: v.exactOptional(
    v.record(v.pipe(v.string(), v.maxLength(100)), v.pipe(v.string(), v.maxLength(2048))),
  ),
});
const DeviceBody = v.object({
  ...DeviceDescription.entries,
  id: v.optional(fields.hex32),
  capabilities: v.optional(v.pipe(v.array(v.string()), v.maxLength(0))),
});
const DestroyBody = v.object({ id: fields.hex32 });
const DevicesQuery = v.object({
  filterIdleDevicesTimestamp: v.optional(v.pipe(v.string(), v.regex(/^[0-9]{1,16}$/), v.transform(Number))),
});

type Caller = SessionCaller | RefreshTokenCaller;

/** The routes of this group. */
export function deviceRoutes(services: Services): readonly Route[] {
  return [
    authRoute("POST", "/account/device", (call) => registerDevice(services, call)),
    authRoute("GET", "/account/devices", (call) => devices(services, call)),
    authRoute("POST", "/account/device/destroy", (call) => destroyDevice(services, call)),
    authRoute("GET", "/account/attached_clients", (call) =>
      ok(attachedClients(services, requireSession(services.store, call))),
    ),
    authRoute("POST", "/account/attached_client/destroy", (call) => {
      destroyAttachedClient(services, requireSession(services.store, call), call);
      return ok();
    }),
  ];
}

function registerDevice(services: Services, call: Call): Answer {
  const caller = requireDeviceCaller(services, call);
  const body = readBody(call, DeviceBody, "bodyRequired");
  const { id } = body;
  const description = v.parse(DeviceDescription, body);
  checkDescription(description);
  const owner = ownerOf(caller);
  const own = services.store.devices.ownedBy(owner);
  if (id !== undefined) checkDeviceId(services, caller, id.toLowerCase(), own);
  if (own) services.store.devices.update(own, description);
  const device = own ?? services.store.devices.create(caller.account.uid, owner, description);
  return ok(deviceRecord(device));
}

function devices(services: Services, call: Call): Answer {
  const caller = requireDeviceCaller(services, call);
  const { filterIdleDevicesTimestamp: idleBefore = 0 } = readQuery(call, DevicesQuery);
  const own = services.store.devices.ownedBy(ownerOf(caller));
  const listed = services.store.devices
    .of(caller.account.uid)
    .filter((device) => device.lastAccessTime >= idleBefore);
  return ok(listed.map((device) => ({ ...deviceRecord(device), isCurrentDevice: device.id === own?.id })));
}

function destroyDevice(services: Services, call: Call): Answer {
  const caller = requireDeviceCaller(services, call);
  const { id } = readBody(call, DestroyBody, "bodyRequired");
  const device = services.store.devices.find(caller.account.uid, id.toLowerCase());
  if (!device) throw new AuthProblem(123);
  services.store.destroyDevice(device);
  return ok();
}

/** A refresh token counts here only if it may sync. */
function requireDeviceCaller(services: Services, call: Call): Caller {
  const caller = requireSessionOrRefreshToken(services.store, call);
  if ("refreshToken" in caller && !caller.refreshToken.scope.includes(OLDSYNC_SCOPE)) {
    throw new OAuthProblem(114, { invalidScopes: caller.refreshToken.scope });
  }
  return caller;
}

function checkDeviceId(services: Services, caller: Caller, id: string, own: Device | undefined): void {
  if (own?.id === id) return;
  if (!services.store.devices.find(caller.account.uid, id)) throw new AuthProblem(123);
  throw new AuthProblem(124, { deviceId: own?.id ?? id });
}

/** Name, type or push endpoint there must be; commands alone describe no device. Push fields come together. */
function checkDescription({ name, type, ...push }: Partial<DeviceFields>): void {
  const { pushCallback, pushPublicKey, pushAuthKey } = push;
  const present = [pushCallback, pushPublicKey, pushAuthKey].filter((value) => value !== undefined);
  if (present.length % 3 !== 0) throw invalidField("pushCallback");
  if (name === undefined && type === undefined && present.length === 0) throw invalidField("name");
}

function ownerOf(caller: Caller): DeviceOwner {
  return "session" in caller ? { sessionId: caller.session.id } : { refreshTokenId: caller.refreshToken.id };
}

function deviceRecord(device: Device): Record<string, unknown> {
  const { id, createdAt, lastAccessTime, fields: described } = device;
  const record = { id, ...described, createdAt, lastAccessTime };
  return { ...record, pushEndpointExpired: false, location: {}, capabilities: [] };
}
