/** The account's devices, each hanging on one session or one refresh token. */
import { equalText } from "../lib/constant-time.ts";
import type { Clock } from "../lib/clock.ts";
import { encodeHex } from "../lib/hex.ts";
import type { RandomSource } from "../lib/random.ts";
import type { Device, DeviceFields, DeviceOwner } from "./records.ts";

const NAMELESS: DeviceFields = {
  name: null,
  type: null,
  pushCallback: null,
  pushPublicKey: null,
  pushAuthKey: null,
  availableCommands: {},
};

export class DeviceTable {
  readonly #devices = new Map<string, Device>();
  readonly #clock: Clock;
  readonly #random: RandomSource;

  constructor(clock: Clock, random: RandomSource) {
    this.#clock = clock;
    this.#random = random;
  }

  /** A new record; without fields a nameless one. */
  create(uid: string, owner: DeviceOwner, fields: Partial<DeviceFields> = {}): Device {
    const now = Math.floor(this.#clock.wallTime());
    const device: Device = {
      id: encodeHex(this.#random(16)),
      uid,
      owner,
      createdAt: now,
      lastAccessTime: now,
      fields: { ...NAMELESS, ...fields },
    };
    this.#devices.set(device.id, device);
    return device;
  }

  update(device: Device, fields: Partial<DeviceFields>): void {
    device.fields = { ...device.fields, ...fields };
  }

  /** A device of this account, not of any other. */
  find(uid: string, id: string): Device | undefined {
    const device = this.#devices.get(id);
    return device !== undefined && equalText(device.uid, uid) ? device : undefined;
  }

  of(uid: string): readonly Device[] {
    return [...this.#devices.values()].filter((device) => equalText(device.uid, uid));
  }

  ownedBy(owner: DeviceOwner): Device | undefined {
    return [...this.#devices.values()].find((device) => sameOwner(device.owner, owner));
  }

  destroy(id: string): void {
    this.#devices.delete(id);
  }
}

function sameOwner(a: DeviceOwner, b: DeviceOwner): boolean {
  if ("sessionId" in a) return "sessionId" in b && a.sessionId === b.sessionId;
  return "refreshTokenId" in b && a.refreshTokenId === b.refreshTokenId;
}
