/**
 * A world as it is beyond a proxy: an accounts server and a relay with TLS under names that this machine does not know, so
 * that whoever reaches them was led there.
 */
import { writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import type { RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { join as joinPath } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { startAccountsServer } from "../../src/accounts/server.ts";
import type { AccountsServer } from "../../src/accounts/server.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { silentLog } from "../../src/relay/log.ts";
import { startRelay } from "../../src/relay/server.ts";
import { parseSettings } from "../../src/relay/settings.ts";
import { CERTIFICATE as cert, CERTIFICATE_KEY as key } from "../network/certificate.ts";
import { temporaryFolder } from "./harness.ts";
import { EMAIL, PASSWORD } from "./world.ts";

export interface Place {
  /** As a proxy is asked for it. */
  readonly target: string;
  /** Connections that were made to it, by anybody. */
  readonly connections: () => number;
}

export interface DistantWorld {
  readonly server: string;
  readonly relayUrl: string;
  readonly accounts: AccountsServer;
  readonly places: { readonly accounts: Place; readonly relay: Place };
  /** For processes to trust its certificate. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** @param secure whether the relay speaks TLS */
export async function createDistantWorld({ secure = true } = {}): Promise<DistantWorld> {
  const settings = parseSettings({ host: "127.0.0.1", port: 0 });
  const system = { clock: systemClock, random: systemRandom };
  const relay = await startRelay({ settings, ...system, log: silentLog });
  const relayPort = Number(new URL(relay.url).port);
  const join = (client: Socket) => {
    joinTo(relayPort, client);
  };
  const relayFront = await open(secure ? createTlsServer({ cert, key }, join) : createServer(join));
  const relayUrl = `${secure ? "wss" : "ws"}://relay.pair.test:${relayFront.port}`;
  const accounts = await startAccountsServer({ ...system, pairingServer: () => relayUrl, scryptCost: 2 });
  await accounts.store.createAccount({ email: EMAIL, password: PASSWORD, displayName: "André" });
  let server = "";
  const front = await open(
    createHttpsServer(
      { cert, key },
      forwardTo(accounts.url, () => server),
    ),
  );
  server = `https://accounts.pair.test:${front.port}`;

  const certificateFile = joinPath(temporaryFolder(), "authority.pem");
  writeFileSync(certificateFile, cert);
  return {
    server,
    relayUrl,
    accounts,
    places: {
      accounts: { target: `accounts.pair.test:${front.port}`, connections: front.connections },
      relay: { target: `relay.pair.test:${relayFront.port}`, connections: relayFront.connections },
    },
    env: { NODE_EXTRA_CA_CERTS: certificateFile },
    async close() {
      await Promise.all([front.close(), relayFront.close(), relay.close(), accounts.close()]);
    },
  };
}

function joinTo(port: number, client: Socket): void {
  const target = connect(port, "127.0.0.1");
  client.pipe(target).pipe(client);
  for (const socket of [client, target]) socket.on("error", () => undefined);
  client.on("close", () => target.destroy());
  target.on("close", () => client.destroy());
}

/** Hands requests on, and what the server says of itself back under its distant name. */
function forwardTo(origin: string, publicOrigin: () => string): RequestListener {
  return (request, response) => {
    const { method, url = "/", headers } = request;
    const inner = httpRequest(`${origin}${url}`, { method, headers }, (answer) => {
      const { statusCode = 500, headers: said } = answer;
      if (!url.startsWith("/.well-known/")) {
        response.writeHead(statusCode, said);
        answer.pipe(response);
        return;
      }
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      answer.on("end", () => response.writeHead(statusCode).end(text.replaceAll(origin, publicOrigin())));
    });
    inner.on("error", () => response.destroy());
    request.pipe(inner);
  };
}

/** Opens a server and counts who comes. */
async function open(server: Server) {
  const sockets = new Set<Socket>();
  let count = 0;
  server.on("connection", (socket: Socket) => {
    count += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => count,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}
