/** How undici gets its connections: directly, or through the proxy that leads to a server. */
import type { buildConnector } from "undici";
import type { Clock } from "../lib/clock.ts";
import { toError } from "../lib/errors.ts";
import { destinationOf } from "../network/destination.ts";
import type { ProxyFor } from "../network/proxies.ts";

type Connector = buildConnector.connector;

export interface ConnectorOptions {
  readonly clock: Clock;
  readonly userAgent: string;
  readonly proxyFor: ProxyFor;
}

/**
 * Plain http goes through a tunnel like https, so that one way of using a proxy is all there is.
 *
 * @param direct undici's own connector, which also puts TLS on top of a tunnel
 * @param closing ends tunnels that are not done yet
 */
export function createConnector(
  direct: Connector,
  { proxyFor, clock, userAgent }: ConnectorOptions,
  closing: AbortSignal,
): Connector {
  return (request, callback) => {
    const url = new URL(`${request.protocol}//${request.host ?? request.hostname}`);
    const proxy = proxyFor(url);
    if (proxy === undefined) {
      direct(request, callback);
      return;
    }
    import("../network/tunnel.ts")
      .then(({ openTunnel }) => openTunnel(proxy, destinationOf(url), { clock, userAgent, signal: closing }))
      .then(
        (tunnel) => {
          if (request.protocol === "https:") direct({ ...request, httpSocket: tunnel }, callback);
          else callback(null, tunnel);
        },
        (error: unknown) => {
          callback(toError(error), null);
        },
      );
  };
}
