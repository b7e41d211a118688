/** Where a host's channel comes from, and what it shows so that the other device finds the way there. */
import { createChannel } from "../channel/pairing-channel.ts";
import type { PairingChannel } from "../channel/pairing-channel.ts";
import { formatPairingUrl } from "../pairing/pairing-url.ts";
import { drawWords, formatTypedCode, passwordOf } from "../pairing/typed-code.ts";
import type { OfferKind } from "../ui/offer-view.ts";
import type { ReverseUrl } from "../pairing/pairing-url.ts";
import type { RelayChoice } from "./accounts.ts";
import { lifeOf } from "./offer.ts";
import type { Offer } from "./offer.ts";
import { untilInterrupted, userAgent } from "./setup.ts";
import type { Run } from "./setup.ts";
import { joinByUrl } from "./url-channel.ts";

export interface HostChannel {
  readonly channel: PairingChannel;
  /** What is to be shown; undefined where the other device has shown its own. */
  readonly offer: Offer | undefined;
}

export interface HostChannelOptions {
  /** What the other device is given: a pairing URL, which is the QR code, too, or a code to type. */
  readonly way: OfferKind;
  /** The code of the new device, if that one shows it: then nothing is shown here. */
  readonly scanned?: ReverseUrl | undefined;
  readonly relay: RelayChoice;
  /** The accounts server's origin. */
  readonly server: string;
  /** Milliseconds that the host waits for a device. */
  readonly timeout: number;
  readonly run: Run;
}

/** @throws FxaPairError as {@link createChannel}, `createCodeChannel` or {@link joinByUrl}; the interruption. */
export async function openHostChannel(options: HostChannelOptions): Promise<HostChannel> {
  const { scanned, relay, run, way } = options;
  if (scanned !== undefined) return { channel: await joinByUrl(relay, scanned, run), offer: undefined };
  return way === "code" ? openByCode(options) : openByUrl(options);
}

async function openByUrl({ relay, server, timeout, run }: HostChannelOptions): Promise<HostChannel> {
  const { clock, random } = run.environment;
  const opening = createChannel({ ...relay, clock, random, userAgent: userAgent(run.environment) });
  const channel = await untilInterrupted(opening, run, (late) => late.close());
  return {
    channel,
    offer: {
      kind: "url",
      reader: "newDevice",
      url: formatPairingUrl(server, channel.id, channel.key),
      channelId: channel.id,
      ...lifeOf(channel, timeout, clock),
    },
  };
}

async function openByCode({ relay, timeout, run }: HostChannelOptions): Promise<HostChannel> {
  const { clock, random } = run.environment;
  const words = drawWords(random);
  // Loads the curve's arithmetic, which no URL needs.
  const { createCodeChannel } = await import("../channel/code-channel.ts");
  const opening = createCodeChannel({
    ...relay,
    clock,
    random,
    userAgent: userAgent(run.environment),
    password: passwordOf(words),
  });
  const channel = await untilInterrupted(opening, run, (late) => late.close());
  const code = formatTypedCode(channel.nameplate, words);
  const life = lifeOf(channel, timeout, clock);
  return { channel, offer: { kind: "code", code, channelId: channel.id, ...life } };
}
