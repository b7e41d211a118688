/** One participant's connection: its first message, its signs of life, what it sends and gets, and its end. */
import type { Sender } from "../channel/wire.ts";
import { formatFirstMessage, formatSender, joinEnvelope } from "../channel/wire.ts";
import type { Clock } from "../lib/clock.ts";
import type { Admission, Backplane, Message, Participant } from "./backplane.ts";
import type { ConnectionCount } from "./connection-count.ts";
import type { DeadlineWheel, Scheduled } from "./deadline-wheel.ts";
import { UNSCHEDULED } from "./deadline-wheel.ts";
import type { Ending } from "./endings.ts";
import { ENDINGS } from "./endings.ts";
import type { Refused } from "./frame-reader.ts";
import { FAULT } from "./frame-reader.ts";
import type { RelaySocket, SocketOwner } from "./relay-socket.ts";
import type { Telemetry } from "./telemetry.ts";
import { CHANNEL_PATH } from "./upgrade.ts";

/** What all connections of a relay share. Times in milliseconds, sizes in bytes. */
export interface ConnectionContext {
  readonly backplane: Backplane;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly heartbeats: DeadlineWheel<Connection>;
  readonly heartbeat: number;
  readonly clientTimeout: number;
  readonly slowConsumer: number;
  /** Bytes of one message that are read at all. */
  readonly largestMessage: number;
  /** How a channel ends whose participant sent more. */
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
  readonly #remote: string | null;
  /** What every envelope ends with. */
  readonly #sender: string;
  /** When the channel's lifespan is over by this process's own clock, whatever the backplane's does. */
  readonly #expiresAt: number;
  #lastHeard: number;
  #over = false;
  #shownLife: boolean;
  /** Bytes that may wait beside what a slow reader is granted: what it had missed, until it has shown life. */
  #backlog = Infinity;

  constructor(context: ConnectionContext, socket: RelaySocket, admission: Admission, sender: Sender) {
    this.#context = context;
    this.#socket = socket;
    this.#admission = admission;
    this.#remote = sender.remote ?? null;
    this.#sender = formatSender(sender);
    this.#lastHeard = context.clock.now();
    this.#expiresAt = this.#lastHeard + (admission.expiresIn ?? Infinity);
    // Only who takes a seat again has a token to be spent by that.
    this.#shownLife = admission.connection === 0;
    socket.adopt(this);
    context.connections.add();
  }

  /** Sends the first message, then takes the seat: nothing relayed can overtake it. */
  begin(): void {
    const { id, connection, resume, seen, expiresIn, nameplate } = this.#admission;
    this.#socket.send(
      formatFirstMessage({
        link: CHANNEL_PATH + id,
        channelid: id,
        ...(resume === undefined ? {} : { resume, seen }),
        // Rounded down: a client must not count on time that is not there.
        expires_in: expiresIn === null ? null : Math.floor(expiresIn / 1000),
        ...(nameplate === undefined ? {} : { nameplate }),
      }),
    );
    this.#schedule(this.#lastHeard);
    this.#context.backplane.attach(this.#admission, this);
    this.#backlog = connection === 0 ? 0 : this.#socket.bufferedAmount;
    // The answer tells that the token in the first message has come through.
    if (connection > 0 && !this.#over) this.#socket.ping();
  }

  receive(message: string, bytes: number): void {
    if (this.#over) return;
    this.answered();
    const { backplane, telemetry } = this.#context;
    try {
      backplane.relay(this.#admission, { text: message.trim(), sender: this.#sender }, bytes);
    } catch (error) {
      // Nobody else would catch it: a fault in one channel must not end the process.
      telemetry.relayingFailed(this.#admission, error);
      backplane.end(this.#admission, ENDINGS.tryLater);
    }
  }

  /** A message or a pong: the peer has read what was sent to it first of all. */
  answered(): void {
    this.heard();
    if (this.#shownLife) return;
    this.#shownLife = true;
    this.#backlog = 0;
    this.#context.backplane.alive(this.#admission);
  }

  heard(): void {
    this.#lastHeard = this.#context.clock.now();
  }

  /** The heartbeat is due: asks for a sign of life, or gives up on a peer silent for too long or there for too long. */
  beat(now: number): void {
    if (this.#over) return;
    if (now >= this.#expiresAt) {
      // As a rule the backplane has ended the channel before; but its store's clock may have been set back.
      this.#socket.finish(this.#endAll(ENDINGS.lifespanOver));
      return;
    }
    if (now - this.#lastHeard >= this.#context.clientTimeout) {
      this.#lose(ENDINGS.idle.code);
      this.#socket.finish(ENDINGS.idle);
      return;
    }
    this.#socket.ping();
    this.#schedule(now);
  }

  deliver({ text, sender }: Message): void {
    const envelope = joinEnvelope(text, sender);
    const buffered = this.#socket.bufferedAmount;
    // What waits is what the peer has not read; a message of any size may wait alone.
    if (buffered > 0 && buffered + envelope.length > this.#context.slowConsumer + this.#backlog) {
      this.#context.backplane.end(this.#admission, ENDINGS.slowConsumer);
      return;
    }
    this.#socket.send(envelope);
  }

  end(ending: Ending): void {
    if (!this.#settle()) return;
    this.#socket.finish(ending);
  }

  closing(code: number, byFrame: boolean): void {
    if (byFrame) this.#leave(code);
    else this.#lose(code);
  }

  refused(code: Refused): Ending {
    return this.#endAll(this.#endingFor(code));
  }

  flooded(): Ending {
    return this.#endAll(ENDINGS.controlFrames);
  }

  gone(): void {
    this.#lose(LOST);
    this.#context.connections.remove();
  }

  #endAll(ending: Ending): Ending {
    this.#settle();
    this.#context.backplane.end(this.#admission, ending);
    return ending;
  }

  #endingFor(code: Refused): Ending {
    switch (code) {
      case FAULT.binary:
        return ENDINGS.binary;
      case FAULT.fragments:
        return ENDINGS.maxFragments;
      case FAULT.tooLarge:
        return this.#context.tooLarge;
    }
  }

  #schedule(now: number): void {
    const { heartbeats, heartbeat, clientTimeout } = this.#context;
    heartbeats.schedule(this, Math.min(now + heartbeat, this.#lastHeard + clientTimeout));
  }

  #leave(code: number): void {
    if (!this.#settle()) return;
    this.#tell("participant_left", code);
    this.#context.backplane.leave(this.#admission);
  }

  #lose(code: number): void {
    if (!this.#settle()) return;
    this.#tell("participant_lost", code);
    this.#context.backplane.lose(this.#admission);
  }

  #tell(event: "participant_left" | "participant_lost", code: number): void {
    this.#context.telemetry.departed(event, this.#admission, this.#remote, code);
  }

  /** Marks the connection as over; whether it was not before. */
  #settle(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#context.heartbeats.cancel(this);
    return true;
  }
}
