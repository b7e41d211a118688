/** What the relay tells one participant about the other, taken from the upgrade request. */
import type { IncomingMessage } from "node:http";
import type { Sender } from "../channel/wire.ts";

/** Characters of a User-Agent that are kept; real ones have less than 300. It costs memory as long as the channel lasts. */
export const MAX_USER_AGENT = 1_024;

/** The participant's own address as text; IPv4-mapped IPv6 as IPv4; `undefined` once the socket is gone. */
export function clientAddress(request: IncomingMessage): string | undefined {
  const address = request.socket.remoteAddress;
  if (address === undefined) return undefined;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}

/** Facts that are not known are absent. */
export function describeSender(request: IncomingMessage, address: string | undefined): Sender {
  const agent = request.headers["user-agent"]?.slice(0, MAX_USER_AGENT);
  return { ...(agent ? { ua: agent } : {}), ...(address === undefined ? {} : { remote: address }) };
}
