/**
 * Which proxy leads to a URL, by the environment variables that other programs use too. Text in, decision out: nothing
 * here opens a connection. Where programs differ, curl is followed: lower case wins, an empty variable counts as none,
 * and HTTPS_PROXY has nothing to do with HTTP_PROXY.
 */
import { FxaPairError } from "../lib/errors.ts";
import { isLoopback } from "../lib/loopback.ts";
import { destinationOf, isSecure } from "./destination.ts";
import { parseBypass } from "./no-proxy.ts";

/** `socks5` is told addresses, looked up on this machine; `socks5h` is told names. */
export type ProxyKind = "http" | "https" | "socks5" | "socks5h";

export interface Proxy {
  /** The variable that names it, as it is written there: for messages. */
  readonly variable: string;
  readonly kind: ProxyKind;
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Secrets: for the proxy itself, and for nothing else. */
  readonly credentials: ProxyCredentials | undefined;
}

/** Percent-decoded; either may be empty, but not both. */
export interface ProxyCredentials {
  readonly user: string;
  readonly password: string;
}

/** The proxy to reach an absolute http, https, ws or wss URL through; undefined for none. */
export type ProxyFor = (url: URL) => Proxy | undefined;

type Variables = Readonly<Record<string, string | undefined>>;

/** A proxy for nothing. */
export const noProxy: ProxyFor = () => undefined;

/**
 * Reads the variables `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, each in lower or upper case. A `ws` URL counts
 * as `http`, `wss` as `https`. This machine is never reached through a proxy: what is sent there in the clear would leave it.
 *
 * @throws FxaPairError `usage` for a variable that names no proxy; its text, which may hold a password, is not repeated.
 */
export function proxiesOf(variables: Variables): ProxyFor {
  const all = firstSet(variables, ["all_proxy", "ALL_PROXY"]);
  // A web server hands a request's header `Proxy` to its scripts as HTTP_PROXY: anybody could have set it.
  const underCgi = variables.REQUEST_METHOD !== undefined;
  const http = firstSet(variables, underCgi ? ["http_proxy"] : ["http_proxy", "HTTP_PROXY"]) ?? all;
  const https = firstSet(variables, ["https_proxy", "HTTPS_PROXY"]) ?? all;
  if (http === undefined && https === undefined) return noProxy;

  const isBypassed = parseBypass(firstSet(variables, ["no_proxy", "NO_PROXY"])?.text ?? "");
  const plainProxy = http && parseProxy(http);
  const secureProxy = https && parseProxy(https);
  return (url) => {
    if (isLoopback(url.hostname) || isBypassed(destinationOf(url))) return undefined;
    return isSecure(url) ? secureProxy : plainProxy;
  };
}

interface Setting {
  readonly name: string;
  readonly text: string;
}

function firstSet(variables: Variables, names: readonly string[]): Setting | undefined {
  for (const name of names) {
    const text = variables[name]?.trim() ?? "";
    if (text !== "") return { name, text };
  }
  return undefined;
}

/** `socks://` is what some desktops write for a proxy that is told names. */
const KINDS: Readonly<Record<string, ProxyKind>> = {
  http: "http",
  https: "https",
  socks: "socks5h",
  socks5: "socks5",
  socks5h: "socks5h",
};

const DEFAULT_PORTS: Readonly<Record<ProxyKind, number>> = {
  http: 80,
  https: 443,
  socks5: 1080,
  socks5h: 1080,
};

/** What RFC 1929 has room for, in bytes each. */
const MAX_SOCKS_CREDENTIAL = 255;

function parseProxy({ name, text }: Setting): Proxy {
  const [, scheme = "http", rest = text] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text) ?? [];
  const kind = KINDS[scheme.toLowerCase()];
  // Any scheme drops the port that is its own default; no two drop the same.
  const url = parseUrl(`http://${rest}`);
  const sameUrl = parseUrl(`https://${rest}`);
  if (kind === undefined || url === undefined || sameUrl === undefined) throw unusable(name);
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") throw unusable(name);

  const port = url.port || sameUrl.port;
  if (port === "0") throw unusable(name);
  const user = decode(url.username, name);
  const password = decode(url.password, name);
  const isLong = [user, password].some((part) => Buffer.byteLength(part) > MAX_SOCKS_CREDENTIAL);
  if (isLong && kind.startsWith("socks")) throw tooLong(name);
  return {
    variable: name,
    kind,
    host: destinationOf(url).host,
    port: port === "" ? DEFAULT_PORTS[kind] : Number(port),
    credentials: user === "" && password === "" ? undefined : { user, password },
  };
}

function parseUrl(text: string): URL | undefined {
  // Asked first, since the error of a constructor that fails holds the text.
  return URL.canParse(text) ? new URL(text) : undefined;
}

function decode(text: string, name: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unusable(name);
  }
}

function unusable(name: string): FxaPairError {
  return new FxaPairError("usage", `${name} is not the address of a proxy.`, {
    hint:
      "Set it to http://host:port (or https, socks5, socks5h), with user:password@ before the host where it must be and their " +
      "special characters as %XX; or unset it.",
  });
}

function tooLong(name: string): FxaPairError {
  return new FxaPairError("usage", `The user name or the password in ${name} is too long for SOCKS5.`, {
    hint: `Each may have ${MAX_SOCKS_CREDENTIAL} bytes.`,
  });
}
