/**
 * Taking a lost seat again: the tokens of a seat, and the messages it has missed. Plain state and functions, as in
 * `channel-rules.ts`, which keeps the seats.
 *
 * A seat has two tokens that are good: `current`, told in its latest first message, and `previous`, which opened its
 * latest connection and is good until that connection has shown life. Otherwise a socket cut before the first message
 * has come through would leave its owner with a spent token and no other.
 */
import { equalText } from "../lib/constant-time.ts";
import type { Message } from "./backplane.ts";
import type { Channel, Seat } from "./channel.ts";
import type { Refusal } from "./refusals.ts";
import { REFUSALS } from "./refusals.ts";

export interface Claim {
  /** The token that the client presents, of any form. */
  readonly presented: string;
  /** The fresh one. */
  readonly token: string;
  /** Messages the client has got over all connections of the seat; undefined: whatever came while it was empty. */
  readonly received: number | undefined;
}

export interface Resumption {
  readonly seat: number;
  /** What to deliver first, in order. */
  readonly missed: readonly Message[];
}

/** Gives a seat to the holder of its token, and a fresh token to the seat. Changes nothing if it refuses. */
export function resumeSeat(channel: Channel, claim: Claim): Resumption | Refusal {
  const found = findSeat(channel, claim.presented);
  if (found === undefined) return REFUSALS.wrongToken;
  const { number, seat, isCurrent } = found;
  const missed = missedBy(channel, number, seat, claim.received);
  if (missed === undefined) return REFUSALS.badReceived;
  noteReached(channel, seat);
  // Our own copy of the same text: the client's may be a slice of something large.
  if (isCurrent) seat.previous = seat.current;
  seat.current = claim.token;
  seat.connection += 1;
  seat.state = "connected";
  seat.attached = false;
  seat.keptUntil = Infinity;
  return { seat: number, missed };
}

/** Notes that the latest connection of a seat has shown life: whoever holds it has got the current token. */
export function confirmSeat(seat: Seat): void {
  seat.previous = undefined;
}

/**
 * Notes how far a seat has come in the held messages, when its connection is over. One that has taken a seat again
 * and never showed life counts as if it had not been there.
 */
export function noteReached(channel: Channel, seat: Seat): void {
  seat.reached = reachedBy(channel, seat);
}

/** What {@link noteReached} would note just now. */
function reachedBy(channel: Channel, seat: Seat): number {
  return seat.attached && seat.previous === undefined ? channel.held.length : seat.reached;
}

/** Compares with every token there is, so that the time tells nothing about any. */
function findSeat(
  channel: Channel,
  presented: string,
): { number: number; seat: Seat; isCurrent: boolean } | undefined {
  let found;
  for (const [number, seat] of channel.seats.entries()) {
    if (seat.state === "left") continue;
    const isCurrent = equalText(presented, seat.current);
    const isPrevious = equalText(presented, seat.previous ?? "");
    if (isCurrent || (isPrevious && seat.previous !== undefined)) found = { number, seat, isCurrent };
  }
  return found;
}

/** `undefined` if the client claims to have got more than there was. */
function missedBy(
  channel: Channel,
  number: number,
  seat: Seat,
  received: number | undefined,
): Message[] | undefined {
  const since = received === undefined ? reachedBy(channel, seat) : seat.joined;
  const others = channel.held.slice(since).filter((message) => message.seat !== number);
  if (received !== undefined && received > others.length) return undefined;
  return others.slice(received ?? 0);
}
