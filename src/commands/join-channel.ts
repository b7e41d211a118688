/** Where a new device's channel comes from, and the accounts server that goes with it. */
import { createChannel } from "../channel/pairing-channel.ts";
import type { PairingChannel } from "../channel/pairing-channel.ts";
import type { AccountsClient } from "../oauth/accounts-client.ts";
import { formatReverseUrl } from "../pairing/pairing-url.ts";
import type { TypedCode } from "../pairing/typed-code.ts";
import { chosenRelay, connectAccounts, contentServerOf, discoveredRelay } from "./accounts.ts";
import type { RelayChoice, ServerFlags } from "./accounts.ts";
import { lifeOf } from "./offer.ts";
import type { Offer } from "./offer.ts";
import { confirmServer, readPairingSource } from "./pairing-source.ts";
import type { JoinSource, SourceFlags } from "./pairing-source.ts";
import { untilInterrupted, userAgent } from "./setup.ts";
import type { Run } from "./setup.ts";
import { joinByUrl } from "./url-channel.ts";

/** How this device finds the other one: by the pairing URL or the code that it shows, or by showing a URL itself. */
export type JoinWay = JoinSource | { readonly kind: "show" };

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
 * Finds out by what to join, and confirms the accounts server that it names. A code to type names none, and who shows a
 * code has none to read.
 *
 * @throws FxaPairError as `readPairingSource` and `confirmServer`.
 */
export async function chooseJoinPlace(
  argument: string | undefined,
  flags: SourceFlags & { readonly show: boolean },
  run: Run,
): Promise<JoinPlace> {
  if (flags.show) return { way: { kind: "show" }, server: contentServerOf(flags) };
  const way = await readPairingSource(argument, flags, run);
  const server = way.kind === "code" ? contentServerOf(flags) : await confirmServer(way.url, flags, run);
  return { way, server };
}

/**
 * The channel, and the accounts server as soon as it is found. Where the relay is known beforehand nothing comes before the
 * connection to it: the accounts server has time until the user is asked.
 *
 * @param flags.timeout milliseconds for all that the accounts server is asked, and that a code shown here waits
 * @param fingerprint of the request that will be sent: 13 characters
 * @throws FxaPairError as {@link createChannel} and {@link joinByUrl}; the interruption.
 */
export async function openJoinChannel(
  place: JoinPlace,
  flags: ServerFlags & { readonly timeout: number },
  fingerprint: string,
  run: Run,
): Promise<JoinChannel> {
  const { server } = place;
  const relay = chosenRelay(flags, run);
  const deadline = run.environment.clock.now() + flags.timeout;
  const open = (through: RelayChoice) => openThrough(through, place, { ...flags, fingerprint }, run);
  if (relay !== undefined) {
    const opened = await open(relay);
    const accounts = connectAccounts(server, run, deadline).then(({ client }) => client);
    // Whoever needs the client hears of a failure; until then it is nobody's.
    accounts.catch(() => undefined);
    return { ...opened, accounts };
  }
  const accounts = await connectAccounts(server, run, deadline);
  const opened = await open(discoveredRelay(accounts));
  return { ...opened, accounts: Promise.resolve(accounts.client) };
}

async function openThrough(
  relay: RelayChoice,
  { way, server }: JoinPlace,
  { timeout, fingerprint }: { readonly timeout: number; readonly fingerprint: string },
  run: Run,
): Promise<Pick<JoinChannel, "channel" | "offer">> {
  if (way.kind === "url") return { channel: await joinByUrl(relay, way.url, run), offer: undefined };
  if (way.kind === "code") return { channel: await joinByCode(relay, way.code, run), offer: undefined };
  const { clock } = run.environment;
  const opening = createChannel({ ...relay, ...surroundings(run) });
  const channel = await untilInterrupted(opening, run, (late) => late.close());
  return {
    channel,
    offer: {
      kind: "url",
      reader: "signedInDevice",
      url: formatReverseUrl(server, channel.id, channel.key, fingerprint),
      channelId: channel.id,
      ...lifeOf(channel, timeout, clock),
    },
  };
}

async function joinByCode(
  relay: RelayChoice,
  { nameplate, words }: TypedCode,
  run: Run,
): Promise<PairingChannel> {
  // The curve's arithmetic and the words are loaded here: no URL needs them.
  const [{ joinCodeChannel }, { passwordOf }] = await Promise.all([
    import("../channel/code-channel.ts"),
    import("../pairing/typed-code.ts"),
  ]);
  const password = passwordOf(words);
  const joining = joinCodeChannel({ ...relay, ...surroundings(run), nameplate, password });
  return untilInterrupted(joining, run, (late) => late.close());
}

function surroundings({ environment }: Run) {
  const { clock, random } = environment;
  return { clock, random, userAgent: userAgent(environment) };
}
