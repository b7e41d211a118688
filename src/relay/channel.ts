/** What is known about one channel: its seats, its counts, its messages. The rules are in `channel-rules.ts`. */
import type { Message } from "./backplane.ts";
import type { Scheduled } from "./deadline-wheel.ts";

export interface Seat {
  /** `away`: lost, and kept for its owner. An away seat counts as a participant. */
  state: "connected" | "away" | "left";
  /** Number of its latest connection, from 0. */
  connection: number;
  /** Whether that connection gets messages already. */
  attached: boolean;
  /** Until when it is kept while it is away. */
  keptUntil: number;
  /** Accepted messages of this seat. */
  seen: number;
  /** Tokens, see `resuming.ts`. */
  current: string;
  previous: string | undefined;
  /** Messages the channel held when the seat was first taken: those are not for it. */
  readonly joined: number;
  /** Messages the channel held when the seat was last left empty: those it has got. */
  reached: number;
}

export interface Channel extends Scheduled {
  readonly id: string;
  readonly openedAt: number;
  /** When the lifespan is over; `Infinity` if it never is. */
  readonly expiresAt: number;
  /** Each seat ever given, by number. */
  readonly seats: Seat[];
  /** When the last one who stays is sent away; `Infinity` while nobody has to be. */
  abandonedAt: number;
  exchanges: number;
  bytes: number;
  /** Relayed messages, where resuming is on. */
  readonly held: HeldMessage[];
  /** What its creator's address is counted under; "" if nobody counts. */
  addressGroup: string;
  /** The short number that leads to it, as long as one does. */
  nameplate: string | undefined;
}

/** A relayed message, kept until the channel ends. */
export interface HeldMessage extends Message {
  /** The sender's seat. */
  readonly seat: number;
}
