/** One participant's connection: its first message, its signs of life, what it sends and gets, and its end. */
import type { RawData } from "ws";
import type { Sender } from "../channel/wire.ts";
import { CLOSE, formatEnvelope, formatFirstMessage } from "../channel/wire.ts";
import type { Clock } from "../lib/clock.ts";
import type { Admission, Backplane, Participant } from "./backplane.ts";
import type { ConnectionCount } from "./connection-count.ts";
import type { DeadlineWheel, Scheduled } from "./deadline-wheel.ts";
import { UNSCHEDULED } from "./deadline-wheel.ts";
import type { Ending } from "./endings.ts";
import { ENDINGS } from "./endings.ts";
import type { RelayLog } from "./log.ts";
import { shortId } from "./log.ts";
import type { RelaySocket, SocketOwner } from "./relay-socket.ts";
import { CHANNEL_PATH } from "./upgrade.ts";

/** What all connections of a relay share. Times in milliseconds, sizes in bytes. */
export interface ConnectionContext {
  readonly backplane: Backplane;
  readonly clock: Clock;
  readonly log: RelayLog;
  readonly heartbeats: DeadlineWheel<Connection>;
  readonly heartbeat: number;
  readonly clientTimeout: number;
  readonly slowConsumer: number;
  /** How a channel ends whose participant sent more in one message than is even read. */
  readonly tooLarge: Ending;
  readonly connections: ConnectionCount;
}

/** Code of a connection that ended without a close frame (RFC 6455 §7.4.1). */
const LOST = 1006;

export class Connection implements Participant, Scheduled, SocketOwner {
  wheelSlot = UNSCHEDULED;
  readonly #context: ConnectionContext;
  readonly #socket: RelaySocket;
  readonly #admission: Admission;
  readonly #sender: Sender;
  #lastHeard: number;
  #over = false;

  constructor(context: ConnectionContext, socket: RelaySocket, admission: Admission, sender: Sender) {
    this.#context = context;
    this.#socket = socket;
    this.#admission = admission;
    this.#sender = sender;
    this.#lastHeard = context.clock.now();
    socket.adopt(this);
    context.connections.add();
  }

  /** Sends the first message, then takes the seat: nothing relayed can overtake it. */
  begin(): void {
    const { id, seat, expiresIn } = this.#admission;
    this.#socket.send(
      formatFirstMessage({
        link: CHANNEL_PATH + id,
        channelid: id,
        // Rounded down: a client must not count on time that is not there.
        expires_in: expiresIn === null ? null : Math.floor(expiresIn / 1000),
      }),
    );
    this.#schedule(this.#lastHeard);
    this.#context.backplane.attach(id, seat, this);
  }

  receive(message: RawData, isBinary: boolean): void {
    if (this.#over) return;
    this.heard();
    const { backplane } = this.#context;
    const { id, seat } = this.#admission;
    if (isBinary || !Buffer.isBuffer(message)) {
      backplane.end(id, ENDINGS.binary);
      return;
    }
    const envelope = formatEnvelope({ message: message.toString().trim(), sender: this.#sender });
    backplane.relay(id, seat, envelope, message.length);
  }

  heard(): void {
    this.#lastHeard = this.#context.clock.now();
  }

  /** The heartbeat is due: asks for a sign of life, or gives up on a peer silent for too long. */
  beat(now: number): void {
    if (this.#over) return;
    if (now - this.#lastHeard >= this.#context.clientTimeout) {
      this.#leave(ENDINGS.idle.code);
      this.#socket.finish(ENDINGS.idle);
      return;
    }
    this.#socket.ping();
    this.#schedule(now);
  }

  deliver(envelope: string): void {
    const buffered = this.#socket.bufferedAmount;
    // What waits is what the peer has not read; a message of any size may wait alone.
    if (buffered > 0 && buffered + envelope.length > this.#context.slowConsumer) {
      this.#context.backplane.end(this.#admission.id, ENDINGS.slowConsumer);
      return;
    }
    this.#socket.send(envelope);
  }

  end(ending: Ending): void {
    if (!this.#settle()) return;
    this.#socket.finish(ending);
  }

  closing(code: number): void {
    this.#leave(code);
  }

  exceeded(code: number): Ending {
    const ending = code === CLOSE.tooLarge ? this.#context.tooLarge : ENDINGS.maxFragments;
    this.#settle();
    this.#context.backplane.end(this.#admission.id, ending);
    return ending;
  }

  gone(): void {
    this.#leave(LOST);
    this.#context.connections.remove();
  }

  #schedule(now: number): void {
    const { heartbeats, heartbeat, clientTimeout } = this.#context;
    heartbeats.schedule(this, Math.min(now + heartbeat, this.#lastHeard + clientTimeout));
  }

  #leave(code: number): void {
    if (!this.#settle()) return;
    const { backplane, log } = this.#context;
    const { id, seat } = this.#admission;
    log.write("info", "participant_left", {
      channel: shortId(id),
      remote: this.#sender.remote ?? null,
      seat,
      code,
    });
    backplane.leave(id, seat);
  }

  /** Marks the connection as over; whether it was not before. */
  #settle(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#context.heartbeats.cancel(this);
    return true;
  }
}
