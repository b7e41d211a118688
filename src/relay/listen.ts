/** Binding a server to its address, and saying where it is. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { FxaPairError } from "../lib/errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there",
  EACCES: "this user may not listen there",
  EADDRNOTAVAIL: "this machine does not have that address",
  ENOTFOUND: "there is no such host",
};

/** Starts listening; port 0 takes any free one. Throws {@link FxaPairError} `usage` if that is impossible. */
export function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException): void => {
      const reason = REASONS[cause.code ?? ""] ?? "the system refused";
      const message = `Cannot listen on ${host} port ${port}: ${reason}.`;
      reject(new FxaPairError("usage", message, { hint: "Choose another host or port.", cause }));
    };
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("The server has no port."));
      else resolve(address);
    });
  });
}

/** The URL of a bound address, without a path; IPv6 in brackets (RFC 3986 §3.2.2). */
export function addressUrl(scheme: "ws" | "wss" | "http" | "https", { address, port }: AddressInfo): string {
  return `${scheme}://${address.includes(":") ? `[${address}]` : address}:${port}`;
}
