/** From a device as the account has it to the one that events and words show. */
import type { Clock } from "../lib/clock.ts";
import type { AccountDevice } from "../oauth/account-devices.ts";
import type { ListedDevice } from "../ui/events.ts";

/** Without what only the server needs, and with times for people. */
export function listedDevice(device: AccountDevice, clock: Clock): ListedDevice {
  const { id, name, type, clientId, isThis, createdAt, lastSeen } = device;
  return {
    id,
    name,
    type,
    clientId,
    thisDevice: isThis,
    createdAt: timestamp(createdAt),
    lastSeen: timestamp(lastSeen),
    idle: lastSeen === null ? null : Math.max(0, Math.floor((clock.wallTime() - lastSeen) / 1000)),
  };
}

/** RFC 3339; null also for what is no time at all. */
export function timestamp(milliseconds: number | null): string | null {
  if (milliseconds === null || !(milliseconds > 0 && milliseconds < 8.64e15)) return null;
  return new Date(milliseconds).toISOString();
}
