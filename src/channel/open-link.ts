/** From the options of a channel to a seat in it. */
import type { ChannelOptions } from "./channel.ts";
import { RelayLink } from "./relay-link.ts";
import { channelRoot } from "./relay-url.ts";
import type { SeatRequest } from "./relay-url.ts";
import { webSocketOpener } from "./socket.ts";

const CONNECT_TIMEOUT = 15_000;

/** @throws FxaPairError `unreachable`, `channel_security`, `usage` (the relay's URL), `timeout` (no such channel) */
export function openLink(options: ChannelOptions, seat: SeatRequest): Promise<RelayLink> {
  const { relayUrl, allowInsecure = false, clock, userAgent, connectTimeout = CONNECT_TIMEOUT } = options;
  const root = channelRoot(relayUrl, allowInsecure);
  const openSocket = options.openSocket ?? webSocketOpener(options.proxyFor);
  return RelayLink.open({ root, clock, userAgent, connectTimeout, openSocket, seat });
}
