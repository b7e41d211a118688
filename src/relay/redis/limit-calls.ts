/** What is counted in the store beside channels: requests and channels of addresses, and nameplates. */
import type { RandomSource } from "../../lib/random.ts";
import { addressGroup } from "../address-group.ts";
import { BURST_SECONDS, REMEMBERED_ADDRESSES } from "../address-limits.ts";
import { Recent } from "../recent.ts";
import type { Refusal } from "../refusals.ts";
import { REFUSALS } from "../refusals.ts";
import type { LimitAnswer } from "./answers.ts";
import { readLimitAnswer } from "./answers.ts";
import { addressKeys, NAMEPLATE_KEYS, slotOf } from "./keys.ts";
import type { FunctionName } from "./library.ts";
import type { Link } from "./link.ts";
import { StoreError } from "./store-error.ts";

/** A nameplate as people may write one; longer ones are never given. */
const NAMEPLATE = /^[1-9]\d{0,8}$/;

export interface LimitCallsOptions {
  /** Requests for a seat a second and address; `Infinity` for any number. */
  readonly connectRate: number;
  /** Open channels of an address; `Infinity` for any number. */
  readonly channelsPerAddress: number;
  readonly random: RandomSource;
  /** The store's time. */
  now(): number;
  linkOf(slot: number): Link | undefined;
  foreign(): void;
}

export class LimitCalls {
  readonly #options: LimitCallsOptions;
  readonly #rate: number;
  readonly #most: number;
  /** Until when addresses that have asked too often have to wait, in the store's time. */
  readonly #waiting = new Recent<number>(REMEMBERED_ADDRESSES, BURST_SECONDS * 1000);

  constructor(options: LimitCallsOptions) {
    this.#options = options;
    // 0 is how the functions spell "any number".
    this.#rate = Number.isFinite(options.connectRate) ? options.connectRate : 0;
    this.#most = Number.isFinite(options.channelsPerAddress) ? options.channelsPerAddress : 0;
  }

  /**
   * Counts a request for a seat. Returns a refusal if it is one too many.
   *
   * @throws StoreError as all of these do, if the store cannot be asked
   */
  async request(address: string): Promise<Refusal | undefined> {
    if (this.#rate === 0) return undefined;
    return this.#request(address, "request", [this.#options.now(), this.#rate]);
  }

  /** Counts a request for a seat by a nameplate. */
  async requestByNameplate(address: string): Promise<Refusal | undefined> {
    return this.#request(address, "request_by_nameplate", [this.#options.now(), this.#rate]);
  }

  /** The refusal of an address that has asked too often just now; undefined if the store must be asked. */
  knownRefusal(address: string): Refusal | undefined {
    const now = this.#options.now();
    const wait = (this.#waiting.get(addressGroup(address)) ?? now) - now;
    return wait > 0 ? tooManyRequests(wait) : undefined;
  }

  /** Forgets who may ask again; called now and then. */
  forget(): void {
    this.#waiting.forget(this.#options.now());
  }

  /**
   * Counts a request for a new channel, and the channel unless there is no `room` for it. Returns what the channel is
   * counted under ("" if it is not), or a refusal. `until`: when it is over at the latest.
   */
  async requestChannel(address: string, id: string, until: number, room: boolean): Promise<string | Refusal> {
    if (this.#rate === 0 && this.#most === 0) return "";
    const args = [this.#options.now(), this.#rate, this.#most, id, until, room ? 1 : 0];
    const refusal = await this.#request(address, "request_channel", args);
    return refusal ?? (this.#most === 0 ? "" : addressGroup(address));
  }

  /** Draws a nameplate for a channel. */
  async takeNameplate(id: string, until: number): Promise<string> {
    const args = [id, until, this.#options.now(), this.#draw()];
    const answer = await this.#call("take_nameplate", NAMEPLATE_KEYS, args);
    if (answer.type !== "nameplate") throw StoreError.passing("no nameplate", "");
    return answer.nameplate;
  }

  /** The channel of a nameplate, which is gone then; undefined for whatever is none. */
  async claimNameplate(nameplate: string): Promise<string | undefined> {
    if (!NAMEPLATE.test(nameplate)) return undefined;
    const answer = await this.#call("claim_nameplate", NAMEPLATE_KEYS, [nameplate, this.#options.now()]);
    return answer.type === "channel" ? answer.id : undefined;
  }

  /** A channel is over, or has never come to be. If the store cannot be told, it forgets by itself. */
  release(id: string, group: string, nameplate: string): void {
    if (group !== "") this.#tell("release_channel", [addressKeys(group)[1]], [id]);
    if (nameplate !== "") this.#tell("release_nameplate", NAMEPLATE_KEYS, [nameplate, id]);
  }

  /** A channel that time does not end is still open. */
  keep(id: string, group: string, nameplate: string, until: number): void {
    const now = this.#options.now();
    if (group !== "") this.#tell("keep_channel", [addressKeys(group)[1]], [id, until, now]);
    if (nameplate !== "") this.#tell("keep_nameplate", NAMEPLATE_KEYS, [nameplate, id, until, now]);
  }

  /** The store is not asked about an address before its next request may come: a flood ends here. */
  async #request(
    address: string,
    name: FunctionName,
    args: readonly (string | number)[],
  ): Promise<Refusal | undefined> {
    const refusal = this.knownRefusal(address);
    if (refusal !== undefined) return refusal;
    const group = addressGroup(address);
    const now = this.#options.now();
    const answer = await this.#call(name, addressKeys(group), args);
    if (answer.type === "full") return REFUSALS.tooManyChannels;
    if (answer.type === "wait") this.#waiting.put(group, now + answer.milliseconds, now);
    return answer.type === "wait" || answer.type === "many"
      ? tooManyRequests(answer.milliseconds)
      : undefined;
  }

  #tell(name: FunctionName, keys: readonly string[], args: readonly (string | number)[]): void {
    this.#call(name, keys, args).catch(() => undefined);
  }

  async #call(
    name: FunctionName,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<LimitAnswer> {
    const link = this.#options.linkOf(slotOf(keys[0] ?? ""));
    if (link === undefined) throw StoreError.passing("no link", "");
    const answer = readLimitAnswer(await link.call(name, keys, args));
    if (answer.type === "foreign") this.#options.foreign();
    return answer;
  }

  /** A random number from 0 to below 1, in steps of 2 ** -48. */
  #draw(): number {
    return this.#options.random(6).reduce((drawn, byte) => drawn * 256 + byte, 0) / 2 ** 48;
  }
}

function tooManyRequests(milliseconds: number): Refusal {
  return { ...REFUSALS.tooManyRequests, retryAfter: Math.ceil(milliseconds / 1000) };
}
