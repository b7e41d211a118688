/**
 * Where the store is and how to sign in to it, read from the text of the setting `redis`:
 *
 *     redis://[[user]:password@]host[:port][/database]
 *     redis+sentinel://[[user]:password@]host[:port],host[:port]/master[/database]
 *     redis+cluster://[[user]:password@]host[:port],host[:port]
 *
 * `rediss` in place of `redis` is the same over TLS. User, password and the master's name may be percent-encoded. Pure.
 */
import { FxaPairError } from "../../lib/errors.ts";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface RedisAddress {
  /** One server, the master that sentinels watch, or a cluster. */
  readonly kind: "single" | "sentinel" | "cluster";
  /** The server, or the sentinels or members of the cluster to ask first. At least one. */
  readonly endpoints: readonly [Endpoint, ...Endpoint[]];
  /** What the sentinels call the master; empty for the other kinds. */
  readonly master: string;
  readonly database: number;
  readonly tls: boolean;
  /** Undefined for the default user. */
  readonly user: string | undefined;
  readonly password: string | undefined;
}

const SCHEME = /^redis(s)?(?:\+(sentinel|cluster))?:\/\//;
const PORTS = { single: 6379, sentinel: 26_379, cluster: 6379 } as const;
/** A name, an IPv4 address, or an IPv6 address in brackets (RFC 3986 §3.2.2). */
const HOST_AND_PORT = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.]+)?)\]|([\w.-]+))(?::(\d{1,5}))?$/;
/** Redis counts its databases from 0 and has 16 unless told otherwise. */
const DATABASE = /^\d{1,4}$/;

/**
 * Reads the address of a store.
 *
 * @throws FxaPairError `usage`; the message names the part that is wrong and never holds any of the text.
 */
export function parseRedisAddress(text: string): RedisAddress {
  const scheme = SCHEME.exec(text);
  if (scheme === null) throw wrong("does not begin with redis://, redis+sentinel:// or redis+cluster://");
  const kind = scheme[2] === "sentinel" || scheme[2] === "cluster" ? scheme[2] : "single";
  const rest = text.slice(scheme[0].length);
  // The last one, as people forget to encode those in passwords.
  const at = rest.lastIndexOf("@");
  const [hosts = "", ...path] = rest.slice(at + 1).split("/");
  return {
    kind,
    endpoints: parseHosts(hosts, kind),
    ...parsePath(path, kind),
    tls: scheme[1] !== undefined,
    ...parseCredentials(at < 0 ? "" : rest.slice(0, at)),
  };
}

/** An endpoint as text, without anything secret. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function parseHosts(text: string, kind: RedisAddress["kind"]): RedisAddress["endpoints"] {
  const [first, ...others] = text.split(",").map((each) => parseHost(each, PORTS[kind]));
  if (first === undefined) throw wrong("names no host");
  if (others.length > 0 && kind === "single") {
    throw wrong("names several hosts, which only redis+sentinel:// and redis+cluster:// may");
  }
  return [first, ...others];
}

function parseHost(text: string, standard: number): Endpoint {
  const [, ipv6, name, port] = HOST_AND_PORT.exec(text) ?? [];
  const host = ipv6 ?? name;
  const number = port === undefined ? standard : Number(port);
  if (host === undefined) throw wrong("has a host that is neither a name nor an address");
  if (number < 1 || number > 65_535) throw wrong("has a port that is not 1 to 65535");
  return { host, port: number };
}

function parsePath(
  path: readonly string[],
  kind: RedisAddress["kind"],
): { master: string; database: number } {
  const parts = path.filter((part, index) => part !== "" || index < path.length - 1);
  const master = kind === "sentinel" ? decode(parts.shift() ?? "") : "";
  if (kind === "sentinel" && master === "") throw wrong("does not end with the name of the master");
  if (kind === "cluster" && parts.length > 0) throw wrong("has a path, but a cluster has one database only");
  const [database = "0", ...others] = parts;
  if (!DATABASE.test(database) || others.length > 0) throw wrong("has a database that is not a number");
  return { master, database: Number(database) };
}

function parseCredentials(text: string): { user: string | undefined; password: string | undefined } {
  if (text === "") return { user: undefined, password: undefined };
  const colon = text.indexOf(":");
  if (colon < 0 || colon === text.length - 1) throw wrong("names a user without a password");
  const user = decode(text.slice(0, colon));
  return { user: user === "" ? undefined : user, password: decode(text.slice(colon + 1)) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong("has a % that is not the start of an encoded character (write it as %25)");
  }
}

function wrong(problem: string): FxaPairError {
  return new FxaPairError("usage", `The address of redis ${problem}.`, {
    hint: "Give one such as redis://user:password@host:6379, best as FXA_PAIR_RELAY_REDIS, which ps does not show.",
  });
}
