/** A WebSocket as the channel needs it, and its adapter to `ws`, which is loaded only when a connection is made. */
import type { ClientOptions, WebSocket } from "ws";
import type { Clock } from "../lib/clock.ts";
import { within } from "../lib/within.ts";
import { destinationOf } from "../network/destination.ts";
import { noProxy } from "../network/proxies.ts";
import type { ProxyFor } from "../network/proxies.ts";
import type { Connection } from "../network/tunnel.ts";
import { MAX_FRAME_LENGTH } from "./wire.ts";

export type SocketEvent =
  | { readonly type: "text"; readonly text: string }
  /** The relay sent what no relay may send: a binary or oversized message, a malformed frame. */
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
const MAX_UNSENT = 256 * 1024;

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
    followRedirects: false,
    headers: { "User-Agent": userAgent },
    ...(connect === undefined ? {} : { createConnection: connect }),
  };
  const socket = new WebSocket(url, options);
  forwardEvents(socket, clock, listener);
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
      socket.terminate();
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
      reject(new ConnectError({ systemCode: systemCode(cause) ?? "unknown error" }, cause));
    });
  });
}

function forwardEvents(socket: WebSocket, clock: Clock, listener: SocketRequest["listener"]): void {
  const onSilence = () => {
    socket.terminate();
  };
  let cancelSilence = clock.after(SILENCE, onSilence);
  const heard = () => {
    cancelSilence();
    cancelSilence = clock.after(SILENCE, onSilence);
  };
  socket.on("ping", () => {
    heard();
    if (socket.bufferedAmount > MAX_UNSENT) socket.terminate();
  });
  socket.on("message", (content, isBinary) => {
    heard();
    if (isBinary || !Buffer.isBuffer(content)) listener({ type: "violation" });
    else listener({ type: "text", text: content.toString("utf8") });
  });
  socket.on("error", (error) => {
    if (systemCode(error)?.startsWith("WS_ERR_") === true) listener({ type: "violation" });
  });
  socket.on("close", (code, reason) => {
    cancelSilence();
    listener({ type: "closed", code, reason: reason.toString("utf8") });
  });
}

function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
