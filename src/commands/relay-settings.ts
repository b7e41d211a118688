/** The relay's settings on the command line: its options, where each value comes from, and how `--check` shows them. */
import type { Command } from "commander";
import type { RelaySettings, SettingName, SettingSources } from "../relay/settings.ts";
import { defaultInWords, flagName, parseSettings, SETTING_NAMES, SETTINGS } from "../relay/settings.ts";
import { settingsFromEnvironment } from "../relay/settings-sources.ts";
import type { SettingsEvent } from "../ui/events.ts";

export interface SourcedSettings {
  readonly settings: RelaySettings;
  /** A flag or a variable for each value that is not the default. */
  readonly sources: SettingSources;
}

/** Adds an option for each setting. */
export function defineSettings(command: Command): void {
  for (const name of SETTING_NAMES) {
    const { placeholder, reason, zero } = SETTINGS[name];
    const words = `${reason} (default: ${defaultInWords(name)}${zero === undefined ? "" : `; 0: ${zero}`})`;
    const flags = `--${flagName(name)} ${placeholder}`;
    if (name === "trustedProxy") command.option(flags, words, joinRanges);
    else command.option(flags, words);
  }
}

/** Given again, it adds to what there is. */
function joinRanges(value: string, previous: string | undefined): string {
  return previous === undefined ? value : `${previous},${value}`;
}

/**
 * Flags before environment before defaults. Variables of the reference server that mean nothing here are warned about.
 *
 * @throws FxaPairError `usage` on anything impossible.
 */
export function readSettings(
  command: Command,
  variables: Readonly<Record<string, string | undefined>>,
  warn: (text: string) => void,
): SourcedSettings {
  const environment = settingsFromEnvironment(variables);
  const given: Partial<Record<SettingName, string | number>> = { ...environment.given };
  const sources: Partial<Record<SettingName, string>> = { ...environment.sources };
  for (const name of SETTING_NAMES) {
    const value: unknown = command.getOptionValue(name);
    if (typeof value !== "string") continue;
    given[name] = value;
    sources[name] = `--${flagName(name)}`;
  }
  const settings = parseSettings(given, sources);
  if (environment.ignored.length > 0)
    warn(`these variables have no counterpart here and are ignored: ${environment.ignored.join(", ")}`);
  return { settings, sources };
}

/** The settings in force, each with where it came from; without the secrets in them. */
export function settingsEvent({ settings, sources }: SourcedSettings): SettingsEvent {
  const shown = SETTING_NAMES.map((name) => {
    const value =
      name === "redis" && settings.redis !== null ? withoutPassword(settings.redis) : settings[name];
    return [flagName(name), { value, source: sources[name] ?? "default" }] as const;
  });
  return { type: "settings", settings: Object.fromEntries(shown) };
}

/** A URL with `***` in place of the password before its host. */
function withoutPassword(url: string): string {
  return url.replace(/^([^/]*\/\/)(?:([^:@]*):)?.*@/, (_found, scheme: string, user: string | undefined) => {
    return `${scheme}${user === undefined ? "" : `${user}:`}***@`;
  });
}
