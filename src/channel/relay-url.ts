/** Addresses on the channel server. */
import { FxaPairError } from "../lib/errors.ts";
import { isLoopback } from "../lib/loopback.ts";

/**
 * The WebSocket URL under which channels hang, ending in a slash. Whatever path the relay's address has is dropped, as
 * Firefox does.
 *
 * @throws FxaPairError `usage` for anything but wss, or ws on this machine or where it was allowed
 */
export function channelRoot(relayUrl: string, allowInsecure: boolean): string {
  const url = URL.canParse(relayUrl) ? new URL(relayUrl) : undefined;
  if (url === undefined || (url.protocol !== "wss:" && url.protocol !== "ws:")) {
    throw new FxaPairError("usage", "The relay's address is not a ws:// or wss:// URL.", {
      hint: "Give one with --channel-server.",
    });
  }
  if (url.protocol === "ws:" && !allowInsecure && !isLoopback(url.hostname)) {
    throw new FxaPairError("usage", "The relay's address is not encrypted (ws://) and not on this machine.", {
      hint: "Use a wss:// address; or give this very one with --channel-server if you accept the risk.",
    });
  }
  return `${url.protocol}//${url.host}/v1/ws/`;
}

/** Which seat to take: in a new channel, in the one of an id, or in the one of a nameplate. */
export type SeatRequest =
  | { readonly type: "create"; readonly nameplate: boolean }
  | { readonly type: "join"; readonly channelId: string }
  | { readonly type: "joinByNameplate"; readonly nameplate: string };

/** Where to ask for a seat. `root` as {@link channelRoot} gives it. */
export function seatUrl(root: string, seat: SeatRequest): string {
  switch (seat.type) {
    case "create":
      return seat.nameplate ? `${root}?nameplate=1` : root;
    case "join":
      return `${root}${seat.channelId}`;
    case "joinByNameplate":
      return new URL(`/v1/nameplates/${encodeURIComponent(seat.nameplate)}`, root).href;
  }
}
