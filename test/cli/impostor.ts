/** A signed-in device that is no `fxa-pair`: it holds the channel key, keeps the protocol, and says of itself what it likes. */
import { createChannel } from "../../src/channel/pairing-channel.ts";
import { systemClock as clock } from "../../src/lib/clock.ts";
import { systemRandom as random } from "../../src/lib/random.ts";
import { noProxy } from "../../src/network/proxies.ts";
import { formatPairingUrl } from "../../src/pairing/pairing-url.ts";
import { DEFAULT_CLIENTS, DEFAULT_SCOPES } from "../../src/pairing/request-checks.ts";
import { runAuthority } from "../../src/pairing/run-authority.ts";

export interface Impostor {
  readonly url: string;
  close(): Promise<void>;
}

/** @param name what account, user and device are called; `avatar` is a URL that nobody should open */
export async function startImpostor(
  contentServer: string,
  relayUrl: string,
  { name, avatar = null }: { name: string; avatar?: string | null },
): Promise<Impostor> {
  const facts = { allowInsecure: true, clock, random, userAgent: "Firefox", proxyFor: noProxy };
  const channel = await createChannel({ relayUrl, ...facts });
  const url = formatPairingUrl(contentServer, channel.id, channel.key);
  const flow = runAuthority({
    channel,
    clock,
    policy: {
      allowedClients: DEFAULT_CLIENTS,
      allowedScopes: DEFAULT_SCOPES,
      unattendedScopes: [],
      unattended: false,
    },
    metadata: { email: `${name}@x`, displayName: name, deviceName: name, avatar },
    timeout: 60_000,
    clientName: () => Promise.resolve(null),
    authorize: () => Promise.reject(new Error("nobody says yes here")),
    ask: () => new Promise(() => undefined),
    report: () => undefined,
    signal: new AbortController().signal,
  }).catch(() => undefined);
  return {
    url,
    close: async () => {
      await channel.close();
      await Promise.race([flow, Promise.resolve()]);
    },
  };
}
