/**
 * Small proxies on loopback that do what proxies do, and note what they were asked. Whatever name they are asked for, they
 * connect to this machine: so that a name which nobody else knows proves who made a connection.
 */
import { createServer as createHttpServer } from "node:http";
import type { Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Duplex } from "node:stream";

export interface ProxyServer {
  readonly port: number;
  /** What it was asked to connect to, as `host:port`, in order. */
  readonly targets: readonly string[];
  /** What else clients told: user agents, and user names with passwords. */
  readonly userAgents: readonly (string | undefined)[];
  readonly credentials: readonly string[];
  /** Connections from clients, and to their targets, that are open. */
  readonly open: () => number;
  close(): Promise<void>;
}

export interface ProxyServerOptions {
  /** `user:password`; anybody may use it unless given. */
  readonly credentials?: string;
  /** Speaks TLS to its clients. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

const LOOPBACK = "127.0.0.1";

class Notes {
  readonly targets: string[] = [];
  readonly userAgents: (string | undefined)[] = [];
  readonly credentials: string[] = [];
  readonly #sockets = new Set<Duplex>();

  watch(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
  }

  /** Joins a client to a port of this machine. */
  join(client: Duplex, port: number, onConnect: () => void, onError: () => void): void {
    const target = connect(port, LOOPBACK);
    this.watch(target);
    target.once("connect", () => {
      target.off("error", onError);
      onConnect();
      client.pipe(target).pipe(client);
      client.on("close", () => target.destroy());
      target.on("close", () => client.destroy());
    });
    target.once("error", onError);
  }

  async serve(server: Server): Promise<ProxyServer> {
    await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
    const { targets, userAgents, credentials } = this;
    return {
      port: (server.address() as AddressInfo).port,
      targets,
      userAgents,
      credentials,
      open: () => this.#sockets.size,
      close: () =>
        new Promise((resolve) => {
          server.close(() => {
            resolve();
          });
          for (const socket of this.#sockets) socket.destroy();
        }),
    };
  }
}

/** An HTTP proxy that knows CONNECT and nothing else. */
export function startHttpProxy({ credentials, tls }: ProxyServerOptions = {}): Promise<ProxyServer> {
  const notes = new Notes();
  const server: HttpServer = tls === undefined ? createHttpServer() : createHttpsServer(tls);
  server.on(tls === undefined ? "connection" : "secureConnection", (socket: Duplex) => {
    notes.watch(socket);
  });
  server.on("request", (_request, response) => response.writeHead(501).end());
  server.on("connect", ({ url = "", headers }, client: Duplex) => {
    notes.userAgents.push(headers["user-agent"]);
    const [scheme, encoded = ""] = (headers["proxy-authorization"] ?? "").split(" ");
    const given = Buffer.from(encoded, "base64").toString("utf8");
    if (given !== "") notes.credentials.push(given);
    if (credentials !== undefined && (scheme !== "Basic" || given !== credentials)) {
      client.end('HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm="test"\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    notes.targets.push(url);
    notes.join(
      client,
      Number(/:(\d+)$/.exec(url)?.[1]),
      () => client.write("HTTP/1.1 200 Connected\r\n\r\n"),
      () => client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"),
    );
  });
  return notes.serve(server);
}

/** A SOCKS5 proxy (RFC 1928, RFC 1929). */
export function startSocksProxy({ credentials }: ProxyServerOptions = {}): Promise<ProxyServer> {
  const notes = new Notes();
  const server = createServer((client) => {
    notes.watch(client);
    serveSocks(client, credentials, notes).catch(() => client.destroy());
  });
  return notes.serve(server);
}

async function serveSocks(client: Socket, credentials: string | undefined, notes: Notes): Promise<void> {
  const [, count = 0] = await take(client, 2);
  const methods = await take(client, count);
  const method = credentials === undefined ? 0 : 2;
  if (!methods.includes(method)) {
    client.end(Buffer.from([5, 0xff]));
    return;
  }
  client.write(Buffer.from([5, method]));
  if (credentials !== undefined) {
    const [, userLength = 0] = await take(client, 2);
    const user = (await take(client, userLength)).toString("utf8");
    const [passwordLength = 0] = await take(client, 1);
    const given = `${user}:${(await take(client, passwordLength)).toString("utf8")}`;
    notes.credentials.push(given);
    client.write(Buffer.from([1, given === credentials ? 0 : 1]));
    if (given !== credentials) {
      client.end();
      return;
    }
  }
  const [, , , kind] = await take(client, 4);
  const host = await takeHost(client, kind);
  const port = (await take(client, 2)).readUInt16BE();
  notes.targets.push(`${host}:${port}`);
  const answer = (reply: number) => Buffer.from([5, reply, 0, 1, 127, 0, 0, 1, 0, 0]);
  notes.join(
    client,
    port,
    () => client.write(answer(0)),
    () => client.end(answer(5)),
  );
}

async function takeHost(client: Socket, kind: number | undefined): Promise<string> {
  if (kind === 1) return [...(await take(client, 4))].join(".");
  if (kind === 4) return `[${(await take(client, 16)).toString("hex")}]`;
  const [length = 0] = await take(client, 1);
  return (await take(client, length)).toString("utf8");
}

async function take(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const bytes = length === 0 ? Buffer.alloc(0) : (socket.read(length) as Buffer | null);
    if (bytes?.length === length) return bytes;
    if (bytes !== null || socket.readableEnded || socket.destroyed) throw new Error("the client left");
    await new Promise<void>((resolve, reject) => {
      socket.once("readable", resolve);
      socket.once("close", () => {
        reject(new Error("the client left"));
      });
    });
    // A listener is told at once of bytes that are too few: let more arrive.
    await new Promise(setImmediate);
  }
}
