/** What the relay tells one participant about the other, taken from the upgrade request. */
import type { IncomingMessage } from "node:http";
import type { Sender } from "../channel/wire.ts";
import type { Places } from "./places.ts";

/** Characters of a User-Agent that are kept; real ones have less than 300. It costs memory as long as the channel lasts. */
export const MAX_USER_AGENT = 1_024;

/** Facts that are not known are absent. */
export function describeSender(
  { headers }: Pick<IncomingMessage, "headers">,
  address: string | undefined,
  places: Places,
): Sender {
  const agent = headers["user-agent"]?.slice(0, MAX_USER_AGENT);
  return {
    ...(agent ? { ua: agent } : {}),
    ...(address === undefined ? {} : { remote: address }),
    ...places.find(address, headers["accept-language"]),
  };
}
