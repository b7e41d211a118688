/**
 * Puts a channel's events in order. Each is numbered, so that one that got lost on the way is noticed; while the events
 * before it are being fetched, later ones wait. Pure.
 */
import type { ChannelEvent, MessageEvent, Snapshot } from "./publications.ts";

/** What becomes of an event: it is due now, waits, was there before, or shows that earlier ones are missing. */
export type Turn = "now" | "later" | "before" | "gap";

export class EventOrder {
  /** Number of the latest event that was due; undefined as long as nothing is known of the channel. */
  #latest: number | undefined;
  /** Messages among the events so far. */
  #passed = 0;
  #waiting: ChannelEvent[] | undefined = [];
  /** Messages since somebody asked for a seat, who may be admitted as of before them. */
  #recent: MessageEvent[] | undefined;

  /** Number of the latest event; 0 before the first. */
  get latest(): number {
    return this.#latest ?? 0;
  }

  /** Whether anything is known of the channel. */
  get begun(): boolean {
    return this.#latest !== undefined;
  }

  /** What to do with an event. One that waits comes out of {@link goOn}. */
  accept(event: ChannelEvent): Turn {
    if (this.#waiting !== undefined || this.#latest === undefined) {
      (this.#waiting ??= []).push(event);
      return "later";
    }
    if (event.sequence <= this.#latest) return "before";
    if (event.sequence > this.#latest + 1) {
      this.#waiting = [event];
      return "gap";
    }
    this.#latest = event.sequence;
    if (event.type === "message") {
      this.#passed++;
      this.#recent?.push(event);
    }
    return "now";
  }

  /** An event that showed a gap does not count: nothing waits for what would be before it. */
  refuse(event: ChannelEvent): void {
    if (this.#waiting?.length === 1 && this.#waiting[0] === event) this.#waiting = undefined;
  }

  /** From now on, events wait. */
  pause(): void {
    this.#waiting ??= [];
  }

  /** Those of the messages that are new, if with them everything is known up to a snapshot; undefined if some are lost. */
  missing(snapshot: Snapshot, messages: readonly MessageEvent[]): MessageEvent[] | undefined {
    const missed = messages.filter(({ sequence }) => sequence > this.latest);
    const whole = snapshot.sequence >= this.latest && this.#passed + missed.length === snapshot.passed;
    return whole || !this.begun ? missed : undefined;
  }

  /** Everything up to a snapshot is known. Returns the events that have waited, which are to be accepted again. */
  goOn({ sequence, passed }: Snapshot): ChannelEvent[] {
    this.#latest = sequence;
    this.#passed = passed;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    return waiting;
  }

  /** Keeps messages, for who is admitted meanwhile. */
  remember(): void {
    this.#recent ??= [];
  }

  /** Messages kept that came after an event. */
  recentSince(sequence: number): MessageEvent[] {
    return this.#recent?.filter((message) => message.sequence > sequence) ?? [];
  }

  forget(): void {
    this.#recent = undefined;
  }
}
