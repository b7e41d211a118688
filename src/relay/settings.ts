/**
 * The relay's settings: names, defaults and ranges, one table, each with its reason. Times are whole seconds, sizes
 * bytes. Zero means unlimited for `connLifespan` and `max…`, "any free one" for `port`, "at once" for `drain`.
 */
import { FxaPairError } from "../lib/errors.ts";

interface NumberSetting {
  readonly default: number;
  readonly least: number;
  readonly most: number;
  /** Whether 0 is allowed below `least`. */
  readonly zero: boolean;
  /** The environment variable of the reference server for the same thing, if it has one. */
  readonly reference?: string;
  /** What it is and why this default. */
  readonly reason: string;
}

const DAY = 86_400;
/** A size that fits every limit of the WebSocket library, which keeps them in 31 bits. */
const GIB = 1_073_741_824;

export const NUMBER_SETTINGS = {
  port: {
    default: 8000,
    least: 1,
    most: 65_535,
    zero: true,
    reference: "PAIR_PORT",
    reason: "port to listen on; the reference's, so that a deployment can be swapped",
  },
  maxChannelConnections: {
    default: 2,
    least: 2,
    most: 16,
    zero: false,
    reference: "PAIR_MAX_CHANNEL_CONNECTIONS",
    reason: "seats in one channel; a pairing has two parties, and a third connection is a stranger",
  },
  connLifespan: {
    default: 300,
    least: 1,
    most: DAY,
    zero: true,
    reference: "PAIR_CONN_LIFESPAN",
    reason: "seconds a channel lives from its creation; people pair within a minute or start again",
  },
  clientTimeout: {
    default: 60,
    least: 2,
    most: DAY,
    zero: false,
    reference: "PAIR_CLIENT_TIMEOUT",
    reason:
      "seconds of silence after which a connection is dropped; a phone that changes networks needs up to a minute",
  },
  heartbeat: {
    default: 5,
    least: 1,
    most: DAY,
    zero: false,
    reference: "PAIR_HEARTBEAT",
    reason: "seconds between pings; shorter than the idle limits of common proxies",
  },
  maxExchanges: {
    default: 24,
    least: 1,
    most: 1_000_000_000,
    zero: true,
    reference: "PAIR_MAX_EXCHANGES",
    reason:
      "messages in a channel, both directions together; twice what a pairing with a typed code and resuming needs",
  },
  maxData: {
    default: 65_536,
    least: 1,
    most: GIB,
    zero: true,
    reference: "PAIR_MAX_DATA",
    reason:
      "bytes in a channel, both directions together; a pairing needs about 2 KiB, and a relay is no file store",
  },
  maxMessage: {
    default: 24_576,
    least: 1,
    most: GIB,
    zero: true,
    reason: "bytes of one message; a full TLS record in base64url has 22 194",
  },
  maxChannels: {
    default: 100_000,
    least: 1,
    most: 10_000_000,
    zero: true,
    reason: "channels at a time in this process; each costs a few KiB with its connections",
  },
  slowConsumer: {
    default: 65_536,
    least: 1,
    most: GIB,
    zero: false,
    reason:
      "bytes waiting for a participant that does not read, before its channel is ended; a whole channel's worth",
  },
  drain: {
    default: 30,
    least: 1,
    most: DAY,
    zero: true,
    reason: "seconds that open channels get to finish when the relay is told to stop",
  },
} as const satisfies Record<string, NumberSetting>;

export const HOST_SETTING = {
  default: "0.0.0.0",
  reference: "PAIR_HOSTNAME",
  reason: "address or name to listen on; all of IPv4, as in a container",
} as const;

export type NumberSettingName = keyof typeof NUMBER_SETTINGS;
export type SettingName = "host" | NumberSettingName;
export type RelaySettings = Readonly<Record<NumberSettingName, number> & { host: string }>;

/** Values before they are checked: texts from flags and environment, numbers from a file. */
export type GivenSettings = Readonly<Partial<Record<SettingName, string | number>>>;

const NUMBER_NAMES: readonly NumberSettingName[] = [
  "port",
  "maxChannelConnections",
  "connLifespan",
  "clientTimeout",
  "heartbeat",
  "maxExchanges",
  "maxData",
  "maxMessage",
  "maxChannels",
  "slowConsumer",
  "drain",
];
export const SETTING_NAMES: readonly SettingName[] = ["host", ...NUMBER_NAMES];

/**
 * Checks given values and fills in the defaults. Throws {@link FxaPairError} `usage` on anything impossible, naming
 * the setting as its flag is spelt.
 */
export function parseSettings(given: GivenSettings = {}): RelaySettings {
  const settings = {
    host: parseHost(given.host ?? HOST_SETTING.default),
    port: parseNumber("port", given.port),
    maxChannelConnections: parseNumber("maxChannelConnections", given.maxChannelConnections),
    connLifespan: parseNumber("connLifespan", given.connLifespan),
    clientTimeout: parseNumber("clientTimeout", given.clientTimeout),
    heartbeat: parseNumber("heartbeat", given.heartbeat),
    maxExchanges: parseNumber("maxExchanges", given.maxExchanges),
    maxData: parseNumber("maxData", given.maxData),
    maxMessage: parseNumber("maxMessage", given.maxMessage),
    maxChannels: parseNumber("maxChannels", given.maxChannels),
    slowConsumer: parseNumber("slowConsumer", given.slowConsumer),
    drain: parseNumber("drain", given.drain),
  };
  if (settings.heartbeat >= settings.clientTimeout) {
    throw new FxaPairError(
      "usage",
      "heartbeat must be shorter than client-timeout, or idle devices are never asked.",
      {
        hint: `Give a heartbeat below ${settings.clientTimeout}, or a longer client-timeout.`,
      },
    );
  }
  return settings;
}

/** All defaults. */
export const DEFAULT_SETTINGS: RelaySettings = parseSettings();

/** `maxExchanges` to `max-exchanges`, as the flag and the messages spell it. */
export function flagName(name: SettingName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `maxExchanges` to `FXA_PAIR_RELAY_MAX_EXCHANGES`. */
export function environmentName(name: SettingName): string {
  return `FXA_PAIR_RELAY_${flagName(name).replaceAll("-", "_").toUpperCase()}`;
}

/**
 * Settings from environment variables, unchecked: ours first, else the reference server's. An empty variable counts
 * as not given. `ignored` names the reference's other variables, for one warning.
 */
export function settingsFromEnvironment(environment: Readonly<Record<string, string | undefined>>): {
  readonly given: GivenSettings;
  readonly ignored: readonly string[];
} {
  const given: Partial<Record<SettingName, string>> = {};
  const known = new Set<string>();
  for (const name of SETTING_NAMES) {
    const reference = referenceName(name);
    if (reference !== undefined) known.add(reference);
    const candidates = [environment[environmentName(name)], reference && environment[reference]];
    const value = candidates.find((candidate) => candidate !== undefined && candidate !== "");
    if (value !== undefined) given[name] = value;
  }
  const ignored = Object.keys(environment).filter((name) => name.startsWith("PAIR_") && !known.has(name));
  return { given, ignored: ignored.sort() };
}

function referenceName(name: SettingName): string | undefined {
  if (name === "host") return HOST_SETTING.reference;
  const setting: NumberSetting = NUMBER_SETTINGS[name];
  return setting.reference;
}

function parseHost(value: string | number): string {
  if (typeof value === "string" && /^[^\s/]+$/.test(value)) return value;
  throw new FxaPairError("usage", "host must be an address or a host name.", {
    hint: `Leave it out for ${HOST_SETTING.default}.`,
  });
}

function parseNumber(name: NumberSettingName, value: string | number | undefined): number {
  const setting: NumberSetting = NUMBER_SETTINGS[name];
  if (value === undefined) return setting.default;
  const number = /^\d{1,15}$/.test(String(value)) ? Number(value) : NaN;
  if (number === 0 && setting.zero) return 0;
  if (number >= setting.least && number <= setting.most) return number;
  const zero = setting.zero ? "0 or " : "";
  throw new FxaPairError(
    "usage",
    `${flagName(name)} must be a whole number: ${zero}${setting.least} to ${setting.most}.`,
    { hint: `Leave it out for ${setting.default}.` },
  );
}
