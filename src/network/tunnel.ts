/** A connection through a proxy: made here for HTTP and WebSocket alike, so that neither goes around it. */
import { isIP } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import { errorCode } from "../lib/private-file.ts";
import { connectionFailed, tooSlow } from "./failures.ts";
import { destinationOf, isSecure } from "./destination.ts";
import type { Destination } from "./destination.ts";
import { openByConnect } from "./http-connect.ts";
import type { Proxy } from "./proxies.ts";
import { openBySocks } from "./socks5.ts";

/** Milliseconds from looking up the proxy until it says that it is connected. */
const TIME_LIMIT = 10_000;

/** A stream of bytes to a server. */
export type Connection = Socket;

export interface TunnelOptions {
  readonly clock: Clock;
  /** How we introduce ourselves to the proxy, where it asks for it. */
  readonly userAgent: string;
  /** Gives up; nothing stays open. Has no effect any more once there is a tunnel. */
  readonly signal?: AbortSignal;
  /** Milliseconds; never more than ten seconds. */
  readonly timeLimit?: number;
}

/**
 * Has the proxy connect to a destination. What is written to the socket then is for the destination, in the clear: TLS, if
 * any, is yet to come.
 *
 * @throws FxaPairError `unreachable`, never with a password in it; the signal's reason when aborted.
 */
export async function openTunnel(
  proxy: Proxy,
  destination: Destination,
  { clock, userAgent, signal: outer, timeLimit = TIME_LIMIT }: TunnelOptions,
): Promise<Connection> {
  outer?.throwIfAborted();
  const limit = new AbortController();
  const cancel = clock.after(Math.min(timeLimit, TIME_LIMIT), () => {
    limit.abort(tooSlow(proxy));
  });
  const signal = outer === undefined ? limit.signal : AbortSignal.any([outer, limit.signal]);
  try {
    return proxy.kind === "http" || proxy.kind === "https"
      ? await openByConnect(proxy, destination, userAgent, signal)
      : await openBySocks(proxy, destination, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof FxaPairError) throw error;
    // The error itself is not passed on: it may quote what the proxy said.
    throw connectionFailed(proxy, errorCode(error) ?? "unknown error");
  } finally {
    cancel();
  }
}

/** What a client of the URL speaks over: the tunnel itself, or TLS in it, with the certificate checked. */
export function connectionInside(tunnel: Connection, url: URL): Connection {
  if (!isSecure(url)) return tunnel;
  const { host } = destinationOf(url);
  const servername = isIP(host) === 0 ? host : "";
  return connectTls({ socket: tunnel, host, servername, rejectUnauthorized: true });
}
