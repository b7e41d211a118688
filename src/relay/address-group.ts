/** What a client's address is counted under: whoever has one IPv6 address usually has the whole /64. Pure. */
import { isIPv6 } from "node:net";

/** Hexadecimal groups of an IPv6 address that name its network, of eight. */
const NETWORK_GROUPS = 4;

/**
 * An address as text to the group it is counted with: IPv4 alone, also when written as IPv6 (RFC 4291 §2.5.5.2), IPv6
 * by its /64. Text that is no address is a group of its own.
 */
export function addressGroup(address: string): string {
  if (!address.includes(":") || !isIPv6(address)) return address;
  const groups = ipv6Groups(address);
  const [, , , , , marker, high = 0, low = 0] = groups;
  if (marker === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
  }
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => group.toString(16));
  return `${network.join(":")}::/64`;
}

/** The eight groups of a valid IPv6 address (RFC 4291 §2.2), without its zone. */
function ipv6Groups(address: string): number[] {
  const [text = ""] = address.split("%");
  const [before = "", after] = text.split("::");
  const head = parseGroups(before);
  const tail = after === undefined ? [] : parseGroups(after);
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

function parseGroups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}
