/**
 * What one address may ask for, so that one abuser neither fills the relay nor walks the nameplates. Pure; the time is
 * passed in (milliseconds of one monotonic clock). Forgets by itself, and holds a bounded number of addresses.
 */
import { addressGroup } from "./address-group.ts";
import { Recent } from "./recent.ts";

/** Limits of one address. `Infinity` means unlimited. */
export interface AddressLimitSettings {
  /** Requests for a seat, each second; three times as many in a burst. */
  readonly connectRate: number;
  /** Open channels created. */
  readonly channelsPerAddress: number;
}

/** Seconds' worth of requests that may come at once. */
export const BURST_SECONDS = 3;

/** Joins through a nameplate within any {@link NAMEPLATE_PERIOD}: people mistype, and do not try a hundred numbers. */
export const NAMEPLATE_JOINS = 10;

/** In milliseconds. */
export const NAMEPLATE_PERIOD = 60_000;

/** Addresses remembered at most for each limit, oldest forgotten first: some megabytes under the worst flood. */
export const REMEMBERED_ADDRESSES = 65_536;

interface Bucket {
  /** Requests that may come now. */
  tokens: number;
  /** When that was. */
  at: number;
}

export class AddressLimits {
  readonly #limits: AddressLimitSettings;
  /** Full again, and as good as forgotten, once it has been left alone for {@link BURST_SECONDS}. */
  readonly #requests = new Recent<Bucket>(REMEMBERED_ADDRESSES, BURST_SECONDS * 1000);
  /** When each join came, in order. */
  readonly #nameplateJoins = new Recent<number[]>(REMEMBERED_ADDRESSES, NAMEPLATE_PERIOD);
  /** As many as there are addresses with open channels. */
  readonly #channels = new Map<string, number>();

  constructor(limits: AddressLimitSettings) {
    this.#limits = limits;
  }

  /** How many addresses are remembered for something. */
  get size(): number {
    return this.#requests.size + this.#nameplateJoins.size + this.#channels.size;
  }

  /** Counts a request for a seat. Returns the seconds to wait if it is one too many, which is not counted. */
  request(address: string, now: number): number | undefined {
    const { connectRate } = this.#limits;
    if (connectRate === Infinity) return undefined;
    const group = addressGroup(address);
    const most = connectRate * BURST_SECONDS;
    const bucket = this.#requests.get(group) ?? { tokens: most, at: now };
    const tokens = Math.min(most, bucket.tokens + ((now - bucket.at) / 1000) * connectRate);
    if (tokens < 1) return Math.ceil((1 - tokens) / connectRate);
    bucket.tokens = tokens - 1;
    bucket.at = now;
    this.#requests.put(group, bucket, now);
    return undefined;
  }

  /** Counts a join through a nameplate. Returns the seconds to wait if it is one too many, which is not counted. */
  joinByNameplate(address: string, now: number): number | undefined {
    const group = addressGroup(address);
    const joins = (this.#nameplateJoins.get(group) ?? []).filter((at) => now - at < NAMEPLATE_PERIOD);
    const [oldest] = joins;
    if (oldest !== undefined && joins.length >= NAMEPLATE_JOINS) {
      return Math.ceil((oldest + NAMEPLATE_PERIOD - now) / 1000);
    }
    this.#nameplateJoins.put(group, [...joins, now], now);
    return undefined;
  }

  /** Whether that address may open one more channel. */
  mayOpen(address: string): boolean {
    return (this.#channels.get(addressGroup(address)) ?? 0) < this.#limits.channelsPerAddress;
  }

  /** Counts a channel opened by that address. Returns what it is counted under, for {@link closed}. */
  opened(address: string): string {
    const group = addressGroup(address);
    this.#channels.set(group, (this.#channels.get(group) ?? 0) + 1);
    return group;
  }

  /** Counts a channel no more. */
  closed(group: string): void {
    const left = (this.#channels.get(group) ?? 0) - 1;
    if (left > 0) this.#channels.set(group, left);
    else this.#channels.delete(group);
  }

  /** Forgets what limits nobody any more. */
  forget(now: number): void {
    this.#requests.forget(now);
    this.#nameplateJoins.forget(now);
  }
}
