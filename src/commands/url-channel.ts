/** The way into the channel that a pairing URL names, for whichever command was given one. */
import { joinChannel } from "../channel/pairing-channel.ts";
import type { PairingChannel } from "../channel/pairing-channel.ts";
import type { PairingUrl } from "../pairing/pairing-url.ts";
import type { RelayChoice } from "./accounts.ts";
import { untilInterrupted, userAgent } from "./setup.ts";
import type { Run } from "./setup.ts";

/**
 * Joins the channel; the URL's key is wiped, whatever comes of it.
 *
 * @throws FxaPairError as {@link joinChannel}; the interruption.
 */
export async function joinByUrl(
  relay: RelayChoice,
  { channelId, channelKey }: PairingUrl,
  run: Run,
): Promise<PairingChannel> {
  const { clock, random } = run.environment;
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
