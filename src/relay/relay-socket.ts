/**
 * A server-side WebSocket that tells its owner what happens, and tells of the peer's close frame the moment it arrives.
 * (The `close` event comes only with the end of the TCP connection, which may be long after, and the delay before the
 * other participant is sent away counts from the frame.)
 */
import type { RawData, Server } from "ws";
import { WebSocket, WebSocketServer } from "ws";
import { CLOSE } from "../channel/wire.ts";
import type { Ending } from "./endings.ts";

export interface SocketOwner {
  /** A whole message from the peer. */
  receive(message: RawData, isBinary: boolean): void;
  /** A ping from the peer. */
  heard(): void;
  /** A pong from the peer. */
  answered(): void;
  /** The peer closed by a frame, or broke the protocol: `code` is its close code or the one it is being told. */
  closing(code: number, byFrame: boolean): void;
  /** One message of the peer has too many bytes (1009), fragments or pieces of TCP (1008). Returns what the peer is told. */
  exceeded(code: number): Ending;
  /** The connection is no more. Always last. */
  gone(): void;
}

/** `code` of a close frame without one (RFC 6455 §7.4.1). */
const NO_CODE = 1005;

/**
 * Fragments of one message. Peers send one or two; as many as there are bytes would cost a hundred times the memory of
 * the message.
 */
const MAX_FRAGMENTS = 64;

/**
 * Pieces of TCP that a message may be waiting in, however small: enough for one that comes a kilobyte at a time, and at
 * least this many. A piece of one byte costs as much memory as one of some hundred.
 */
const LEAST_CHUNKS = 256;
const CHUNK_BYTES = 1_024;

/** Milliseconds a peer gets to answer a close frame before its connection is cut. */
export const CLOSE_TIMEOUT = 5_000;

export class RelaySocket extends WebSocket {
  #owner: SocketOwner | undefined;
  #closing = false;

  get owner(): SocketOwner | undefined {
    return this.#owner;
  }

  /** Everything that happens is told to `owner` from now on. */
  adopt(owner: SocketOwner): void {
    this.#owner = owner;
    // Functions of the module, not closures: there may be very many sockets.
    this.on("message", onMessage)
      .on("ping", onPing)
      .on("pong", onPong)
      .on("close", onClose)
      .on("error", onError);
  }

  /** Closes for a reason of our own. */
  finish(ending: Ending): void {
    this.#closing = true;
    super.close(ending.code, ending.reason);
  }

  /** Called by the base class alone: with a frame's code and reason, or, for the peer's faults, with a bare code. */
  override close(code: number = NO_CODE, reason?: string | Buffer): void {
    const first = !this.#closing;
    this.#closing = true;
    if (first && reason === undefined && (code === CLOSE.tooLarge || code === CLOSE.policy) && this.#owner) {
      this.finish(this.#owner.exceeded(code));
      return;
    }
    if (first) this.#owner?.closing(code, reason !== undefined || code === NO_CODE);
    if (code === NO_CODE) super.close();
    else super.close(code, reason);
  }
}

function onMessage(this: WebSocket, message: RawData, isBinary: boolean): void {
  if (this instanceof RelaySocket) this.owner?.receive(message, isBinary);
}

function onPing(this: WebSocket): void {
  if (this instanceof RelaySocket) this.owner?.heard();
}

function onPong(this: WebSocket): void {
  if (this instanceof RelaySocket) this.owner?.answered();
}

function onClose(this: WebSocket): void {
  if (this instanceof RelaySocket) this.owner?.gone();
}

function onError(): void {
  // Whatever went wrong, `close` follows; without a listener the process would end.
}

/** Makes {@link RelaySocket}s of upgraded requests. `maxPayload`: bytes of one message. */
export function createSocketServer(maxPayload: number): Server<typeof RelaySocket> {
  const options = {
    noServer: true,
    clientTracking: false,
    WebSocket: RelaySocket,
    // Never granted: contents are encrypted, and compressing next to secrets leaks them.
    perMessageDeflate: false,
    maxPayload,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: Math.max(LEAST_CHUNKS, Math.ceil(maxPayload / CHUNK_BYTES)),
    closeTimeout: CLOSE_TIMEOUT,
  };
  return new WebSocketServer(options);
}
