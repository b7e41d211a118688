/**
 * A seat in one channel of the relay: messages out and in, over as many sockets as it takes. A relay that counts
 * (`seen` in its first message) lets a lost seat be taken again with nothing lost or doubled; any other connection is
 * over when its socket is. The relay may be the enemy, so what it may send is limited here too.
 */
import type { FxaPairError } from "../lib/errors.ts";
import { toError } from "../lib/errors.ts";
import { Settled } from "../lib/settled.ts";
import { within } from "../lib/within.ts";
import * as failures from "./failures.ts";
import { connectToRelay, reconnectToRelay } from "./relay-connection.ts";
import type { RelayConnection, RelayConnectionOptions } from "./relay-connection.ts";
import { seatUrl } from "./relay-url.ts";
import type { SeatRequest } from "./relay-url.ts";
import { ConnectError } from "./socket.ts";
import type { SocketClose, SocketEvent } from "./socket.ts";
import { CLOSE, parseEnvelope } from "./wire.ts";
import type { Sender } from "./wire.ts";

/** A pairing receives six messages or fewer; OpenSSL-like peers a few more. */
const MAX_MESSAGES = 64;
/** Characters received in all: four of the largest records. */
const MAX_RECEIVED = 96 * 1024;
/** How long to wait for the other side of a closing handshake, in milliseconds. */
const CLOSE_WAIT = 1000;
/** Milliseconds from one attempt to take a lost seat again to the next, and after which to give up. */
const RESUME_PAUSE = 2000;
export const RESUME_TIME = 50_000;
/** Milliseconds that one attempt may take: the next may find a network that works. */
const ATTEMPT_TIME = 10_000;
/** Seconds that a channel lives on a relay that does not tell. */
const USUAL_LIFESPAN = 300;
/** Lost seats that are taken again in one channel: a relay may not keep a device connecting for ever. */
const MAX_RESUMES = 25;
/** RFC 6455 §7.1.5: no close frame was received. */
const LOST = 1006;
const RESUMABLE: readonly number[] = [LOST, CLOSE.goingAway, CLOSE.tryLater, CLOSE.idle];
const LIFESPAN_OVER: SocketClose = { code: CLOSE.lifespanOver, reason: "" };

export interface LinkOptions extends RelayConnectionOptions {
  /** As {@link channelRoot} gives it. */
  readonly root: string;
  readonly seat: SeatRequest;
}

export interface LinkListener {
  /** One relayed message. */
  message(text: string, sender: Sender): void;
  /** The connection was lost; what is sent meanwhile is kept. Either `resumed` or `ended` comes of it. */
  lost(): void;
  /** The lost seat is taken again, and nothing is missing. */
  resumed(): void;
  /** How the relay closed, or what it did wrong (a `FxaPairError`). Called once; nothing comes after it. */
  ended(end: LinkEnd): void;
}

export type LinkEnd = { readonly close: SocketClose } | { readonly error: Error };

export class RelayLink {
  readonly id: string;
  /** The short number that leads to the channel, if one was asked for and the relay gives any. */
  readonly nameplate: string | undefined;
  /** When the relay will end the channel, on `Clock.now()`; null for never. */
  readonly expiresAt: number | null;
  readonly #options: LinkOptions;
  readonly #sent: string[] = [];
  #connection: RelayConnection;
  #token: string | undefined;
  #listener: LinkListener | undefined;
  #received = 0;
  #receivedLength = 0;
  #over = false;
  #resumes = 0;
  /** Before that moment no attempt is made to take the seat again. */
  #nextAttempt: number;
  /** Something sent is on no socket. */
  #onHold = false;
  #flushed = new Settled<null>();
  /** The socket is closed, and perhaps not yet replaced. */
  #socketGone = false;
  /** Settles when a lost seat is taken again, or is not sought any more. */
  #resuming: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #cancelPause: () => void = () => undefined;

  /** Connects and waits for the relay's first message. @throws FxaPairError */
  static async open(options: LinkOptions): Promise<RelayLink> {
    const { root, seat } = options;
    const connection = await connectToRelay(options, seatUrl(root, seat)).catch((error: unknown) => {
      throw error instanceof ConnectError ? failures.connectFailure(error, seat.type) : error;
    });
    if (seat.type === "join" && connection.first.channelid !== seat.channelId) {
      connection.socket.terminate();
      throw failures.relayMisbehaved("it put this device into another channel");
    }
    return new RelayLink(options, connection);
  }

  private constructor(options: LinkOptions, connection: RelayConnection) {
    this.#options = options;
    this.#connection = connection;
    const { channelid, seen, resume, nameplate, expires_in: lifespan = USUAL_LIFESPAN } = connection.first;
    const now = options.clock.now();
    this.id = channelid;
    this.nameplate = nameplate;
    this.expiresAt = lifespan === null ? null : now + lifespan * 1000;
    this.#token = seen === undefined ? undefined : resume;
    this.#nextAttempt = now + RESUME_PAUSE;
  }

  /** Begins to deliver. Called once. */
  listen(listener: LinkListener): void {
    this.#listener = listener;
    this.#attach(this.#connection);
  }

  /** Sends one message to the other participant; kept in case the socket is lost before the relay has it. */
  send(text: string): void {
    if (this.#over) return;
    if (this.#token !== undefined) this.#sent.push(text);
    if (!this.#connection.socket.send(text)) this.#onHold = true;
  }

  /** Resolves once nothing that was sent waits for an open socket any more; never if the link ends before. */
  async flushed(): Promise<void> {
    if (this.#onHold) await this.#flushed.promise;
  }

  /** Leaves the channel for good. Resolves when the socket is gone, {@link CLOSE_WAIT} later at most. */
  close(): Promise<void> {
    this.#closing ??= this.#leave();
    return this.#closing;
  }

  async #leave(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#cancelPause();
    if (!this.#socketGone) await this.#hangUp(this.#connection);
    else await within(this.#options.clock, CLOSE_WAIT, this.#resuming, () => undefined);
  }

  /** Tells the relay that this device leaves, and drops a connection whose other end does not answer that. */
  async #hangUp({ socket, mailbox }: RelayConnection): Promise<void> {
    const gone = new Settled<null>();
    mailbox.listen(({ type }) => {
      if (type === "closed") gone.settle(null);
    });
    socket.close();
    await within(this.#options.clock, CLOSE_WAIT, gone.promise, () => {
      socket.terminate();
      return null;
    });
  }

  #attach(connection: RelayConnection): void {
    if (this.#over) return;
    connection.mailbox.listen((event) => {
      if (connection !== this.#connection) return;
      if (event.type === "closed") this.#socketGone = true;
      if (!this.#over) this.#handle(event);
    });
  }

  #handle(event: SocketEvent): void {
    switch (event.type) {
      case "text":
        this.#receive(event.text);
        return;
      case "violation":
        this.#fail(
          failures.relayMisbehaved("it sent what is no text message of usual size, or far too much"),
        );
        return;
      case "closed":
        if (this.#isResumable(event.code)) this.#startResuming(event);
        else this.#end({ close: event });
    }
  }

  #isResumable(closeCode: number): boolean {
    return this.#token !== undefined && RESUMABLE.includes(closeCode) && this.#resumes < MAX_RESUMES;
  }

  #receive(text: string): void {
    this.#received += 1;
    // A connection that works is worth replacing at once.
    this.#nextAttempt = 0;
    this.#receivedLength += text.length;
    if (this.#received > MAX_MESSAGES || this.#receivedLength > MAX_RECEIVED) {
      this.#fail(failures.relayMisbehaved("it sent far more than a pairing takes"));
      return;
    }
    const envelope = parseEnvelope(text);
    if (envelope === undefined) this.#fail(failures.relayMisbehaved("it sent a malformed message"));
    else this.#listener?.message(envelope.message, envelope.sender);
  }

  #fail(error: FxaPairError): void {
    this.#connection.socket.terminate();
    this.#end({ error });
  }

  #end(end: LinkEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#listener?.ended(end);
  }

  #startResuming(close: SocketClose): void {
    // What was sent may have died with the socket.
    if (this.#sent.length > 0) this.#onHold = true;
    this.#listener?.lost();
    this.#resuming = this.#resume(close).catch((error: unknown) => {
      this.#connection.socket.terminate();
      this.#end({ error: toError(error) });
    });
  }

  /**
   * Tries to take the seat again until it works, the relay will have none of it, or the time is over: ours or the
   * channel's. The relay may drop what it has just taken, so attempts keep their distance across connections.
   */
  async #resume(close: SocketClose): Promise<void> {
    const { clock } = this.#options;
    const giveUp = Math.min(clock.now() + RESUME_TIME, this.expiresAt ?? Infinity);
    for (;;) {
      await this.#pauseUntil(Math.min(this.#nextAttempt, giveUp));
      if (this.#isOver()) return;
      const left = giveUp - clock.now();
      if (left <= 0) break;
      this.#nextAttempt = clock.now() + RESUME_PAUSE;
      const connection = await this.#reconnect(Math.min(left, ATTEMPT_TIME));
      if (connection === "refused") break;
      if (connection === "failed") continue;
      // Left without a word, the relay would keep the seat, and the other device waiting.
      if (this.#isOver()) await this.#hangUp(connection);
      else this.#takeOver(connection);
      return;
    }
    this.#end({ close: this.#isExpired() ? LIFESPAN_OVER : close });
  }

  #reconnect(connectTimeout: number): Promise<RelayConnection | "refused" | "failed"> {
    const query = `resume=${encodeURIComponent(this.#token ?? "")}&received=${this.#received}`;
    return reconnectToRelay({ ...this.#options, connectTimeout }, `${this.#options.root}${this.id}?${query}`);
  }

  #isExpired(): boolean {
    return this.expiresAt !== null && this.#options.clock.now() >= this.expiresAt;
  }

  #takeOver(connection: RelayConnection): void {
    this.#connection = connection;
    this.#socketGone = false;
    this.#resumes += 1;
    const { channelid, seen, resume } = connection.first;
    if (channelid !== this.id || seen === undefined || seen > this.#sent.length) {
      this.#fail(failures.relayMisbehaved("it took up another channel than the one that was lost"));
      return;
    }
    this.#token = resume;
    this.#sendAgain(seen);
    this.#listener?.resumed();
    this.#attach(connection);
  }

  #sendAgain(seen: number): void {
    this.#onHold = !this.#sent.slice(seen).every((text) => this.#connection.socket.send(text));
    if (this.#onHold) return;
    this.#flushed.settle(null);
    this.#flushed = new Settled();
  }

  /** Asked after awaiting, when `close()` may have been called meanwhile. */
  #isOver(): boolean {
    return this.#over;
  }

  #pauseUntil(moment: number): Promise<void> {
    const { clock } = this.#options;
    const pause = moment - clock.now();
    if (pause <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = clock.after(pause, resolve);
      this.#cancelPause = () => {
        cancel();
        resolve();
      };
    });
  }
}
