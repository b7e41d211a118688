/**
 * What the relay's processes share: the channels, their counts, and the messages on their way. The server talks to this
 * interface alone, so that one process in memory and many around a store behave alike; one suite of tests holds for
 * every implementation.
 */
import type { Ending } from "./endings.ts";
import type { Refusal } from "./refusals.ts";

/** A seat in a channel. */
export interface Admission {
  readonly id: string;
  readonly seat: number;
  /** Milliseconds of lifespan left; null if unlimited. */
  readonly expiresIn: number | null;
}

/** One end of a channel, as the backplane sees it. Neither method may throw. */
export interface Participant {
  /** Takes a relayed message, ready to be sent. */
  deliver(envelope: string): void;
  /** The channel is over. Called once; nothing is delivered afterwards. */
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

/** Hears of channels' ends, each once in the whole relay. */
export interface BackplaneObserver {
  ended(summary: ChannelSummary): void;
}

export interface Backplane {
  /** Channels that have a participant in this process. */
  readonly channels: number;
  /** Ended channels still remembered here. */
  readonly remembered: number;
  /** Opens a channel under a fresh id and takes its first seat. */
  open(id: string): Promise<Admission | Refusal>;
  /** Takes a seat in an open channel. */
  join(id: string): Promise<Admission | Refusal>;
  /**
   * Connects an admitted participant with its seat: what was relayed since the admission is delivered at once, in
   * order. If the channel has ended meanwhile, the participant is told so.
   */
  attach(id: string, seat: number, participant: Participant): void;
  /** Passes an envelope to every other participant, in order. `bytes` is what counts for the limits. */
  relay(id: string, seat: number, envelope: string, bytes: number): void;
  /** A participant has left for good, and is told nothing any more. Harmless if the channel is over. */
  leave(id: string, seat: number): void;
  /** Ends the channel for everybody: a limit was broken. Harmless if it is over. */
  end(id: string, ending: Ending): void;
  /** Ends the channels whose time has come; called several times a second. */
  sweep(): void;
  /** The name of a dependency that does not answer; `undefined` if all is well. */
  failing(): Promise<string | undefined>;
  /** Tells every participant of this process that the server is going away, and lets go of everything. */
  close(): Promise<void>;
}

/** Whether an answer to {@link Backplane.open} or {@link Backplane.join} is a refusal. */
export function isRefusal(answer: Admission | Refusal): answer is Refusal {
  return "status" in answer;
}
