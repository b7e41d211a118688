/** Settings, where 0 is unlimited and times are seconds, as the limits that rules compare with. */
import type { Ending } from "./endings.ts";
import { ENDINGS } from "./endings.ts";
import type { RegistryLimits } from "./registry.ts";
import type { RelaySettings } from "./settings.ts";
import { LARGEST_MESSAGE, MOST_HELD } from "./settings-table.ts";

/**
 * The limits of channels: milliseconds, bytes and counts; `Infinity` where 0 is unlimited. What is held for those who
 * resume is never that.
 */
export function limitsOf(settings: RelaySettings): RegistryLimits {
  const { maxExchanges, maxData, resumeWindow } = settings;
  const holds = resumeWindow > 0;
  return {
    seats: settings.maxChannelConnections,
    lifespan: unlessZero(settings.connLifespan) * 1000,
    maxExchanges: maxExchanges === 0 && holds ? MOST_HELD.messages : unlessZero(maxExchanges),
    maxData: maxData === 0 && holds ? MOST_HELD.bytes : unlessZero(maxData),
    maxMessage: unlessZero(settings.maxMessage),
    maxChannels: unlessZero(settings.maxChannels),
    channelsPerAddress: unlessZero(settings.maxChannelsPerIp),
    connectRate: unlessZero(settings.connectRatePerIp),
    resumeWindow: resumeWindow * 1000,
  };
}

/**
 * How many bytes of one message are read at all, so that an endless one costs no memory, and how the channel ends when
 * there are more.
 */
export function payloadLimit({ maxMessage, maxData }: RelaySettings): { bytes: number; ending: Ending } {
  const largest = Math.min(unlessZero(maxMessage), LARGEST_MESSAGE);
  if (unlessZero(maxData) < largest) return { bytes: maxData, ending: ENDINGS.maxData };
  return { bytes: largest, ending: ENDINGS.maxMessage };
}

function unlessZero(limit: number): number {
  return limit === 0 ? Infinity : limit;
}
