/** The relay's settings: given values checked against the table and each other, and what they are called where. */
import { FxaPairError } from "../lib/errors.ts";
import { parseRedisAddress } from "./redis/address.ts";
import type { GivenValue } from "./setting-forms.ts";
import type { RelaySettings, Setting, SettingName } from "./settings-table.ts";
import { SETTINGS } from "./settings-table.ts";

export type { RelaySettings, SettingName } from "./settings-table.ts";
export { SETTING_NAMES, SETTINGS } from "./settings-table.ts";

/** Values before they are checked. */
export type GivenSettings = Readonly<Partial<Record<SettingName, GivenValue>>>;

/** Where given values come from, as the user would name it: a flag or a variable. */
export type SettingSources = Readonly<Partial<Record<SettingName, string>>>;

/**
 * Checks given values and fills in the defaults.
 *
 * @throws FxaPairError `usage` on anything impossible; names the setting as its flag is spelt and where the value came
 * from, never the value.
 */
export function parseSettings(given: GivenSettings = {}, sources: SettingSources = {}): RelaySettings {
  const read = <Name extends SettingName>(name: Name): RelaySettings[Name] => {
    const setting: Setting<RelaySettings[Name]> = SETTINGS[name];
    const value = given[name];
    return value === undefined ? setting.default : parseValue(name, setting, value, sources[name]);
  };
  const settings: RelaySettings = {
    host: read("host"),
    port: read("port"),
    metricsPort: read("metricsPort"),
    tlsCert: read("tlsCert"),
    tlsKey: read("tlsKey"),
    trustedProxy: read("trustedProxy"),
    maxChannelConnections: read("maxChannelConnections"),
    resumeWindow: read("resumeWindow"),
    connLifespan: read("connLifespan"),
    clientTimeout: read("clientTimeout"),
    heartbeat: read("heartbeat"),
    maxExchanges: read("maxExchanges"),
    maxData: read("maxData"),
    maxMessage: read("maxMessage"),
    maxChannels: read("maxChannels"),
    maxChannelsPerIp: read("maxChannelsPerIp"),
    connectRatePerIp: read("connectRatePerIp"),
    slowConsumer: read("slowConsumer"),
    mmdb: read("mmdb"),
    defaultLang: read("defaultLang"),
    redis: read("redis"),
    workers: read("workers"),
    drain: read("drain"),
  };
  checkTogether(settings);
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

/** A default in words, as help and documentation give it. */
export function defaultInWords(name: SettingName): string {
  const { default: value } = SETTINGS[name];
  return value === null || Array.isArray(value) ? "none" : String(value);
}

function parseValue<T>(
  name: SettingName,
  setting: Setting<T>,
  given: GivenValue,
  source: string | undefined,
): T {
  const value = setting.form.read(given);
  if (value !== undefined) return value;
  const from = source === undefined || source === `--${flagName(name)}` ? "" : ` (from ${source})`;
  const standard = setting.default === null ? "" : ` for ${defaultInWords(name)}`;
  throw new FxaPairError("usage", `${flagName(name)}${from} must be ${setting.form.expected}.`, {
    hint: `Leave it out${standard}.`,
  });
}

/** What each value allows by itself may still be impossible together. */
function checkTogether(settings: RelaySettings): void {
  const { heartbeat, clientTimeout, tlsCert, tlsKey, workers, redis, port, metricsPort } = settings;
  if (heartbeat >= clientTimeout) {
    const problem = "heartbeat must be shorter than client-timeout, or idle devices are never asked.";
    throw impossible(problem, `Give a heartbeat below ${clientTimeout}, or a longer client-timeout.`);
  }
  if ((tlsCert === null) !== (tlsKey === null)) {
    const [given, missing] = tlsKey === null ? ["tls-cert", "tls-key"] : ["tls-key", "tls-cert"];
    throw impossible(`${given} is of no use without ${missing}.`, "Give both for wss, or neither for ws.");
  }
  if (redis !== null) parseRedisAddress(redis);
  if (workers > 1 && redis === null) {
    const problem =
      "More than one of workers needs redis: the two devices of a pairing may meet different ones.";
    throw impossible(problem, "Give redis a URL, or leave workers out.");
  }
  if (metricsPort === port && port !== 0) {
    throw impossible(
      "metrics-port and port are the same.",
      "Leave metrics-port out to have metrics on port.",
    );
  }
}

function impossible(problem: string, hint: string): FxaPairError {
  return new FxaPairError("usage", problem, { hint });
}
