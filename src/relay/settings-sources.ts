/** Settings from environment variables, ours and the reference server's, each with the name it was found under. */
import { FxaPairError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import type { GivenSettings, SettingName, SettingSources } from "./settings.ts";
import { environmentName, SETTING_NAMES, SETTINGS } from "./settings.ts";

const OURS = "FXA_PAIR_RELAY_";
const REFERENCE = "PAIR_";

export interface EnvironmentSettings {
  readonly given: GivenSettings;
  readonly sources: SettingSources;
  /** The reference's variables without a counterpart here, for one warning. */
  readonly ignored: readonly string[];
}

/**
 * Settings from environment variables, unchecked: ours first, else the reference server's. An empty variable counts
 * as not given.
 *
 * @throws FxaPairError `usage` on a variable of ours that is no setting: a misspelt limit must not be passed over.
 */
export function settingsFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): EnvironmentSettings {
  const given: Partial<Record<SettingName, string>> = {};
  const sources: Partial<Record<SettingName, string>> = {};
  for (const name of SETTING_NAMES) {
    for (const variable of variablesOf(name)) {
      const value = environment[variable] ?? "";
      if (value === "" || given[name] !== undefined) continue;
      given[name] = value;
      sources[name] = variable;
    }
  }
  const known = SETTING_NAMES.flatMap(variablesOf);
  const others = Object.keys(environment).filter((variable) => !known.includes(variable));
  const unknown = others.filter((variable) => variable.startsWith(OURS)).sort();
  if (unknown[0] !== undefined) throw unknownVariable(unknown[0], known);
  return { given, sources, ignored: others.filter((variable) => variable.startsWith(REFERENCE)).sort() };
}

function variablesOf(name: SettingName): string[] {
  const { reference } = SETTINGS[name];
  return [environmentName(name), ...(reference === undefined ? [] : [reference])];
}

function unknownVariable(variable: string, known: readonly string[]): FxaPairError {
  const meant = nearest(
    variable,
    known.filter((each) => each.startsWith(OURS)),
  );
  return new FxaPairError("usage", `The environment variable ${variable} is no setting of the relay.`, {
    hint: meant === undefined ? "Run fxa-pair relay --help to see the settings." : `Did you mean ${meant}?`,
  });
}
