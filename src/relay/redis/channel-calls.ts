/** What a channel asks of the store, each call with its arguments in the order of `channel-functions.ts`. */
import type { SeatConnection } from "../channel-rules.ts";
import type { Ending } from "../endings.ts";
import type { OutboxOwner } from "./outbox.ts";
import { Outbox } from "./outbox.ts";

export interface ChannelCallsOwner extends OutboxOwner {
  /** The store's time, in whole milliseconds. */
  now(): number;
}

/** A message of a seat. */
export interface OutgoingMessage {
  /** Which of the seat's messages it is, from 1. */
  readonly number: number;
  readonly body: string;
  /** As limits count them. */
  readonly bytes: number;
}

export class ChannelCalls extends Outbox {
  readonly #owner: ChannelCallsOwner;

  constructor(owner: ChannelCallsOwner) {
    super(owner);
    this.#owner = owner;
  }

  /** `limits`: bytes of a message, bytes of a channel's messages, and their number. */
  relay({ seat, connection }: SeatConnection, message: OutgoingMessage, limits: readonly string[]): void {
    const { number, body, bytes } = message;
    this.add("relay", [seat, connection, number, bytes, body, this.#owner.now(), ...limits], bytes);
  }

  /** Somebody who has come back has got what was missed. */
  attach({ seat, connection }: SeatConnection): void {
    this.add("attach", [seat, connection, this.#owner.now()]);
  }

  alive({ seat, connection }: SeatConnection): void {
    this.add("alive", [seat, connection]);
  }

  leave({ seat, connection }: SeatConnection): void {
    this.add("leave", [seat, connection, this.#owner.now()]);
  }

  /** `attached`: whether it had got what it had missed before. */
  lose({ seat, connection }: SeatConnection, attached: boolean): void {
    this.add("lose", [seat, connection, this.#owner.now(), attached ? 1 : 0]);
  }

  /** `since`: the node's last sign of life, in the store's time. */
  loseNode(node: string, since: number): void {
    this.add("lose_node", [node, since, this.#owner.now()]);
  }

  /** `by`: the connection that brings the end on; it does not if it has been replaced. */
  finish({ code, reason }: Ending, by?: SeatConnection): void {
    const asker = by === undefined ? [] : [by.seat, by.connection];
    this.add("finish", [code, reason, this.#owner.now(), ...asker]);
  }

  /** Lets time have its effects. */
  due(): void {
    this.add("due", [this.#owner.now()]);
  }
}
