/** Where a new device's channel comes from, and the accounts server that goes with it. */
import { joinChannel } from "../channel/pairing-channel.ts";
import type { PairingChannel } from "../channel/pairing-channel.ts";
import type { AccountsClient } from "../oauth/accounts-client.ts";
import type { PairingUrl } from "../pairing/pairing-url.ts";
import { chosenRelay, connectAccounts, discoveredRelay } from "./accounts.ts";
import type { RelayChoice, ServerFlags } from "./accounts.ts";
import type { Offer } from "./offer.ts";
import { confirmServer, readPairingUrl } from "./pairing-source.ts";
import type { SourceFlags } from "./pairing-source.ts";
import { untilInterrupted, userAgent } from "./setup.ts";
import type { Run } from "./setup.ts";

/** How this device finds the other one: by the pairing URL that it shows. */
export interface JoinWay {
  readonly kind: "url";
  readonly url: PairingUrl;
}

export interface JoinPlace {
  readonly way: JoinWay;
  /** The origin of this run's accounts server. */
  readonly server: string;
}

export interface JoinChannel {
  readonly channel: PairingChannel;
  /** What is to be shown; undefined where the other device has shown its own. */
  readonly offer: Offer | undefined;
  /** Settles when the accounts server is found, which may be after the channel. */
  readonly accounts: Promise<AccountsClient>;
}

/**
 * Finds out by what to join, and confirms the accounts server that it names.
 *
 * @throws FxaPairError as `readPairingUrl` and `confirmServer`.
 */
export async function chooseJoinPlace(
  argument: string | undefined,
  flags: SourceFlags,
  run: Run,
): Promise<JoinPlace> {
  const url = await readPairingUrl(argument, flags, run);
  const server = await confirmServer(url, flags, run);
  return { way: { kind: "url", url }, server };
}

/**
 * The channel, and the accounts server as soon as it is found. Where the relay is known beforehand nothing comes before the
 * connection to it: the accounts server has time until the user is asked.
 *
 * @param flags.timeout milliseconds for all that the accounts server is asked
 * @throws FxaPairError as {@link joinChannel}; the interruption.
 */
export async function openJoinChannel(
  { way, server }: JoinPlace,
  flags: ServerFlags & { readonly timeout: number },
  run: Run,
): Promise<JoinChannel> {
  const relay = chosenRelay(flags, run);
  const deadline = run.environment.clock.now() + flags.timeout;
  if (relay !== undefined) {
    const channel = await joinThrough(relay, way, run);
    const accounts = connectAccounts(server, run, deadline).then(({ client }) => client);
    // Whoever needs the client hears of a failure; until then it is nobody's.
    accounts.catch(() => undefined);
    return { channel, offer: undefined, accounts };
  }
  const accounts = await connectAccounts(server, run, deadline);
  const channel = await joinThrough(discoveredRelay(accounts), way, run);
  return { channel, offer: undefined, accounts: Promise.resolve(accounts.client) };
}

async function joinThrough(relay: RelayChoice, { url }: JoinWay, run: Run): Promise<PairingChannel> {
  const { clock, random } = run.environment;
  const { channelId, channelKey } = url;
  const joining = joinChannel({
    ...relay,
    clock,
    random,
    userAgent: userAgent(run.environment),
    channelId,
    channelKey,
  });
  try {
    return await untilInterrupted(joining, run, (late) => late.close());
  } finally {
    // The channel has a copy of its own by now, or never will.
    channelKey.fill(0);
  }
}
