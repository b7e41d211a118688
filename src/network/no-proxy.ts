/** NO_PROXY: what is reached directly although there is a proxy. */
import { BlockList, isIP } from "node:net";
import { domainToASCII } from "node:url";
import type { Destination } from "./destination.ts";

/** Whether something is to be reached directly. */
export type IsBypassed = (destination: Destination) => boolean;

type Matches = (host: string) => boolean;

/**
 * Reads a list with commas or spaces between its entries, each `*`, a name (which stands for its subdomains too, with or
 * without a dot or `*.` before it), an IP address, or a range of addresses as 10.0.0.0/8. All but ranges may end in `:port`.
 * Names are never looked up to find their addresses. What is none of these matches nothing, as in other programs.
 */
export function parseBypass(text: string): IsBypassed {
  const entries = text
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .map(parseEntry);
  return ({ host: given, port }) => {
    const host = plainName(given);
    return entries.some((entry) => (entry.port ?? port) === port && entry.matches(host));
  };
}

function parseEntry(entry: string): { readonly matches: Matches; readonly port: number | undefined } {
  const [, bracketed, bare, digits] = /^(?:\[(.*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(entry) ?? [];
  // An IPv6 address without brackets has colons of its own, and so no port.
  const host = bracketed ?? bare ?? entry;
  return { matches: matcher(host), port: digits === undefined ? undefined : Number(digits) };
}

function matcher(host: string): Matches {
  if (host === "*") return () => true;
  const [address = "", prefix] = host.split("/");
  if (isIP(address) !== 0) return addressMatcher(address, prefix);
  const name = domainToASCII(plainName(host.replace(/^\*?\./, "")));
  if (name === "") return () => false;
  return (candidate) => candidate === name || candidate.endsWith(`.${name}`);
}

function addressMatcher(address: string, prefix: string | undefined): Matches {
  const length = isIP(address) === 6 ? 128 : 32;
  const bits = prefix === undefined ? length : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity;
  if (bits > length) return () => false;
  const range = new BlockList();
  range.addSubnet(address, bits, family(address));
  return (candidate) => isIP(candidate) !== 0 && range.check(candidate, family(candidate));
}

function family(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

/** In lower case, without the dot that ends a full name. */
function plainName(host: string): string {
  return host.replace(/\.$/, "").toLowerCase();
}
