/**
 * The server's end of a WebSocket (RFC 6455), after its opening handshake: tells its owner what happens, and tells of
 * the peer's close frame the moment it arrives. One object and one buffer a frame, as there may be very many.
 */
import type { Duplex } from "node:stream";
import type { CancelTimer, Clock } from "../lib/clock.ts";
import { ControlFrames } from "./control-frames.ts";
import type { Ending } from "./endings.ts";
import type { Fault, FrameListener, Refused } from "./frame-reader.ts";
import { FAULT, FrameReader } from "./frame-reader.ts";
import { closeFrame, PING_FRAME, pongFrame, textFrame } from "./frames.ts";

export interface SocketOwner {
  /** A whole text message from the peer, and its length in bytes. */
  receive(message: string, bytes: number): void;
  /** A ping from the peer. */
  heard(): void;
  /** A pong from the peer. */
  answered(): void;
  /** The peer closed by a frame, broke the protocol, or hung up: `code` is its close code or the one it is being told. */
  closing(code: number, byFrame: boolean): void;
  /** The peer sent what is well formed but not taken. Returns what it is told. */
  refused(code: Refused): Ending;
  /** The peer sent more pings and pongs than it may. Returns what it is told. */
  flooded(): Ending;
  /** The connection is no more. Always last. */
  gone(): void;
}

/** `code` of a close frame without one (RFC 6455 §7.4.1). */
const NO_CODE = 1005;
/** `code` of a connection that ended without a close frame. */
const LOST = 1006;

/** Milliseconds a peer gets to answer a close frame, and to hang up, before its connection is cut. */
export const CLOSE_TIMEOUT = 5_000;

/** Bytes that may wait to be read by a peer whose ping is still answered. */
const PONG_BACKLOG = 4_096;

export class RelaySocket implements FrameListener {
  readonly #transport: Duplex;
  readonly #clock: Clock;
  readonly #frames: FrameReader;
  readonly #controlFrames = new ControlFrames();
  #owner: SocketOwner | undefined;
  /** Whether nothing more is sent. */
  #closing = false;
  /** Whether nothing more is read. */
  #deaf = false;
  #cancelCut: CancelTimer = noTimer;

  /** `transport`: has the answer to the opening handshake. `maxMessage`: bytes that are read of one message. */
  constructor(transport: Duplex, clock: Clock, maxMessage: number) {
    this.#transport = transport;
    this.#clock = clock;
    this.#frames = new FrameReader(this, maxMessage);
  }

  /** Bytes that the peer has not taken yet. */
  get bufferedAmount(): number {
    return this.#transport.writableLength;
  }

  /** Everything that happens is told to `owner` from now on. */
  adopt(owner: SocketOwner): void {
    this.#owner = owner;
    this.#transport
      .on("data", (arrived: Buffer) => {
        this.#read(arrived);
      })
      .on("end", () => {
        if (this.#deaf) return;
        if (!this.#closing) owner.closing(LOST, false);
        this.#endOutput();
        this.#hangUp();
      })
      .on("error", ignoreError)
      .on("close", () => {
        this.#cancelCut();
        owner.gone();
      });
  }

  send(message: string): void {
    if (!this.#closing) this.#transport.write(textFrame(message));
  }

  ping(): void {
    if (this.#closing) return;
    this.#controlFrames.asked();
    this.#transport.write(PING_FRAME);
  }

  /** Closes for a reason of our own, and cuts the connection of a peer that does not close too. */
  finish(ending: Ending): void {
    this.#endOutput(closeFrame(ending.code, ending.reason));
  }

  onText(message: string, bytes: number): void {
    this.#owner?.receive(message, bytes);
  }

  onPing(payload: Buffer): void {
    if (this.#controlFrames.isPingTooMany(this.#clock.now())) {
      this.#stopFlood();
      return;
    }
    this.#owner?.heard();
    if (!this.#closing && this.bufferedAmount <= PONG_BACKLOG) this.#transport.write(pongFrame(payload));
  }

  onPong(): void {
    if (this.#controlFrames.isPongTooMany(this.#clock.now())) this.#stopFlood();
    else this.#owner?.answered();
  }

  onClose(code: number | undefined): void {
    if (!this.#closing) this.#owner?.closing(code ?? NO_CODE, true);
    this.#endOutput(closeFrame(code));
    this.#hangUp();
  }

  #read(arrived: Buffer): void {
    if (this.#deaf) return;
    const fault = this.#frames.read(arrived);
    if (fault === undefined) return;
    if (!this.#closing) this.#tell(fault);
    this.#hangUp();
  }

  /** Tells the peer what it did wrong. */
  #tell(fault: Fault): void {
    if (fault === FAULT.protocol || fault === FAULT.notUtf8) {
      this.#owner?.closing(fault, false);
      this.#endOutput(closeFrame(fault));
      return;
    }
    const ending = this.#owner?.refused(fault);
    if (ending !== undefined) this.finish(ending);
  }

  /** Also of who has been told to close: reading its control frames costs the same. */
  #stopFlood(): void {
    this.#frames.stop();
    const ending = this.#closing ? undefined : this.#owner?.flooded();
    if (ending !== undefined) this.finish(ending);
    this.#hangUp();
  }

  /** Sends a last frame, and does not wait for ever until the peer has taken it and hung up. */
  #endOutput(frame?: Buffer): void {
    if (this.#closing) return;
    this.#closing = true;
    if (frame !== undefined) this.#transport.write(frame);
    this.#cancelCut = this.#clock.after(CLOSE_TIMEOUT, () => this.#transport.destroy());
  }

  /** The peer has said its last: the server ends the connection (RFC 6455 §7.1.1). */
  #hangUp(): void {
    this.#deaf = true;
    this.#transport.end();
  }
}

function noTimer(): void {
  // Nothing is to be cancelled.
}

function ignoreError(): void {
  // Whatever went wrong, `close` follows; without a listener the process would end.
}
