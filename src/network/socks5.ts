/** SOCKS 5 (RFC 1928), as far as outgoing connections need it, with user name and password (RFC 1929). */
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { connect, isIP } from "node:net";
import type { Socket } from "node:net";
import { errorCode } from "../lib/private-file.ts";
import { refused, talksNonsense, unknownDestination, wantsCredentials } from "./failures.ts";
import type { Destination } from "./destination.ts";
import type { Proxy, ProxyCredentials } from "./proxies.ts";
import { SocketReader } from "./socket-reader.ts";

const VERSION = 5;
const METHOD = { none: 0, password: 2, notOne: 0xff };
const PASSWORD_VERSION = 1;
const CONNECT = 1;
const ADDRESS = { ipv4: 1, name: 3, ipv6: 4 };
const SUCCESS = 0;
/** What one byte can count: of a name, of a user name, of a password. */
const MAX_COUNTED = 255;

/** RFC 1928 §6: what the proxy can answer, as the end of a sentence. */
const REPLIES: Readonly<Record<number, string>> = {
  1: "it does not say why",
  2: "its rules forbid it",
  3: "the network cannot be reached",
  4: "the host cannot be reached",
  5: "the connection was refused",
  6: "the host is too far away",
  7: "it makes no connections for others",
  8: "it does not know this kind of address",
};

/** @throws FxaPairError for an answer that is no yes; the system's error. */
export async function openBySocks(
  proxy: Proxy,
  destination: Destination,
  signal: AbortSignal,
): Promise<Socket> {
  const target = proxy.kind === "socks5" ? await lookUp(proxy, destination, signal) : destination;
  signal.throwIfAborted();
  const socket = connect({ host: proxy.host, port: proxy.port });
  // What fails is heard of by whoever waits for the next bytes; afterwards the tunnel's user listens too.
  socket.on("error", () => undefined);
  const giveUp = () => {
    socket.destroy(new Error("given up"));
  };
  signal.addEventListener("abort", giveUp);
  try {
    await once(socket, "connect");
    socket.setNoDelay(true);
    const talk = { socket, proxy, reader: new SocketReader(socket) };
    await introduce(talk);
    await requestConnection(talk, target);
    talk.reader.release();
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

interface Talk {
  readonly socket: Socket;
  readonly proxy: Proxy;
  readonly reader: SocketReader;
}

async function lookUp(proxy: Proxy, destination: Destination, signal: AbortSignal): Promise<Destination> {
  if (isIP(destination.host) !== 0) return destination;
  const found = lookup(destination.host).catch((error: unknown) => {
    throw unknownDestination(proxy, destination, errorCode(error) ?? "unknown error");
  });
  const { address: host } = await Promise.race([found, aborted(signal)]);
  return { host, port: destination.port };
}

/** Agrees on a way to sign in, and signs in. */
async function introduce({ socket, proxy, reader }: Talk): Promise<void> {
  const { credentials } = proxy;
  const methods = credentials === undefined ? [METHOD.none] : [METHOD.none, METHOD.password];
  socket.write(Buffer.from([VERSION, methods.length, ...methods]));
  const [version, method] = await reader.read(2, proxy);
  if (version !== VERSION) throw talksNonsense(proxy, "something else");
  if (method === METHOD.none) return;
  if (method === METHOD.notOne) throw wantsCredentials(proxy);
  if (method !== METHOD.password || credentials === undefined) throw talksNonsense(proxy, "something else");

  socket.write(passwordRequest(credentials));
  const [, status] = await reader.read(2, proxy);
  if (status !== SUCCESS) throw wantsCredentials(proxy);
}

function passwordRequest({ user, password }: ProxyCredentials): Buffer {
  return Buffer.concat([Buffer.from([PASSWORD_VERSION]), counted(user), counted(password)]);
}

/** At most 255 bytes of UTF-8, and their number before them. */
function counted(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

async function requestConnection({ socket, proxy, reader }: Talk, destination: Destination): Promise<void> {
  if (Buffer.byteLength(destination.host) > MAX_COUNTED) {
    throw refused(proxy, destination, `SOCKS has room for no name of more than ${MAX_COUNTED} bytes`, {});
  }
  const port = Buffer.alloc(2);
  port.writeUInt16BE(destination.port);
  socket.write(Buffer.concat([Buffer.from([VERSION, CONNECT, 0]), encodeHost(destination.host), port]));
  const [version, reply = 1, , kind] = await reader.read(4, proxy);
  if (version !== VERSION) throw talksNonsense(proxy, "something else");
  if (reply !== SUCCESS) {
    throw refused(proxy, destination, REPLIES[reply] ?? "it does not say why", { socksReply: reply });
  }
  // The address that the proxy connects from, which nobody needs.
  await reader.read((await addressLength(reader, proxy, kind)) + 2, proxy);
}

async function addressLength(reader: SocketReader, proxy: Proxy, kind: number | undefined): Promise<number> {
  if (kind === ADDRESS.ipv4) return 4;
  if (kind === ADDRESS.ipv6) return 16;
  if (kind !== ADDRESS.name) throw talksNonsense(proxy, "something else");
  const [length = 0] = await reader.read(1, proxy);
  return length;
}

function encodeHost(host: string): Buffer {
  switch (isIP(host)) {
    case 4:
      return Buffer.from([ADDRESS.ipv4, ...host.split(".").map(Number)]);
    case 6:
      return Buffer.concat([Buffer.from([ADDRESS.ipv6]), encodeIpv6(host)]);
    default:
      return Buffer.concat([Buffer.from([ADDRESS.name]), counted(host)]);
  }
}

/** The 16 bytes of an IPv6 address. */
function encodeIpv6(address: string): Buffer {
  // As a URL writes it, there are no dots in it. Only addresses of this machine's own networks have a zone.
  const canonical = new URL(`http://[${address.replace(/%.*$/, "")}]`).hostname.slice(1, -1);
  const [before = "", after] = canonical.split("::");
  const head = groups(before);
  const tail = groups(after ?? "");
  const bytes = Buffer.alloc(16);
  for (const [index, group] of head.entries()) bytes.writeUInt16BE(group, index * 2);
  for (const [index, group] of tail.entries()) bytes.writeUInt16BE(group, 16 - (tail.length - index) * 2);
  return bytes;
}

function groups(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener(
      "abort",
      () => {
        reject(new Error("given up"));
      },
      { once: true },
    );
  });
}
