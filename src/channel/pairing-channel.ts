/**
 * Channels whose key is there from the start, in a QR code or a pairing URL. Whoever creates the channel is the TLS
 * server; the key that both must have never crosses it.
 */
import type { ChannelOptions, PairingChannel } from "./channel.ts";
import { openLink } from "./open-link.ts";
import { TlsChannel } from "./tls-channel.ts";
import { CHANNEL_KEY_BYTES } from "./wire.ts";

export type { ChannelEvent, ChannelOptions, PairingChannel } from "./channel.ts";

/**
 * Creates a channel with a fresh 32-byte key and waits in it as the TLS server.
 *
 * @throws FxaPairError `unreachable`, `channel_security` (the relay's greeting is malformed), `usage` (its URL)
 */
export async function createChannel(options: ChannelOptions): Promise<PairingChannel> {
  const link = await openLink(options, { type: "create", nameplate: false });
  return new TlsChannel(link, { ...options, role: "server", key: options.random(CHANNEL_KEY_BYTES) });
}

/**
 * Joins a channel as the TLS client. The id is compared with the relay's greeting before anything is sent.
 *
 * @param options.channelKey 32 bytes; copied, so the caller may wipe its own
 * @throws FxaPairError as {@link createChannel}; `timeout` if the channel is unknown or used up
 */
export async function joinChannel(
  options: ChannelOptions & { channelId: string; channelKey: Uint8Array },
): Promise<PairingChannel> {
  const link = await openLink(options, { type: "join", channelId: options.channelId });
  return new TlsChannel(link, { ...options, role: "client", key: new Uint8Array(options.channelKey) });
}
