/**
 * What the relay's processes share: the channels, their seats and counts, and the messages on their way. The server talks
 * to this interface alone, so that one process in memory and many around a store behave alike; one suite of tests holds
 * for every implementation.
 */
import type { Ending } from "./endings.ts";
import type { Refusal } from "./refusals.ts";

/** Who asks for a seat. */
interface Request {
  /** The client's address as text; "" if it is not known. Limits count IPv6 by /64. */
  readonly address: string;
  /** A fresh token, base64url of 16 random bytes, for the seat it may get. */
  readonly token: string;
}

export interface OpenRequest extends Request {
  /** A fresh id, drawn by the caller. */
  readonly id: string;
  /** Whether the channel gets a short number for a typed code. */
  readonly nameplate: boolean;
}

export interface JoinRequest extends Request {
  readonly id: string;
}

export interface NameplateRequest extends Request {
  /** As the client wrote it: decimal digits, or something that is no nameplate. */
  readonly nameplate: string;
}

export interface ResumeRequest extends Request {
  readonly id: string;
  /** The token that the client presents; `token` replaces it. */
  readonly presented: string;
  /** Messages the client has got over all connections of this seat; undefined: whatever came while it was empty. */
  readonly received: number | undefined;
}

/** One connection of a seat in a channel. */
export interface Admission {
  readonly id: string;
  readonly seat: number;
  /** Which of the seat's connections this is, from 0. What an older one still says or closes does not count. */
  readonly connection: number;
  /** Takes the seat again after a lost connection; undefined where resuming is off. */
  readonly resume: string | undefined;
  /** Messages of this seat that were accepted so far, over all its connections. */
  readonly seen: number;
  /** Milliseconds of lifespan left; null if unlimited. */
  readonly expiresIn: number | null;
  /** The short number, for the one who opened a channel with it. */
  readonly nameplate: string | undefined;
}

/**
 * A message on its way. Its envelope is written for whoever gets it, as it may be much longer: JSON makes six bytes of
 * a control character, and one wide character doubles what the rest takes in memory.
 */
export interface Message {
  readonly text: string;
  /** What ends every envelope of its sender, as `formatSender` writes it: without a line feed. */
  readonly sender: string;
}

/** One end of a channel, as the backplane sees it. Neither method may throw. */
export interface Participant {
  /** Takes a relayed message. */
  deliver(message: Message): void;
  /** The channel, or this connection's part in it, is over. Called once; nothing is delivered afterwards. */
  end(ending: Ending): void;
}

/** What is told about a channel once it is over. */
export interface ChannelSummary {
  readonly id: string;
  readonly ending: Ending;
  /** Seats ever taken. */
  readonly participants: number;
  readonly exchanges: number;
  readonly bytes: number;
  /** Milliseconds from creation. */
  readonly duration: number;
}

/** Hears of what happens behind the backplane. None of its methods may throw. */
export interface BackplaneObserver {
  /** A channel has ended; told once in the whole relay. */
  ended(summary: ChannelSummary): void;
  /** A message was accepted. */
  relayed(bytes: number): void;
  /** A call to the store behind the backplane is over. */
  called(milliseconds: number, failed: boolean): void;
  /** The store held, or sent, what no relay has written: it was dropped. */
  foreign(): void;
}

export interface Backplane {
  /** Channels that have a participant in this process. */
  readonly channels: number;
  /** Ended channels still remembered here. */
  readonly remembered: number;
  /** Opens a channel and takes its first seat. */
  open(request: OpenRequest): Promise<Admission | Refusal>;
  /** Takes a free seat in an open channel. */
  join(request: JoinRequest): Promise<Admission | Refusal>;
  /** Takes a seat in the channel behind a nameplate, which is gone then. */
  joinByNameplate(request: NameplateRequest): Promise<Admission | Refusal>;
  /** Takes a seat again that was lost; whoever still holds it is replaced. */
  resume(request: ResumeRequest): Promise<Admission | Refusal>;
  /**
   * Connects an admitted participant with its seat: what it has missed is delivered at once, in order. If the channel
   * has ended meanwhile, the participant is told so. Every admission is followed by this, by
   * {@link lose} or by {@link leave}.
   */
  attach(admission: Admission, participant: Participant): void;
  /** Passes a message to every other participant, in order. `bytes` is what counts for the limits. */
  relay(admission: Admission, message: Message, bytes: number): void;
  /** The connection has shown life: the token that opened it is dead. Called for a resumed connection, once. */
  alive(admission: Admission): void;
  /** A participant has left for good, by a close frame. Harmless if the channel is over or the connection replaced. */
  leave(admission: Admission): void;
  /** A connection was lost without a close frame: its seat is kept for a while. As harmless as {@link leave}. */
  lose(admission: Admission): void;
  /** Ends the channel for everybody: a connection has broken a limit. As harmless as {@link leave}. */
  end(admission: Admission, ending: Ending): void;
  /** Ends what time ends; called several times a second. */
  sweep(): void;
  /** The name of a dependency that does not answer; `undefined` if all is well. Never rejects. */
  failing(): Promise<string | undefined>;
  /** Tells every participant of this process that the server is going away, and lets go of everything. */
  close(): Promise<void>;
}

/** Whether an answer to a request for a seat is a refusal. */
export function isRefusal(answer: Admission | Refusal): answer is Refusal {
  return "status" in answer;
}
