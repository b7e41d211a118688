/** The server that everybody connects to: HTTP, or with a certificate HTTPS. */
import type { Server } from "node:http";
import { createServer } from "node:http";
import { createServer as createSecureServer, Server as SecureServer } from "node:https";
import type { Certificate } from "./certificate.ts";

/** @param upgradeTimeout milliseconds for a request from the connection's start to its end; slower ones are cut. */
export function createFront(certificate: Certificate | undefined, upgradeTimeout: number): Server {
  const options = {
    // Also that of the headers, as no request here has a body.
    requestTimeout: upgradeTimeout,
    // How often Node looks for slow ones; by default every 30 s only.
    connectionsCheckingInterval: Math.min(1_000, upgradeTimeout),
    // Said aloud for HTTPS, where it is not the default: messages are small and somebody waits for each.
    noDelay: true,
  };
  const server =
    certificate === undefined
      ? createServer(options)
      : createSecureServer({ ...options, ...certificate, handshakeTimeout: upgradeTimeout });
  // Node would pass over all beyond the first thousand: a client could send so many that the line which the proxy adds
  // is not among them. How long they may be together is limited anyway.
  server.maxHeadersCount = 0;
  return server;
}

/** New connections get that certificate; those there are keep theirs. */
export function renewCertificate(front: Server, certificate: Certificate | undefined): void {
  if (front instanceof SecureServer && certificate !== undefined) front.setSecureContext(certificate);
}
