/**
 * The rules of one channel: who may sit, what may pass, when it is over. Plain state and functions; the time is passed
 * in (milliseconds of one monotonic clock), so that nothing here knows of sockets or timers.
 *
 * A seat belongs to one participant for good: who leaves does not make room for a stranger, who might be racing the
 * real device for the channel.
 */
import { ENDINGS } from "./endings.ts";
import type { Ending } from "./endings.ts";
import type { Scheduled } from "./deadline-wheel.ts";
import { UNSCHEDULED } from "./deadline-wheel.ts";

/**
 * Milliseconds between one participant's leaving and the close of the one that stays. Not sooner than 2 s: Firefox
 * waits about a second before it closes and takes an early close for a failure. Not later than 5 s: people wait.
 */
export const PEER_LEFT_DELAY = 3_000;

/** Limits of every channel. `Infinity` means unlimited. */
export interface ChannelLimits {
  readonly seats: number;
  /** Milliseconds from creation. */
  readonly lifespan: number;
  /** Messages, all directions together. */
  readonly maxExchanges: number;
  /** Bytes of messages, all directions together. */
  readonly maxData: number;
  /** Bytes of one message. */
  readonly maxMessage: number;
}

export interface Channel extends Scheduled {
  readonly id: string;
  readonly openedAt: number;
  /** When the lifespan is over; `Infinity` if it never is. */
  readonly expiresAt: number;
  /** Each seat ever given, by number. */
  readonly seats: ("taken" | "left")[];
  /** When the last one who stays is sent away; `Infinity` while nobody has to be. */
  abandonedAt: number;
  exchanges: number;
  bytes: number;
}

/** A channel whose first seat is taken by its creator. */
export function openChannel(id: string, limits: ChannelLimits, now: number): Channel {
  return {
    id,
    openedAt: now,
    expiresAt: now + limits.lifespan,
    seats: ["taken"],
    abandonedAt: Infinity,
    exchanges: 0,
    bytes: 0,
    wheelSlot: UNSCHEDULED,
  };
}

/** Gives the next seat; `undefined` if none is left. */
export function takeSeat(channel: Channel, limits: ChannelLimits): number | undefined {
  if (channel.seats.length >= limits.seats) return undefined;
  channel.abandonedAt = Infinity;
  return channel.seats.push("taken") - 1;
}

/**
 * Counts a message, also one that nobody is there to receive. Returns the channel's ending if the message breaks a
 * limit: then it is not counted and must not be passed on.
 */
export function countMessage(
  channel: Channel,
  bytes: number,
  limits: ChannelLimits,
  now: number,
): Ending | undefined {
  const ending = endingDue(channel, now);
  if (ending !== undefined) return ending;
  if (bytes > limits.maxMessage) return ENDINGS.maxMessage;
  if (channel.bytes + bytes > limits.maxData) return ENDINGS.maxData;
  if (channel.exchanges >= limits.maxExchanges) return ENDINGS.maxExchanges;
  channel.bytes += bytes;
  channel.exchanges += 1;
  return undefined;
}

/** Notes that a participant has left for good. Returns the channel's ending if that was the last one. */
export function leaveSeat(channel: Channel, seat: number, now: number): Ending | undefined {
  if (channel.seats[seat] !== "taken") return undefined;
  channel.seats[seat] = "left";
  const staying = channel.seats.filter((state) => state === "taken").length;
  if (staying === 0) return ENDINGS.everyoneLeft;
  if (staying === 1) channel.abandonedAt = now + PEER_LEFT_DELAY;
  return undefined;
}

/** The ending that time alone brings, once it has come. */
export function endingDue(channel: Channel, now: number): Ending | undefined {
  if (now >= channel.expiresAt) return ENDINGS.lifespanOver;
  if (now >= channel.abandonedAt) return ENDINGS.peerLeft;
  return undefined;
}

/** When {@link endingDue} is next worth asking. */
export function nextDeadline(channel: Channel): number {
  return Math.min(channel.expiresAt, channel.abandonedAt);
}
