/** One connection to the relay, from the upgrade to the first message. */
import type { Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import { within } from "../lib/within.ts";
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
  const event = await within(clock, Math.max(0, deadline - clock.now()), mailbox.first(), () => undefined);
  const first = event?.type === "text" ? parseFirstMessage(event.text) : undefined;
  if (first !== undefined) return { socket, first, mailbox };
  socket.terminate();
  if (event === undefined) throw failures.noAnswer();
  if (event.type === "closed") throw new ConnectError({ close: event });
  throw failures.relayMisbehaved("its first message is malformed");
}

/**
 * As {@link connectToRelay}, for a seat that was lost. `failed` may be better a moment later, `refused` stays.
 *
 * @throws FxaPairError `channel_security` if the first message is malformed
 */
export async function reconnectToRelay(
  options: RelayConnectionOptions,
  url: string,
): Promise<RelayConnection | "refused" | "failed"> {
  try {
    return await connectToRelay(options, url);
  } catch (error) {
    if (error instanceof FxaPairError && error.code === "unreachable") return "failed";
    if (!(error instanceof ConnectError)) throw error;
    const { status } = error.facts;
    return status === undefined || status === 429 || status >= 500 ? "failed" : "refused";
  }
}

/** Keeps a socket's events until somebody listens. */
class Mailbox {
  readonly #held: SocketEvent[] = [];
  #listener: (event: SocketEvent) => void = (event) => this.#held.push(event);

  deliver(event: SocketEvent): void {
    this.#listener(event);
  }

  /** Takes the first event, alone. */
  first(): Promise<SocketEvent | undefined> {
    if (this.#held.length > 0) return Promise.resolve(this.#held.shift());
    const hold = this.#listener;
    return new Promise((resolve) => {
      this.#listener = (event) => {
        this.#listener = hold;
        resolve(event);
      };
    });
  }

  /** Hands over what is held, and from now on everything. */
  listen(listener: (event: SocketEvent) => void): void {
    this.#listener = listener;
    for (const event of this.#held.splice(0)) listener(event);
  }
}
