/**
 * Channels that are found by a code to type: its number leads to the channel, its words are the password from which both
 * sides get the channel's key. A code is good for one exchange: whatever fails burns the channel.
 */
import { ExchangeError, JoinerExchange, respond } from "../cpace/exchange.ts";
import type { ExchangeInput } from "../cpace/exchange.ts";
import type { ChannelOptions, PairingChannel } from "./channel.ts";
import * as failures from "./failures.ts";
import { openLink } from "./open-link.ts";
import type { RelayLink } from "./relay-link.ts";
import { TlsChannel } from "./tls-channel.ts";
import type { KeyAgreement } from "./tls-channel.ts";
import { isNameplate } from "./wire.ts";

export interface CodeChannelOptions extends ChannelOptions {
  /** The three words in full, lower case, joined by hyphens. */
  readonly password: string;
}

/** A channel that somebody can find who types its number. */
export interface CodeChannel extends PairingChannel {
  /** 1 to 9 digits. */
  readonly nameplate: string;
}

/**
 * Creates a channel with a nameplate and waits in it, as CPace's responder and the TLS server. The code may be shown
 * while nobody is there: all else happens when the joiner's message arrives.
 *
 * @throws FxaPairError `unreachable`, also for a relay that gives no nameplates, before any code could be shown;
 *   `channel_security` (the relay's greeting is malformed), `usage` (its URL)
 */
export async function createCodeChannel(options: CodeChannelOptions): Promise<CodeChannel> {
  const link = await openLink(options, { type: "create", nameplate: true });
  const { nameplate } = link;
  if (nameplate === undefined || !isNameplate(nameplate)) {
    await link.close();
    throw nameplate === undefined
      ? failures.noNameplates()
      : failures.relayMisbehaved("its nameplate is none");
  }
  return new HostCodeChannel(link, nameplate, options);
}

/**
 * Joins the channel of a nameplate, as CPace's initiator and the TLS client: it sends its message at once.
 *
 * @param options.nameplate 1 to 9 digits
 * @throws FxaPairError as {@link createCodeChannel}; `timeout` if the number is unknown, used up or too old
 */
export async function joinCodeChannel(
  options: CodeChannelOptions & { readonly nameplate: string },
): Promise<PairingChannel> {
  const link = await openLink(options, { type: "joinByNameplate", nameplate: options.nameplate });
  return new TlsChannel(link, { ...options, role: "client", key: initiate(inputFor(link, options)) });
}

class HostCodeChannel extends TlsChannel implements CodeChannel {
  readonly nameplate: string;

  constructor(link: RelayLink, nameplate: string, options: CodeChannelOptions) {
    super(link, { ...options, role: "server", key: awaitInitiator(inputFor(link, options)) });
    this.nameplate = nameplate;
  }
}

function inputFor(link: RelayLink, { password, random }: CodeChannelOptions): ExchangeInput {
  return { password, channelId: link.id, random };
}

function initiate(input: ExchangeInput): KeyAgreement {
  const exchange = new JoinerExchange(input);
  return {
    opening: exchange.message,
    receive: (message) => ({ key: refusing(() => exchange.finish(message)) }),
    failure: failures.codeFailureOfJoiner,
    wipe() {
      exchange.wipe();
    },
  };
}

function awaitInitiator(input: ExchangeInput): KeyAgreement {
  return {
    opening: undefined,
    receive(message) {
      const { psk, answer } = refusing(() => respond(input, message));
      return { key: psk, answer };
    },
    failure: failures.codeFailureOfHost,
    wipe() {
      // There is no scalar but while the message is answered.
    },
  };
}

function refusing<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw error instanceof ExchangeError ? failures.exchangeBroken(error) : error;
  }
}
