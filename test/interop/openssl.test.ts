/**
 * The same profile spoken with OpenSSL over TCP on loopback, in both roles. A relay delivers record by record; TCP does
 * not, so the adapter here cuts the byte stream at record borders. OpenSSL often writes several records at once.
 */
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { TlsPskConnection, type TlsEvent } from "../../src/tls/connection.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { IMPLEMENTATIONS, toHex, utf8 } from "../tls/helpers.ts";

const openssl = spawnSync("openssl", ["version"], { encoding: "utf8" });
const available = openssl.status === 0 && openssl.stdout.startsWith("OpenSSL 3");
const IDENTITY = "AAECAwQFBgcICQoLDA0ODw";
const KEY = systemRandom(32);
const OTHER_KEY = systemRandom(32);
const PROFILE = [
  "-tls1_3",
  "-ciphersuites",
  "TLS_AES_128_GCM_SHA256",
  "-allow_no_dhe_kex",
  "-psk_identity",
  IDENTITY,
];

/** Calls what must be undone when a test ends, however it ends. */
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Remembers everything that happened, and lets a test wait for it. */
class Log<T> {
  readonly entries: T[] = [];
  #wake: (() => void)[] = [];

  add(entry: T): void {
    this.entries.push(entry);
    for (const wake of this.#wake.splice(0)) wake();
  }

  async until(found: (entries: T[]) => boolean): Promise<void> {
    while (!found(this.entries)) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }
}

/** OpenSSL in a process of its own; what it prints on either stream is one text. */
class OpenSsl {
  readonly process: ChildProcessWithoutNullStreams;
  readonly exit: Promise<unknown>;
  readonly #output = new Log<string>();

  constructor(command: "s_client" | "s_server", key: Uint8Array, ...options: string[]) {
    this.process = spawn("openssl", [command, ...PROFILE, "-psk", toHex(key), ...options]);
    this.exit = once(this.process, "exit");
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        this.#output.add(chunk.toString());
      });
    }
    cleanups.push(() => this.process.kill("SIGKILL"));
  }

  get text(): string {
    return this.#output.entries.join("");
  }

  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    await this.#output.until(() => pattern.test(this.text));
    return pattern.exec(this.text)!;
  }
}

/** Carries one connection over a TCP socket. */
class TcpAdapter {
  readonly events = new Log<TlsEvent>();
  /** Records received, by type. */
  readonly received: number[] = [];
  readonly #socket: Socket;
  readonly #connection: TlsPskConnection;
  #rest = Buffer.alloc(0);

  constructor(socket: Socket, connection: TlsPskConnection) {
    this.#socket = socket;
    this.#connection = connection;
    cleanups.push(() => socket.destroy());
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      this.#feedWholeRecords();
    });
    connection.start();
    this.#drain();
  }

  get text(): string {
    const chunks = this.events.entries.flatMap((event) => (event.type === "data" ? [event.bytes] : []));
    return Buffer.concat(chunks).toString();
  }

  does(action: (connection: TlsPskConnection) => void): void {
    action(this.#connection);
    this.#drain();
  }

  async seen(type: TlsEvent["type"]): Promise<TlsEvent> {
    const found = (entries: TlsEvent[]) => entries.some((event) => event.type === type);
    await this.events.until(found);
    return this.events.entries.find((event) => event.type === type)!;
  }

  async receives(text: string): Promise<void> {
    await this.events.until(() => this.text.includes(text));
  }

  #feedWholeRecords(): void {
    while (this.#rest.length >= 5) {
      const length = 5 + this.#rest.readUInt16BE(3);
      if (this.#rest.length < length) return;
      const record = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      this.received.push(record[0]!);
      this.#connection.feed(record);
      this.#drain();
      if (this.events.entries.some((event) => event.type === "failed")) return;
    }
  }

  #drain(): void {
    for (let event = this.#connection.take(); event; event = this.#connection.take()) {
      if (event.type === "transmit") this.#socket.write(event.record);
      else this.events.add(event);
    }
  }
}

describe.skipIf(!available).each(IMPLEMENTATIONS)("OpenSSL, with ours on $name", ({ primitives }) => {
  const ours = (role: "client" | "server", legacySessionId: "empty" | "random" = "empty") =>
    new TlsPskConnection({
      role,
      psk: KEY,
      pskIdentity: utf8(IDENTITY),
      random: systemRandom,
      primitives,
      legacySessionId,
    });

  async function ourClient(key: Uint8Array, legacySessionId: "empty" | "random" = "empty") {
    const server = new OpenSsl("s_server", key, "-nocert", "-accept", "127.0.0.1:0", "-naccept", "1");
    const [, port] = await server.prints(/ACCEPT 127\.0\.0\.1:(\d+)/);
    const socket = connect(Number(port), "127.0.0.1");
    await once(socket, "connect");
    return { server, client: new TcpAdapter(socket, ours("client", legacySessionId)) };
  }

  async function ourServer(key: Uint8Array) {
    const listener = createServer();
    cleanups.push(() => listener.close());
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as AddressInfo;
    const client = new OpenSsl("s_client", key, "-connect", `127.0.0.1:${port}`);
    const [socket] = (await once(listener, "connection")) as [Socket];
    return { client, server: new TcpAdapter(socket, ours("server")) };
  }

  it.each(["empty", "random"] as const)("takes our client, its session id being %s", async (sessionId) => {
    const { server, client } = await ourClient(KEY, sessionId);
    await client.seen("connected");
    client.does((connection) => {
      connection.send(utf8("from our client\n"));
    });
    await server.prints(/from our client/);
    server.process.stdin.write("hello from OpenSSL\n");
    await client.receives("hello from OpenSSL\n");
    // OpenSSL sends a change_cipher_spec whatever the session id, and two session tickets of its own accord.
    expect(client.received.filter((type) => type === 20)).toHaveLength(1);
    expect(client.received.filter((type) => type === 23).length).toBeGreaterThanOrEqual(4);
    client.does((connection) => {
      connection.close();
    });
    await client.seen("closed");
    expect(await server.exit).toEqual([0, null]);
  });

  it("takes our server, after sending a change_cipher_spec", async () => {
    const { client, server } = await ourServer(KEY);
    await server.seen("connected");
    expect(server.received).toContain(20);
    client.process.stdin.write("hello from OpenSSL\n");
    await server.receives("hello from OpenSSL\n");
    server.does((connection) => {
      connection.send(utf8("from our server\n"));
    });
    await client.prints(/from our server/);
    client.process.stdin.end();
    await server.seen("closed");
  });

  it("sees our server's end", async () => {
    const { client, server } = await ourServer(KEY);
    await server.seen("connected");
    server.does((connection) => {
      connection.send(utf8("last words\n"));
      connection.close();
    });
    await client.prints(/last words\n[^]*closed/);
    expect(await client.exit).toEqual([0, null]);
  });

  it("with another key, refuses our client", async () => {
    const { client, server } = await ourClient(OTHER_KEY);
    const event = await client.seen("failed");
    expect(event).toMatchObject({ error: { fromPeer: true } });
    await server.prints(/binder/);
  });

  it("with another key, is refused by our server", async () => {
    const { client, server } = await ourServer(OTHER_KEY);
    expect(await server.seen("failed")).toMatchObject({ error: { alert: "decrypt_error", fromPeer: false } });
    await client.prints(/alert decrypt error/);
    expect(server.events.entries.map((event) => event.type)).toEqual(["failed"]);
  });
});
