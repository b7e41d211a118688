/** The server that everybody connects to: HTTP, or with a certificate HTTPS. */
import type { Server } from "node:http";
import { createServer } from "node:http";
import { createServer as createSecureServer, Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Certificate } from "./certificate.ts";

export class Front {
  readonly server: Server;
  /** With a certificate, the connections beneath TLS. */
  readonly #beneath = new Set<Socket>();

  /** @param upgradeTimeout milliseconds for a request from the connection's start to its end; slower ones are cut. */
  constructor(certificate: Certificate | undefined, upgradeTimeout: number) {
    const options = {
      // Also that of the headers, as no request here has a body.
      requestTimeout: upgradeTimeout,
      // How often Node looks for slow ones; by default every 30 s only.
      connectionsCheckingInterval: Math.min(1_000, upgradeTimeout),
      // Said aloud for HTTPS, where it is not the default: messages are small and somebody waits for each.
      noDelay: true,
    };
    this.server =
      certificate === undefined
        ? createServer(options)
        : createSecureServer({ ...options, ...certificate, handshakeTimeout: upgradeTimeout });
    // Node would pass over all beyond the first thousand: a client could send so many that the line which the proxy adds
    // is not among them. How long they may be together is limited anyway.
    this.server.maxHeadersCount = 0;
    if (certificate === undefined) return;
    this.server.on("connection", (socket: Socket) => {
      this.#beneath.add(socket);
      socket.once("close", () => this.#beneath.delete(socket));
    });
  }

  /** New connections get that certificate; those there are keep theirs. */
  renew(certificate: Certificate | undefined): void {
    if (this.server instanceof SecureServer && certificate !== undefined)
      this.server.setSecureContext(certificate);
  }

  /** Cuts everybody, also who is in the middle of a TLS handshake, of whom Node's HTTP server does not know yet. */
  cutAll(): void {
    this.server.closeAllConnections();
    for (const socket of this.#beneath) socket.destroy();
  }
}
