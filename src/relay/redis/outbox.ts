/**
 * The calls that one channel makes of the store, in order, each kept until it is answered. When the store cannot be
 * asked they wait, and are made again later: every function has the same effect if it is called twice.
 */
import type { ChannelAnswer } from "./answers.ts";
import { readChannelAnswer } from "./answers.ts";
import type { ChannelFunction } from "./library.ts";

/** Bytes of memory that a call takes beside its message, about. */
export const CALL_WEIGHT = 512;

export interface ChannelCall {
  readonly name: ChannelFunction;
  readonly args: readonly (string | number)[];
  /** Bytes of the message that it passes, as limits count them; 0 if it passes none. */
  readonly bytes: number;
}

export interface OutboxOwner {
  /** Asks the store. Rejects if that is impossible just now. */
  transmit(call: ChannelCall): Promise<unknown>;
  answered(call: ChannelCall, answer: ChannelAnswer): void;
  /** A call was not answered: nothing more is sent until {@link Outbox.resend}. */
  stalled(): void;
}

export class Outbox {
  readonly #owner: OutboxOwner;
  #calls: ChannelCall[] = [];
  #bytes = 0;
  /** Answers to earlier attempts do not count. */
  #attempt = 0;
  #stalled = false;

  constructor(owner: OutboxOwner) {
    this.#owner = owner;
  }

  get empty(): boolean {
    return this.#calls.length === 0;
  }

  /** Bytes of memory, about, that wait for an answer. */
  get weight(): number {
    return this.#bytes + this.#calls.length * CALL_WEIGHT;
  }

  /** Lets all calls wait no more but those of that name, and sends nothing more until {@link resend}. */
  keepOnly(...names: ChannelFunction[]): void {
    this.hold();
    this.#calls = this.#calls.filter(({ name }) => names.includes(name));
    this.#bytes = this.#calls.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Sends nothing more until {@link resend}. */
  hold(): void {
    this.#attempt++;
    this.#stalled = true;
  }

  /** Makes all calls again that were not answered. */
  resend(): void {
    this.#attempt++;
    this.#stalled = false;
    for (const call of this.#calls) this.#send(call);
  }

  /** Makes a call, behind all earlier ones. */
  protected add(name: ChannelFunction, args: readonly (string | number)[], bytes = 0): void {
    const call = { name, args, bytes };
    this.#calls.push(call);
    this.#bytes += bytes;
    if (!this.#stalled) this.#send(call);
  }

  #send(call: ChannelCall): void {
    const attempt = this.#attempt;
    this.#owner.transmit(call).then(
      (answer) => {
        if (attempt === this.#attempt) this.#answered(call, readChannelAnswer(answer));
      },
      () => {
        if (attempt === this.#attempt) this.#stall();
      },
    );
  }

  #answered(call: ChannelCall, answer: ChannelAnswer): void {
    // An earlier message was lost on the way: once more from the first one that is not answered.
    if (answer.type === "gap") {
      this.#stall();
      return;
    }
    this.#calls.shift();
    this.#bytes -= call.bytes;
    this.#owner.answered(call, answer);
  }

  #stall(): void {
    this.hold();
    this.#owner.stalled();
  }
}
