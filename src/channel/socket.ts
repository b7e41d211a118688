/** A WebSocket as the channel needs it, and its adapter to `ws`, which is loaded only when a connection is made. */
import type { ClientOptions, WebSocket } from "ws";
import type { CancelTimer, Clock } from "../lib/clock.ts";
import { within } from "../lib/within.ts";
import { destinationOf } from "../network/destination.ts";
import { noProxy } from "../network/proxies.ts";
import type { ProxyFor } from "../network/proxies.ts";
import type { Connection } from "../network/tunnel.ts";
import { MAX_FRAME_LENGTH } from "./wire.ts";

export type SocketEvent =
  | { readonly type: "text"; readonly text: string }
  /** The relay sent what no relay may send: a binary or oversized message, a malformed frame, far too many. Once. */
  | { readonly type: "violation" }
  /** Always the last event. 1006 where there was no close frame: the connection was lost. */
  | ({ readonly type: "closed" } & SocketClose);

export interface SocketClose {
  readonly code: number;
  /** The server's own words: to be recognised, never to be shown. */
  readonly reason: string;
}

export interface Socket {
  /** Sends a text message. False, and nothing done, once the socket is closing. */
  send(text: string): boolean;
  /** Starts the closing handshake with code 1000. */
  close(): void;
  /** Drops the connection at once. */
  terminate(): void;
}

export interface SocketRequest {
  readonly url: string;
  readonly userAgent: string;
  /** Milliseconds until the upgrade must be done. */
  readonly timeout: number;
  readonly clock: Clock;
  /** Called with each event from the start: the first message may come together with the upgrade. */
  readonly listener: (event: SocketEvent) => void;
}

/** Opens a socket. @throws ConnectError */
export type OpenSocket = (request: SocketRequest) => Promise<Socket>;

export interface ConnectFacts {
  /** The server's HTTP status, if it refused the upgrade. */
  readonly status?: number | undefined;
  readonly retryAfter?: string | undefined;
  /** The system's error code, as ECONNREFUSED. */
  readonly systemCode?: string | undefined;
  /** How it was closed, if the upgrade was taken back before anything was said. */
  readonly close?: SocketClose | undefined;
}

/** Why a socket did not open. No fact at all: it took too long. */
export class ConnectError extends Error {
  readonly facts: ConnectFacts;

  constructor(facts: ConnectFacts, cause?: unknown) {
    super("the WebSocket did not open", { cause });
    this.name = "ConnectError";
    this.facts = facts;
  }
}

/** Relays ping every few seconds: after this many milliseconds without any frame the connection counts as lost. */
const SILENCE = 60_000;
/** Bytes of unsent answers at which a relay that pings without reading is given up. */
const MAX_UNSENT = 64 * 1024;
/**
 * Frames that a relay may send over one connection, pings and empty ones among them, beside one for each second that it
 * lasts: as fast as that a relay may be set to ping. Without a limit they would keep this process busy (security C9).
 */
const MAX_FRAMES = 2048;
/** Frames that one message may come in: honest relays send each in one. */
const MAX_FRAGMENTS = 64;

/**
 * {@link OpenSocket} by `ws`, through proxies where there are any. Certificates are always checked, whatever the environment
 * says. What fails at a proxy is no {@link ConnectError} but a FxaPairError `unreachable`.
 */
export function webSocketOpener(proxyFor: ProxyFor): OpenSocket {
  return async (request) => {
    const deadline = request.clock.now() + request.timeout;
    const connect = await connectorThroughProxy(request, proxyFor);
    return open(request, Math.max(0, deadline - request.clock.now()), connect);
  };
}

/** {@link webSocketOpener} without proxies. */
export const openWebSocket = webSocketOpener(noProxy);

/** How to connect to the relay by way of a proxy, to be called once; undefined where there is none. */
async function connectorThroughProxy(
  { url: text, clock, userAgent, timeout: timeLimit }: SocketRequest,
  proxyFor: ProxyFor,
): Promise<(() => Connection) | undefined> {
  const url = new URL(text);
  const proxy = proxyFor(url);
  if (proxy === undefined) return undefined;
  const { openTunnel, connectionInside } = await import("../network/tunnel.ts");
  const tunnel = await openTunnel(proxy, destinationOf(url), { clock, userAgent, timeLimit });
  // Not sooner: TLS may fail, and somebody must be there to hear of it.
  return () => connectionInside(tunnel, url);
}

async function open(
  { url, userAgent, clock, listener }: SocketRequest,
  timeout: number,
  connect: (() => Connection) | undefined,
): Promise<Socket> {
  const { WebSocket } = await import("ws");
  const options: ClientOptions = {
    rejectUnauthorized: true,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_LENGTH,
    maxFragments: MAX_FRAGMENTS,
    // It would drop a connection that pings fast without a word, as if that had been lost.
    autoPong: false,
    followRedirects: false,
    headers: { "User-Agent": userAgent },
    ...(connect === undefined ? {} : { createConnection: connect }),
  };
  const socket = new WebSocket(url, options);
  const intake = forwardEvents(socket, clock, listener);
  try {
    await within(clock, timeout, opened(socket), tooSlow);
  } catch (error) {
    socket.terminate();
    throw error;
  }
  return {
    send(text) {
      if (socket.readyState !== WebSocket.OPEN) return false;
      socket.send(text);
      return true;
    },
    close() {
      socket.close(1000);
    },
    terminate() {
      intake.stop();
    },
  };
}

function tooSlow(): never {
  throw new ConnectError({});
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("unexpected-response", (_request, response) => {
      const { statusCode: status = 0, headers } = response;
      response.destroy();
      reject(new ConnectError({ status, retryAfter: headers["retry-after"] }));
    });
    socket.once("error", (cause) => {
      // Only for an answer that opens no WebSocket does the package throw an error without a code.
      reject(new ConnectError({ systemCode: systemCode(cause) ?? "not a WebSocket" }, cause));
    });
  });
}

/**
 * Tells the listener what comes in, within limits. What `ws` has read in one piece it takes apart to the end, also when the
 * connection is terminated meanwhile: that can be tens of thousands of frames, which must cost nothing then.
 */
function forwardEvents(
  socket: WebSocket,
  clock: Clock,
  listener: SocketRequest["listener"],
): { readonly stop: () => void } {
  const began = clock.now();
  let frames = 0;
  let isStopped = false;
  const stop = () => {
    isStopped = true;
    socket.terminate();
  };
  const refuse = () => {
    if (isStopped) return;
    stop();
    listener({ type: "violation" });
  };
  const silence = new Silence(clock, stop);
  /** Whether a frame that has come is worth a look. */
  const counts = (): boolean => {
    if (isStopped) return false;
    silence.broken();
    frames += 1;
    const isTooMuch = frames > MAX_FRAMES + (clock.now() - began) / 1000;
    if (isTooMuch) refuse();
    return !isTooMuch;
  };
  socket.on("ping", (content) => {
    if (!counts()) return;
    if (socket.bufferedAmount > MAX_UNSENT) refuse();
    else socket.pong(content);
  });
  socket.on("pong", counts);
  socket.on("message", (content, isBinary) => {
    if (!counts()) return;
    if (isBinary || !Buffer.isBuffer(content)) refuse();
    else listener({ type: "text", text: content.toString("utf8") });
  });
  socket.on("error", (error) => {
    if (systemCode(error)?.startsWith("WS_ERR_") === true) refuse();
  });
  socket.on("close", (code, reason) => {
    silence.end();
    listener({ type: "closed", code, reason: reason.toString("utf8") });
  });
  return { stop };
}

/** Notices when nothing has come for {@link SILENCE}. Frames are only noted: a timer for each would be too dear. */
class Silence {
  readonly #clock: Clock;
  readonly #onSilence: () => void;
  #since: number;
  #cancel: CancelTimer;

  constructor(clock: Clock, onSilence: () => void) {
    this.#clock = clock;
    this.#onSilence = onSilence;
    this.#since = clock.now();
    this.#cancel = this.#watch();
  }

  broken(): void {
    this.#since = this.#clock.now();
  }

  end(): void {
    this.#cancel();
  }

  #watch(): CancelTimer {
    return this.#clock.after(this.#since + SILENCE - this.#clock.now(), () => {
      if (this.#clock.now() - this.#since >= SILENCE) this.#onSilence();
      else this.#cancel = this.#watch();
    });
  }
}

function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
