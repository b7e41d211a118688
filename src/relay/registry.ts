/**
 * All channels of one process: finds the channel, applies the rules to it, and keeps count. Without sockets and
 * timers; the time is passed in (milliseconds of one monotonic clock).
 */
import type { Admission, ChannelSummary } from "./backplane.ts";
import type { Channel, ChannelLimits } from "./channel-rules.ts";
import { countMessage, endingDue, leaveSeat, nextDeadline, openChannel, takeSeat } from "./channel-rules.ts";
import { DeadlineWheel } from "./deadline-wheel.ts";
import { EndedIds } from "./ended-ids.ts";
import type { Ending } from "./endings.ts";
import type { Refusal } from "./refusals.ts";
import { REFUSALS } from "./refusals.ts";

export interface RegistryLimits extends ChannelLimits {
  /** Channels at a time; `Infinity` means unlimited. */
  readonly maxChannels: number;
}

export class ChannelRegistry {
  readonly #limits: RegistryLimits;
  readonly #channels = new Map<string, Channel>();
  readonly #deadlines = new DeadlineWheel<Channel>();
  readonly #ended = new EndedIds();

  constructor(limits: RegistryLimits) {
    this.#limits = limits;
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

  /** Opens a channel under a fresh id and gives its first seat. */
  open(id: string, now: number): Admission | Refusal {
    if (this.#channels.size >= this.#limits.maxChannels) return REFUSALS.relayFull;
    if (this.#channels.has(id)) throw new Error("A channel id was drawn twice: the random source is broken.");
    const channel = openChannel(id, this.#limits, now);
    this.#channels.set(id, channel);
    this.#deadlines.schedule(channel, nextDeadline(channel));
    return admission(channel, 0, now);
  }

  /** Gives a seat in an open channel. */
  join(id: string, now: number): Admission | Refusal {
    const channel = this.#channels.get(id);
    if (channel === undefined) {
      return this.#ended.endingOf(id) === undefined ? REFUSALS.unknown : REFUSALS.ended;
    }
    if (endingDue(channel, now) !== undefined) return REFUSALS.ended;
    const seat = takeSeat(channel, this.#limits);
    if (seat === undefined) return REFUSALS.full;
    this.#deadlines.schedule(channel, nextDeadline(channel));
    return admission(channel, seat, now);
  }

  /** Counts a message of that many bytes. Returns the ending it brings on; it must not be passed on then. */
  count(id: string, bytes: number, now: number): Ending | undefined {
    const channel = this.#channels.get(id);
    return channel === undefined ? undefined : countMessage(channel, bytes, this.#limits, now);
  }

  /** Notes that a participant has left for good. Returns the ending that brings on. */
  leave(id: string, seat: number, now: number): Ending | undefined {
    const channel = this.#channels.get(id);
    if (channel === undefined) return undefined;
    const ending = leaveSeat(channel, seat, now);
    if (ending === undefined) this.#deadlines.schedule(channel, nextDeadline(channel));
    return ending;
  }

  /** Removes a channel and remembers its id. `undefined` if it is not open. */
  end(id: string, ending: Ending, now: number): ChannelSummary | undefined {
    const channel = this.#channels.get(id);
    if (channel === undefined) return undefined;
    this.#channels.delete(id);
    this.#deadlines.cancel(channel);
    this.#ended.add(id, ending, now);
    return {
      id,
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

  /** The channels whose time has come, each with its ending, for the caller to end. Forgets old ids by the way. */
  due(now: number): { readonly id: string; readonly ending: Ending }[] {
    this.#ended.forget(now);
    const due = [];
    for (const channel of this.#deadlines.take(now)) {
      const ending = endingDue(channel, now);
      if (ending === undefined) this.#deadlines.schedule(channel, nextDeadline(channel));
      else due.push({ id: channel.id, ending });
    }
    return due;
  }

  /** The ids of all open channels. */
  ids(): string[] {
    return [...this.#channels.keys()];
  }
}

function admission(channel: Channel, seat: number, now: number): Admission {
  // Rounded, as the clock counts in fractions and a fresh channel must not seem a little older than it is.
  const expiresIn = channel.expiresAt === Infinity ? null : Math.round(channel.expiresAt - now);
  return { id: channel.id, seat, expiresIn };
}
