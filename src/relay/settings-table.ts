/**
 * Every setting of the relay in one table: its form, its default and the reasons. Times are whole seconds, sizes bytes.
 */
import type { Form } from "./setting-forms.ts";
import {
  fileForm,
  hostForm,
  languageForm,
  optional,
  rangesForm,
  redisForm,
  wholeNumber,
} from "./setting-forms.ts";

export interface RelaySettings {
  readonly host: string;
  readonly port: number;
  readonly metricsPort: number | null;
  readonly tlsCert: string | null;
  readonly tlsKey: string | null;
  readonly trustedProxy: readonly string[];
  readonly maxChannelConnections: number;
  readonly resumeWindow: number;
  readonly connLifespan: number;
  readonly clientTimeout: number;
  readonly heartbeat: number;
  readonly maxExchanges: number;
  readonly maxData: number;
  readonly maxMessage: number;
  readonly maxChannels: number;
  readonly maxChannelsPerIp: number;
  readonly connectRatePerIp: number;
  readonly slowConsumer: number;
  readonly mmdb: string | null;
  readonly defaultLang: string;
  readonly redis: string | null;
  readonly workers: number;
  readonly drain: number;
}

export type SettingName = keyof RelaySettings;

export interface Setting<T> {
  readonly default: T;
  readonly form: Form<T>;
  /** What stands for the value in help and documentation. */
  readonly placeholder: string;
  /** What 0 means, where it is allowed as something special. */
  readonly zero?: string;
  /** The environment variable of the reference server for the same thing, if it has one. */
  readonly reference?: string;
  /** What it is, and why this default. */
  readonly reason: string;
}

const DAY = 86_400;
/** A size that fits every limit of the WebSocket library, which keeps them in 31 bits. */
const GIB = 1_073_741_824;

/**
 * Bytes of one message that are read whatever the settings say: a text may become six times as long in JSON, and must
 * not come near what one string can hold (about 512 MiB), nor make one connection a burden.
 */
export const LARGEST_MESSAGE = 16_777_216;

/**
 * What a channel may carry at most where resuming is on, whatever is unlimited: all of it is held until the channel ends.
 * A thousand pairings do not come near.
 */
export const MOST_HELD = { bytes: 67_108_864, messages: 65_536 } as const;

const UNLIMITED = "unlimited";
const ANY_PORT = "any free one";

export const SETTINGS: { readonly [Name in SettingName]: Setting<RelaySettings[Name]> } = {
  host: {
    default: "0.0.0.0",
    form: hostForm,
    placeholder: "<address>",
    reference: "PAIR_HOSTNAME",
    reason: "address or name to listen on; all of IPv4, as in a container",
  },
  port: {
    default: 8000,
    form: wholeNumber(1, 65_535, true),
    placeholder: "<port>",
    zero: ANY_PORT,
    reference: "PAIR_PORT",
    reason: "port to listen on; the reference's, so that a deployment can be swapped",
  },
  metricsPort: {
    default: null,
    form: optional(wholeNumber(1, 65_535, true)),
    placeholder: "<port>",
    zero: ANY_PORT,
    reason: "port that serves /metrics, and nothing else; without one the port for everybody does",
  },
  tlsCert: {
    default: null,
    form: optional(fileForm),
    placeholder: "<file>",
    reason: "certificate chain in PEM, for wss; read again at SIGHUP",
  },
  tlsKey: {
    default: null,
    form: optional(fileForm),
    placeholder: "<file>",
    reason: "private key of the certificate in PEM, not encrypted; read again at SIGHUP",
  },
  trustedProxy: {
    default: [],
    form: rangesForm,
    placeholder: "<ranges>",
    reference: "PAIR_TRUSTED_PROXY_LIST",
    reason: "addresses of proxies whose X-Forwarded-For is believed; nobody, as anybody can send one",
  },
  maxChannelConnections: {
    default: 2,
    form: wholeNumber(2, 16, false),
    placeholder: "<seats>",
    reference: "PAIR_MAX_CHANNEL_CONNECTIONS",
    reason: "seats in one channel; a pairing has two parties, and a third connection is a stranger",
  },
  resumeWindow: {
    default: 60,
    form: wholeNumber(1, DAY, true),
    placeholder: "<seconds>",
    zero: "no resuming",
    reason:
      "seconds that the seat of a lost connection is kept; a phone that changes networks needs up to a minute",
  },
  connLifespan: {
    default: 300,
    form: wholeNumber(1, DAY, true),
    placeholder: "<seconds>",
    zero: UNLIMITED,
    reference: "PAIR_CONN_LIFESPAN",
    reason: "seconds a channel lives from its creation; people pair within a minute or start again",
  },
  clientTimeout: {
    default: 60,
    form: wholeNumber(2, DAY, false),
    placeholder: "<seconds>",
    reference: "PAIR_CLIENT_TIMEOUT",
    reason:
      "seconds of silence after which a connection is dropped; the slowest network has answered by then",
  },
  heartbeat: {
    default: 5,
    form: wholeNumber(1, DAY, false),
    placeholder: "<seconds>",
    reference: "PAIR_HEARTBEAT",
    reason: "seconds between pings; shorter than the idle limits of common proxies",
  },
  maxExchanges: {
    default: 24,
    form: wholeNumber(1, 1_000_000_000, true),
    placeholder: "<messages>",
    zero: `${UNLIMITED}, or ${MOST_HELD.messages} with resuming`,
    reference: "PAIR_MAX_EXCHANGES",
    reason:
      "messages in a channel, both directions together; twice what a pairing with a typed code and resuming needs",
  },
  maxData: {
    default: 65_536,
    form: wholeNumber(1, GIB, true),
    placeholder: "<bytes>",
    zero: `${UNLIMITED}, or ${MOST_HELD.bytes} with resuming`,
    reference: "PAIR_MAX_DATA",
    reason:
      "bytes in a channel, both directions together; a pairing needs about 2 KiB, and a relay is no file store",
  },
  maxMessage: {
    default: 24_576,
    form: wholeNumber(1, LARGEST_MESSAGE, true),
    placeholder: "<bytes>",
    zero: UNLIMITED,
    reason: "bytes of one message; a full TLS record in base64url has 22 194",
  },
  maxChannels: {
    default: 100_000,
    form: wholeNumber(1, 10_000_000, true),
    placeholder: "<channels>",
    zero: UNLIMITED,
    reason: "channels at a time in this process; each costs a few KiB with its connections",
  },
  maxChannelsPerIp: {
    default: 64,
    form: wholeNumber(1, 10_000_000, true),
    placeholder: "<channels>",
    zero: UNLIMITED,
    reason: "open channels created from one address (IPv6 by /64); enough for a school behind one address",
  },
  connectRatePerIp: {
    default: 20,
    form: wholeNumber(1, 1_000_000, true),
    placeholder: "<upgrades>",
    zero: UNLIMITED,
    reason: "connections a second from one address (IPv6 by /64), and three times that in a burst",
  },
  slowConsumer: {
    default: 65_536,
    form: wholeNumber(1, GIB, false),
    placeholder: "<bytes>",
    reason:
      "bytes waiting for a participant that does not read, before its channel is ended; a whole channel's worth",
  },
  mmdb: {
    default: null,
    form: optional(fileForm),
    placeholder: "<file>",
    reference: "PAIR_MMDB_LOC",
    reason: "City database of MaxMind's format, to tell each device where the other is; read again at SIGHUP",
  },
  defaultLang: {
    default: "en",
    form: languageForm,
    placeholder: "<language>",
    reference: "PAIR_DEFAULT_LANG",
    reason: "language of places' names for those who name none that the database has",
  },
  redis: {
    default: null,
    form: optional(redisForm),
    placeholder: "<url>",
    reason: "Redis or Valkey that makes several relays one; without it, this process's memory",
  },
  workers: {
    default: 1,
    form: wholeNumber(1, 256, false),
    placeholder: "<processes>",
    reason: "processes that share the port; more than one needs redis",
  },
  drain: {
    default: 30,
    form: wholeNumber(1, DAY, true),
    placeholder: "<seconds>",
    zero: "at once",
    reason: "seconds that open channels get to finish when the relay is told to stop",
  },
};

export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS).filter(isSettingName);

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}
