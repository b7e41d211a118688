/**
 * Whose request it is: the connection's own address or, where a trusted proxy passes the request on, the right-most
 * entry of `X-Forwarded-For` that is not a trusted proxy itself. What stands left of it, the client may have invented.
 */
import type { IncomingMessage } from "node:http";
import { BlockList, isIPv4, isIPv6, SocketAddress } from "node:net";
import { ownText } from "./own-text.ts";
import type { Refusal } from "./refusals.ts";
import { REFUSALS } from "./refusals.ts";

/** IPv4 in IPv6 (RFC 4291 §2.5.5.2), as canonical text has it. */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** `[2001:db8::1]:443`, `192.0.2.1:443` and the same without a port; an IPv6 address bare. */
const ENTRY =
  /^(?:\[([0-9a-fA-F:.]+)\]|(\d+\.\d+\.\d+\.\d+)|([0-9a-fA-F:.]*:[0-9a-fA-F:.]*))(?::(\d{1,5}))?$/;

/** Characters of the longest entry; a longer text is not even looked at. */
const MAX_ENTRY = "[0000:0000:0000:0000:0000:0000:255.255.255.255]:65535".length;

const MAX_PORT = 65_535;

/** The addresses whose `X-Forwarded-For` is believed. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly #isEmpty: boolean;

  /** Ranges as the setting has them: addresses, or networks with the length of their prefix. */
  constructor(ranges: readonly string[]) {
    this.#isEmpty = ranges.length === 0;
    for (const range of ranges) {
      const [network = "", length] = range.split("/");
      const family = isIPv4(network) ? "ipv4" : "ipv6";
      if (length === undefined) this.#list.addAddress(network, family);
      else this.#list.addSubnet(network, Number(length), family);
    }
  }

  /** Whether a canonical address is one of them. */
  has(address: string): boolean {
    return !this.#isEmpty && this.#list.check(address, isIPv4(address) ? "ipv4" : "ipv6");
  }
}

/**
 * The client's address as canonical text, IPv4-mapped IPv6 as IPv4; `undefined` once the socket is gone.
 *
 * @param peer the connection's own address.
 * @param forwarded the values of all `X-Forwarded-For` lines, with commas between them.
 * @returns a refusal if that header counts and is malformed.
 */
export function clientAddress(
  peer: string | undefined,
  forwarded: string | undefined,
  proxies: TrustedProxies,
): string | undefined | Refusal {
  const own = peer === undefined ? undefined : canonicalAddress(peer);
  if (forwarded === undefined || own === undefined || !proxies.has(own)) return own ?? peer;
  const entries = forwarded.split(",").map((entry) => entry.trim());
  // Lists may have empty elements (RFC 9110 §5.6.1.2).
  const addresses = entries.filter((entry) => entry !== "").map(entryAddress);
  if (addresses.includes(undefined)) return REFUSALS.badForwarded;
  return addresses.findLast((address) => address !== undefined && !proxies.has(address)) ?? own;
}

/** The same of a request; with a `problem`, `remote` is the connection's own address. */
export function requestAddress(
  { socket, headers }: Pick<IncomingMessage, "socket" | "headers">,
  proxies: TrustedProxies,
): { readonly remote: string | undefined; readonly problem?: Refusal } {
  const forwarded = headers["x-forwarded-for"];
  const lines = Array.isArray(forwarded) ? forwarded.join(",") : forwarded;
  const address = clientAddress(socket.remoteAddress, lines, proxies);
  if (typeof address !== "object") return { remote: address };
  return { remote: canonicalAddress(socket.remoteAddress ?? ""), problem: address };
}

/** The canonical address in one entry of the header; `undefined` if there is none. */
function entryAddress(entry: string): string | undefined {
  if (entry.length > MAX_ENTRY) return undefined;
  const [found, bracketed, version4, bare, port] = ENTRY.exec(entry) ?? [];
  if (found === undefined || Number(port ?? 0) > MAX_PORT) return undefined;
  if (version4 !== undefined) return isIPv4(version4) ? ownText(version4) : undefined;
  const version6 = bracketed ?? bare ?? "";
  return isIPv6(version6) ? canonicalAddress(version6) : undefined;
}

/** As RFC 5952 writes it, so that one address is one text; `undefined` for what is none. */
function canonicalAddress(address: string): string | undefined {
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return undefined;
  // A zone is this machine's name for a link, no part of the other one's address.
  const [withoutZone = ""] = address.split("%");
  const canonical = new SocketAddress({ address: withoutZone, family: "ipv6" }).address;
  return MAPPED.exec(canonical)?.[1] ?? canonical;
}
