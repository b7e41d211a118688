/**
 * The rules of one channel: who may sit, what may pass, when it is over. Plain state and functions; the time is passed
 * in (milliseconds of one monotonic clock), so that nothing here knows of sockets or timers.
 *
 * A seat belongs to one participant for good: who leaves does not make room for a stranger, who might be racing the
 * real device for the channel. Who is lost without a close frame has a while to come back.
 */
import type { Channel, HeldMessage, Seat } from "./channel.ts";
import { UNSCHEDULED } from "./deadline-wheel.ts";
import type { Ending } from "./endings.ts";
import { ENDINGS } from "./endings.ts";
import { noteReached } from "./resuming.ts";

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
  /** Milliseconds for which a lost seat is kept; 0 where resuming is off. */
  readonly resumeWindow: number;
}

/** One connection of a seat. What an older one than the latest says does not count. */
export interface SeatConnection {
  readonly seat: number;
  readonly connection: number;
}

/** A channel whose first seat is taken by its creator, with its token. */
export function openChannel(id: string, token: string, limits: ChannelLimits, now: number): Channel {
  const channel: Channel = {
    id,
    openedAt: now,
    expiresAt: now + limits.lifespan,
    seats: [],
    abandonedAt: Infinity,
    exchanges: 0,
    bytes: 0,
    held: [],
    addressGroup: "",
    nameplate: undefined,
    wheelSlot: UNSCHEDULED,
  };
  takeSeat(channel, token, limits);
  return channel;
}

/** Gives the next seat, with its token; `undefined` if none is left. */
export function takeSeat(channel: Channel, token: string, limits: ChannelLimits): number | undefined {
  if (channel.seats.length >= limits.seats) return undefined;
  channel.abandonedAt = Infinity;
  const seat: Seat = {
    state: "connected",
    connection: 0,
    attached: false,
    keptUntil: Infinity,
    seen: 0,
    current: token,
    previous: undefined,
    joined: channel.held.length,
    reached: channel.held.length,
  };
  return channel.seats.push(seat) - 1;
}

/** The seat, if that is its latest connection and its owner has not left. */
export function seatOf(channel: Channel, { seat, connection }: SeatConnection): Seat | undefined {
  const found = channel.seats[seat];
  return found?.connection === connection && found.state !== "left" ? found : undefined;
}

/**
 * Takes a message, also one that nobody is there to receive: that one is counted and dropped. Returns the channel's
 * ending if the message breaks a limit: then it is not counted and must not be passed on.
 */
export function acceptMessage(
  channel: Channel,
  seat: Seat,
  message: HeldMessage,
  bytes: number,
  limits: ChannelLimits,
): Ending | undefined {
  if (bytes > limits.maxMessage) return ENDINGS.maxMessage;
  if (channel.bytes + bytes > limits.maxData) return ENDINGS.maxData;
  if (channel.exchanges >= limits.maxExchanges) return ENDINGS.maxExchanges;
  channel.bytes += bytes;
  channel.exchanges += 1;
  seat.seen += 1;
  if (limits.resumeWindow > 0 && channel.seats.some((other) => other !== seat && other.state !== "left")) {
    channel.held.push(message);
  }
  return undefined;
}

/** Notes that a participant has left for good. Returns the channel's ending if that was the last one. */
export function leaveSeat(channel: Channel, seat: Seat, now: number): Ending | undefined {
  seat.state = "left";
  const staying = channel.seats.filter(({ state }) => state !== "left").length;
  if (staying === 0) return ENDINGS.everyoneLeft;
  if (staying === 1) channel.abandonedAt = now + PEER_LEFT_DELAY;
  return undefined;
}

/** Notes that a connection was lost: its seat is kept. Returns the channel's ending if that is it. */
export function loseSeat(
  channel: Channel,
  seat: Seat,
  limits: ChannelLimits,
  now: number,
): Ending | undefined {
  if (limits.resumeWindow === 0) return leaveSeat(channel, seat, now);
  if (seat.state === "away") return undefined;
  noteReached(channel, seat);
  seat.state = "away";
  seat.attached = false;
  seat.keptUntil = now + limits.resumeWindow;
  return undefined;
}

/**
 * Lets time have its effects: seats that have been away too long are left. Returns the ending once it has come, and the
 * same again whenever it is asked, as whoever notices it first may not be the one who ends the channel.
 */
export function passTime(channel: Channel, now: number): Ending | undefined {
  if (now >= channel.expiresAt) return ENDINGS.lifespanOver;
  for (const seat of channel.seats) {
    if (seat.state === "away" && now >= seat.keptUntil) leaveSeat(channel, seat, now);
  }
  if (channel.seats.every(({ state }) => state === "left")) return ENDINGS.everyoneLeft;
  return now >= channel.abandonedAt && hasStayed(channel) ? ENDINGS.peerLeft : undefined;
}

/** When {@link passTime} is next worth asking. */
export function nextDeadline(channel: Channel): number {
  let next = channel.expiresAt;
  for (const seat of channel.seats) if (seat.state === "away") next = Math.min(next, seat.keptUntil);
  return hasStayed(channel) ? Math.min(next, channel.abandonedAt) : next;
}

/**
 * Whether somebody is there to be told that the other has left. Who is away comes back first, or not at all; who is
 * about to be connected gets what it has missed first.
 */
function hasStayed(channel: Channel): boolean {
  return channel.seats.some(({ state, attached }) => state === "connected" && attached);
}
