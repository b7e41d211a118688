/**
 * All channels of one process: finds the channel, applies the rules to it, and keeps count. Without sockets and
 * timers; the time is passed in (milliseconds of one monotonic clock).
 */
import type { RandomSource } from "../lib/random.ts";
import type { AddressLimitSettings } from "./address-limits.ts";
import { AddressLimits } from "./address-limits.ts";
import type {
  Admission,
  ChannelSummary,
  JoinRequest,
  Message,
  NameplateRequest,
  OpenRequest,
  ResumeRequest,
} from "./backplane.ts";
import type { ChannelLimits, SeatConnection } from "./channel-rules.ts";
import {
  acceptMessage,
  leaveSeat,
  loseSeat,
  nextDeadline,
  openChannel,
  passTime,
  seatOf,
  takeSeat,
} from "./channel-rules.ts";
import type { Channel } from "./channel.ts";
import { DeadlineWheel } from "./deadline-wheel.ts";
import { EndedIds } from "./ended-ids.ts";
import type { Ending } from "./endings.ts";
import { Nameplates } from "./nameplates.ts";
import type { Refusal } from "./refusals.ts";
import { REFUSALS } from "./refusals.ts";
import { confirmSeat, resumeSeat } from "./resuming.ts";

export interface RegistryLimits extends ChannelLimits, AddressLimitSettings {
  /** Channels at a time; `Infinity` means unlimited. */
  readonly maxChannels: number;
}

/** One connection of a seat in a channel. */
interface ChannelConnection extends SeatConnection {
  readonly id: string;
}

export class ChannelRegistry {
  readonly #limits: RegistryLimits;
  readonly #channels = new Map<string, Channel>();
  readonly #deadlines = new DeadlineWheel<Channel>();
  readonly #ended = new EndedIds();
  readonly #addresses: AddressLimits;
  readonly #nameplates: Nameplates;

  constructor(limits: RegistryLimits, random: RandomSource) {
    this.#limits = limits;
    this.#addresses = new AddressLimits(limits);
    this.#nameplates = new Nameplates(random);
  }

  /** Channels now open. */
  get size(): number {
    return this.#channels.size;
  }

  /** Ended channels whose ids are still remembered. */
  get remembered(): number {
    return this.#ended.size;
  }

  /** Channels that time will end. */
  get waiting(): number {
    return this.#deadlines.size;
  }

  /** Addresses remembered for some limit. */
  get addresses(): number {
    return this.#addresses.size;
  }

  /** Nameplates that lead to a channel. */
  get nameplates(): number {
    return this.#nameplates.size;
  }

  /** Opens a channel under a fresh id and gives its first seat. */
  open({ id, address, token, nameplate }: OpenRequest, now: number): Admission | Refusal {
    const tooMany = this.#countRequest(address, now);
    if (tooMany !== undefined) return tooMany;
    if (!this.#addresses.mayOpen(address)) return REFUSALS.tooManyChannels;
    if (this.#channels.size >= this.#limits.maxChannels) return REFUSALS.relayFull;
    if (this.#channels.has(id)) throw new Error("A channel id was drawn twice: the random source is broken.");
    // Of one shape with all others, which a copy with additions would not be: that costs memory and time everywhere.
    const channel = openChannel(id, token, this.#limits, now);
    channel.addressGroup = this.#addresses.opened(address);
    if (nameplate) channel.nameplate = this.#nameplates.take(id);
    this.#channels.set(id, channel);
    this.#schedule(channel);
    return this.#admission(channel, 0, now);
  }

  /** Gives a seat in an open channel. */
  join({ id, address, token }: JoinRequest, now: number): Admission | Refusal {
    return this.#countRequest(address, now) ?? this.#join(id, token, now);
  }

  /** Gives a seat in the channel of a nameplate. Why there is none stays untold. */
  joinByNameplate({ nameplate, address, token }: NameplateRequest, now: number): Admission | Refusal {
    const tooMany = this.#countRequest(address, now);
    if (tooMany !== undefined) return tooMany;
    const wait = this.#addresses.joinByNameplate(address, now);
    if (wait !== undefined) return { ...REFUSALS.tooManyRequests, retryAfter: wait };
    const id = this.#nameplates.find(nameplate);
    const answer = id === undefined ? REFUSALS.unknown : this.#join(id, token, now);
    if ("status" in answer) return REFUSALS.unknown;
    const channel = this.#channels.get(answer.id);
    if (channel !== undefined) this.#takeNameplateDown(channel);
    return answer;
  }

  /** Gives a lost seat back to its owner, together with the messages it has missed. */
  resume(
    request: ResumeRequest,
    now: number,
  ): { admission: Admission; missed: readonly Message[] } | Refusal {
    const tooMany = this.#countRequest(request.address, now);
    if (tooMany !== undefined) return tooMany;
    const channel = this.#find(request.id, now);
    if ("status" in channel) return channel;
    if (this.#limits.resumeWindow === 0) return REFUSALS.wrongToken;
    const resumption = resumeSeat(channel, request);
    if ("status" in resumption) return resumption;
    this.#schedule(channel);
    return { admission: this.#admission(channel, resumption.seat, now), missed: resumption.missed };
  }

  /** Notes that a connection gets messages from now on. Returns whether the seat is still its own. */
  attach(connection: ChannelConnection): boolean {
    const found = this.#seatOf(connection);
    if (found === undefined) return false;
    found.seat.attached = true;
    this.#schedule(found.channel);
    return true;
  }

  /** Whether the seat is that connection's. */
  isSeated(connection: ChannelConnection): boolean {
    return this.#seatOf(connection) !== undefined;
  }

  /** Notes that a connection has shown life. */
  confirm(connection: ChannelConnection): void {
    const found = this.#seatOf(connection);
    if (found !== undefined) confirmSeat(found.seat);
  }

  /** Takes a message of that many bytes. Returns whether it is to be passed on, or the ending it brings on instead. */
  accept(connection: ChannelConnection, message: Message, bytes: number, now: number): boolean | Ending {
    const found = this.#seatOf(connection);
    if (found === undefined) return false;
    const { channel, seat } = found;
    const held = { seat: connection.seat, text: message.text, sender: message.sender };
    return passTime(channel, now) ?? acceptMessage(channel, seat, held, bytes, this.#limits) ?? true;
  }

  /** Notes that a participant has left for good. Returns whether the seat was its own, or the ending that brings on. */
  leave(connection: ChannelConnection, now: number): boolean | Ending {
    const found = this.#seatOf(connection);
    if (found === undefined) return false;
    const ending = leaveSeat(found.channel, found.seat, now);
    this.#schedule(found.channel);
    return ending ?? true;
  }

  /** Notes that a connection was lost. Returns whether the seat was its own, or the ending that brings on. */
  lose(connection: ChannelConnection, now: number): boolean | Ending {
    const found = this.#seatOf(connection);
    if (found === undefined) return false;
    const ending = loseSeat(found.channel, found.seat, this.#limits, now);
    this.#schedule(found.channel);
    return ending ?? true;
  }

  /** Removes a channel and remembers its id. `undefined` if it is not open. */
  end(id: string, ending: Ending, now: number): ChannelSummary | undefined {
    const channel = this.#channels.get(id);
    if (channel === undefined) return undefined;
    this.#channels.delete(id);
    this.#deadlines.cancel(channel);
    this.#addresses.closed(channel.addressGroup);
    this.#takeNameplateDown(channel);
    this.#ended.add(channel.id, ending, now);
    return {
      id: channel.id,
      ending,
      participants: channel.seats.length,
      exchanges: channel.exchanges,
      bytes: channel.bytes,
      duration: now - channel.openedAt,
    };
  }

  /** How a channel ended; `undefined` if it has not, or that is no longer remembered. */
  endingOf(id: string): Ending | undefined {
    return this.#ended.endingOf(id);
  }

  /** The channels whose time has come, each with its ending, for the caller to end. Forgets old things by the way. */
  due(now: number): { readonly id: string; readonly ending: Ending }[] {
    this.#ended.forget(now);
    this.#addresses.forget(now);
    const due = [];
    for (const channel of this.#deadlines.take(now)) {
      const ending = passTime(channel, now);
      if (ending === undefined) this.#schedule(channel);
      else due.push({ id: channel.id, ending });
    }
    return due;
  }

  /** The ids of all open channels. */
  ids(): string[] {
    return [...this.#channels.keys()];
  }

  #countRequest(address: string, now: number): Refusal | undefined {
    const wait = this.#addresses.request(address, now);
    return wait === undefined ? undefined : { ...REFUSALS.tooManyRequests, retryAfter: wait };
  }

  #join(id: string, token: string, now: number): Admission | Refusal {
    const channel = this.#find(id, now);
    if ("status" in channel) return channel;
    const seat = takeSeat(channel, token, this.#limits);
    if (seat === undefined) return REFUSALS.full;
    this.#schedule(channel);
    return this.#admission(channel, seat, now);
  }

  /** An open channel whose time is not over, even if nobody has noticed yet. */
  #find(id: string, now: number): Channel | Refusal {
    const channel = this.#channels.get(id);
    if (channel === undefined) {
      return this.#ended.endingOf(id) === undefined ? REFUSALS.unknown : REFUSALS.ended;
    }
    return passTime(channel, now) === undefined ? channel : REFUSALS.ended;
  }

  #seatOf(connection: ChannelConnection) {
    const channel = this.#channels.get(connection.id);
    const seat = channel && seatOf(channel, connection);
    return seat && { channel, seat };
  }

  #takeNameplateDown(channel: Channel): void {
    if (channel.nameplate === undefined) return;
    this.#nameplates.release(channel.nameplate);
    channel.nameplate = undefined;
  }

  #schedule(channel: Channel): void {
    this.#deadlines.schedule(channel, nextDeadline(channel));
  }

  /** Tells of the channel's own id, not the request's, which may be a slice of something large. */
  #admission(channel: Channel, seat: number, now: number): Admission {
    const { connection = 0, current = "", seen = 0 } = channel.seats[seat] ?? {};
    return {
      id: channel.id,
      seat,
      connection,
      resume: this.#limits.resumeWindow === 0 ? undefined : current,
      seen,
      // Rounded, as the clock counts in fractions and a fresh channel must not seem a little older than it is.
      expiresIn: channel.expiresAt === Infinity ? null : Math.round(channel.expiresAt - now),
      nameplate: connection === 0 && seat === 0 ? channel.nameplate : undefined,
    };
  }
}
