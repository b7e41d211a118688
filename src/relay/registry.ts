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

/** A channel with what is kept about it beside the rules. */
interface Entry extends Channel {
  /** What its creator's address is counted under. */
  readonly addressGroup: string;
  /** Until somebody has joined through it. */
  nameplate: string | undefined;
}

/** One connection of a seat in a channel. */
interface ChannelConnection extends SeatConnection {
  readonly id: string;
}

export class ChannelRegistry {
  readonly #limits: RegistryLimits;
  readonly #channels = new Map<string, Entry>();
  readonly #deadlines = new DeadlineWheel<Entry>();
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
    const entry: Entry = {
      ...openChannel(id, token, this.#limits, now),
      addressGroup: this.#addresses.opened(address),
      nameplate: nameplate ? this.#nameplates.take(id) : undefined,
    };
    this.#channels.set(id, entry);
    this.#schedule(entry);
    return this.#admission(entry, 0, now);
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
    const entry = this.#channels.get(answer.id);
    if (entry !== undefined) this.#takeNameplateDown(entry);
    return answer;
  }

  /** Gives a lost seat back to its owner, together with the messages it has missed. */
  resume(
    request: ResumeRequest,
    now: number,
  ): { admission: Admission; missed: readonly Message[] } | Refusal {
    const tooMany = this.#countRequest(request.address, now);
    if (tooMany !== undefined) return tooMany;
    const entry = this.#find(request.id, now);
    if ("status" in entry) return entry;
    if (this.#limits.resumeWindow === 0) return REFUSALS.wrongToken;
    const resumption = resumeSeat(entry, request);
    if ("status" in resumption) return resumption;
    this.#schedule(entry);
    return { admission: this.#admission(entry, resumption.seat, now), missed: resumption.missed };
  }

  /** Notes that a connection gets messages from now on. Returns whether the seat is still its own. */
  attach(connection: ChannelConnection): boolean {
    const found = this.#seatOf(connection);
    if (found === undefined) return false;
    found.seat.attached = true;
    this.#schedule(found.entry);
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
    const { entry, seat } = found;
    const held = { seat: connection.seat, text: message.text, sender: message.sender };
    return passTime(entry, now) ?? acceptMessage(entry, seat, held, bytes, this.#limits) ?? true;
  }

  /** Notes that a participant has left for good. Returns whether the seat was its own, or the ending that brings on. */
  leave(connection: ChannelConnection, now: number): boolean | Ending {
    const found = this.#seatOf(connection);
    if (found === undefined) return false;
    const ending = leaveSeat(found.entry, found.seat, now);
    this.#schedule(found.entry);
    return ending ?? true;
  }

  /** Notes that a connection was lost. Returns whether the seat was its own, or the ending that brings on. */
  lose(connection: ChannelConnection, now: number): boolean | Ending {
    const found = this.#seatOf(connection);
    if (found === undefined) return false;
    const ending = loseSeat(found.entry, found.seat, this.#limits, now);
    this.#schedule(found.entry);
    return ending ?? true;
  }

  /** Removes a channel and remembers its id. `undefined` if it is not open. */
  end(id: string, ending: Ending, now: number): ChannelSummary | undefined {
    const entry = this.#channels.get(id);
    if (entry === undefined) return undefined;
    this.#channels.delete(id);
    this.#deadlines.cancel(entry);
    this.#addresses.closed(entry.addressGroup);
    this.#takeNameplateDown(entry);
    this.#ended.add(entry.id, ending, now);
    return {
      id: entry.id,
      ending,
      participants: entry.seats.length,
      exchanges: entry.exchanges,
      bytes: entry.bytes,
      duration: now - entry.openedAt,
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
    for (const entry of this.#deadlines.take(now)) {
      const ending = passTime(entry, now);
      if (ending === undefined) this.#schedule(entry);
      else due.push({ id: entry.id, ending });
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
    const entry = this.#find(id, now);
    if ("status" in entry) return entry;
    const seat = takeSeat(entry, token, this.#limits);
    if (seat === undefined) return REFUSALS.full;
    this.#schedule(entry);
    return this.#admission(entry, seat, now);
  }

  /** An open channel whose time is not over, even if nobody has noticed yet. */
  #find(id: string, now: number): Entry | Refusal {
    const entry = this.#channels.get(id);
    if (entry === undefined) {
      return this.#ended.endingOf(id) === undefined ? REFUSALS.unknown : REFUSALS.ended;
    }
    return passTime(entry, now) === undefined ? entry : REFUSALS.ended;
  }

  #seatOf(connection: ChannelConnection) {
    const entry = this.#channels.get(connection.id);
    const seat = entry && seatOf(entry, connection);
    return seat && { entry, seat };
  }

  #takeNameplateDown(entry: Entry): void {
    if (entry.nameplate === undefined) return;
    this.#nameplates.release(entry.nameplate);
    entry.nameplate = undefined;
  }

  #schedule(entry: Entry): void {
    this.#deadlines.schedule(entry, nextDeadline(entry));
  }

  /** Tells of the channel's own id, not the request's, which may be a slice of something large. */
  #admission(entry: Entry, seat: number, now: number): Admission {
    const { connection = 0, current = "", seen = 0 } = entry.seats[seat] ?? {};
    return {
      id: entry.id,
      seat,
      connection,
      resume: this.#limits.resumeWindow === 0 ? undefined : current,
      seen,
      // Rounded, as the clock counts in fractions and a fresh channel must not seem a little older than it is.
      expiresIn: entry.expiresAt === Infinity ? null : Math.round(entry.expiresAt - now),
      nameplate: connection === 0 && seat === 0 ? entry.nameplate : undefined,
    };
  }
}
