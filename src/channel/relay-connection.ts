/** One connection to the relay, from the upgrade to the first message. */
import type { Clock } from "../lib/clock.ts";
import * as failures from "./failures.ts";
import { ConnectError } from "./socket.ts";
import type { OpenSocket, Socket, SocketEvent } from "./socket.ts";
import { parseFirstMessage } from "./wire.ts";
import type { FirstMessage } from "./wire.ts";

export interface RelayConnectionOptions {
  readonly clock: Clock;
  readonly userAgent: string;
  /** Milliseconds until the first message must be there. */
  readonly connectTimeout: number;
  readonly openSocket: OpenSocket;
}

export interface RelayConnection {
  readonly socket: Socket;
  readonly first: FirstMessage;
  /** Everything after the first message. */
  readonly mailbox: Mailbox;
}

/**
 * Opens a socket and reads its first message.
 *
 * @throws ConnectError if the socket does not open or closes again at once; FxaPairError if no first message comes
 * in time, or a malformed one
 */
export async function connectToRelay(options: RelayConnectionOptions, url: string): Promise<RelayConnection> {
  const { clock, userAgent, connectTimeout: timeout, openSocket } = options;
  const deadline = clock.now() + timeout;
  const mailbox = new Mailbox();
  const listener = mailbox.deliver.bind(mailbox);
  const socket = await openSocket({ url, userAgent, timeout, clock, listener });
  const event = await mailbox.first(clock, Math.max(0, deadline - clock.now()));
  const first = event?.type === "text" ? parseFirstMessage(event.text) : undefined;
  if (first !== undefined) return { socket, first, mailbox };
  socket.terminate();
  if (event === undefined) throw failures.noAnswer();
  if (event.type === "closed") throw new ConnectError({ closeCode: event.code });
  throw failures.relayMisbehaved("its first message is malformed");
}

/** Keeps a socket's events until somebody listens. */
class Mailbox {
  readonly #held: SocketEvent[] = [];
  #listener: (event: SocketEvent) => void = (event) => this.#held.push(event);

  deliver(event: SocketEvent): void {
    this.#listener(event);
  }

  /** Takes the first event, alone; undefined if none comes in time (milliseconds). */
  async first(clock: Clock, timeout: number): Promise<SocketEvent | undefined> {
    if (this.#held.length > 0) return this.#held.shift();
    const hold = this.#listener;
    return new Promise((resolve) => {
      const settle = (event: SocketEvent | undefined) => {
        cancel();
        this.#listener = hold;
        resolve(event);
      };
      const cancel = clock.after(timeout, () => {
        settle(undefined);
      });
      this.#listener = settle;
    });
  }

  /** Hands over what is held, and from now on everything. */
  listen(listener: (event: SocketEvent) => void): void {
    this.#listener = listener;
    for (const event of this.#held.splice(0)) listener(event);
  }
}
