/**
 * Where an option's value comes from: the command line, else the environment (`FXA_PAIR_<NAME>`), else `config.json`
 * in the config directory. The raw values then pass one schema per command; what it rejects is a usage error that names
 * the option.
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { Command, Option } from "commander";
import envPaths from "env-paths";
import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import { isJsonObject } from "../lib/json.ts";
import { nearest } from "../lib/nearest.ts";
import { STORE_PLACES, wordsFor } from "./option-values.ts";

type RawValue = string | boolean | readonly string[];
type Variables = Readonly<Record<string, string | undefined>>;

const ConfigFile = v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.array(v.string())]));

/** Every option that may stand in `config.json`: a misspelt one must not be passed over. */
export const SETTINGS: ReadonlySet<string> = new Set([
  "server",
  "channel-server",
  "json",
  "quiet",
  "verbose",
  "no-color",
  "accessible",
  "approve-jwk",
  "expect-fingerprint",
  "scan",
  "show",
  "allow-client",
  "allow-scope",
  "device-name",
  "timeout",
  "qr",
  "qr-invert",
  "qr-out",
  "url-out",
  "copy",
  "expect-email",
  "key",
  "client-id",
  "scope",
  "code",
  "can-host",
  "out",
  "format",
  "email",
  "check",
  "force",
  "totp",
  "unblock-code",
  "password-stdin",
  "session-token-stdin",
  "store",
  "print-thumbprint",
  "check-timeout",
  "qr-timeout",
  "all",
  "report",
]);

/** Never read from the environment or a file: leaving it set by accident would approve pairings. */
const COMMAND_LINE_ONLY = new Set(["yes"]);

/** The environment variable of an option; `undefined` for what counts on the command line only. */
export function variableOf(option: Option): string | undefined {
  const name = option.name();
  return COMMAND_LINE_ONLY.has(name) ? undefined : `FXA_PAIR_${name.replaceAll("-", "_").toUpperCase()}`;
}

const TRUE_WORDS = new Set(["1", "true", "yes", "on"]);
const FALSE_WORDS = new Set(["", "0", "false", "no", "off"]);

/** The schema entries of `addGlobalOptions`, to spread into a command's own. */
export const globalFlags = {
  server: v.optional(v.string()),
  channelServer: v.optional(v.string()),
  configDir: v.string(),
  json: v.optional(v.boolean(), false),
  quiet: v.optional(v.boolean(), false),
  verbose: v.optional(v.boolean(), false),
  color: v.optional(v.boolean(), true),
  accessible: v.optional(v.boolean(), false),
};

/** Adds the option of every command that reads or writes credentials. */
export function addStoreOption(command: Command): Command {
  return command.option(
    "--store <place>",
    "keep the credentials in a file or in the system's keyring (default: where they are, else file)",
  );
}

/** The schema entry of {@link addStoreOption}. */
export const storeFlags = {
  store: v.optional(v.picklist(STORE_PLACES, "must be file or keyring")),
};

/** Adds the option of every command that reads pictures. */
export function addQrTimeoutOption(command: Command): Command {
  return command.option(
    "--qr-timeout <seconds>",
    "how long to look for the QR code in a picture (default: 5)",
  );
}

/** The schema entry of {@link addQrTimeoutOption}, in milliseconds. */
export const qrTimeoutFlags = { qrTimeout: v.optional(secondsFlag(1, 600), "5") };

/** What this device is called, as far as the accounts server takes it. */
export const deviceNameFlag = v.optional(
  v.pipe(v.string(), v.minLength(1, "must not be empty"), v.maxLength(255, "must be at most 255 characters")),
);

/**
 * Gathers an option that may be given again and again. For commands that take an argument besides: a variadic option would
 * swallow it.
 */
export function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), ...value.split(/\s+/).filter(Boolean)];
}

/** The same for names of files, which may have blanks in them. In the environment there is one a line. */
export function collectWhole(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/**
 * Refuses options typed along with another one that leaves them without a meaning. What stands in the environment or the
 * settings file is for other runs, too.
 *
 * @param attributes as commander calls the options
 * @throws FxaPairError `usage`
 */
export function refuseTogether(command: Command, option: string, attributes: readonly string[]): void {
  const typed = command.options.find(
    (candidate) =>
      attributes.includes(candidate.attributeName()) &&
      command.getOptionValueSource(candidate.attributeName()) === "cli",
  );
  if (typed === undefined) return;
  throw new FxaPairError("usage", `${typed.long ?? ""} has no meaning together with ${option}.`, {
    hint: "Leave one of them out.",
  });
}

/** Whole seconds within bounds, as milliseconds. */
export function secondsFlag(minimum: number, maximum: number) {
  const range = `must be whole seconds from ${minimum} to ${maximum}`;
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,9}$/, range),
    v.transform(Number),
    v.minValue(minimum, range),
    v.maxValue(maximum, range),
    v.transform((seconds) => seconds * 1000),
  );
}

/**
 * Reads the options of `command` (already parsed from the command line) and checks them against `schema`. Without
 * `configFile` the user's own settings file is not even opened.
 *
 * @throws FxaPairError `usage` when a value does not fit, `config.json` cannot be read, or there is no folder to look in.
 */
export function readFlags<Schema extends v.GenericSchema>(
  command: Command,
  schema: Schema,
  variables: Variables,
  { configFile = true }: { configFile?: boolean } = {},
): v.InferOutput<Schema> {
  const given = (option: Option): RawValue | undefined =>
    fromCommandLine(command, option) ?? fromEnvironment(option, variables);
  const options = command.options.filter((option) => option.long !== "--help");
  const configDirOption = options.find((option) => option.name() === "config-dir");
  const chosenDir = configDirOption && given(configDirOption);
  // Without the settings file a command needs no folder, nor a user who has a home.
  const configDir = String(chosenDir ?? (configFile ? defaultConfigDir() : ""));
  const config = configFile ? readConfigFile(join(configDir, "config.json")) : {};

  const raw: Record<string, unknown> = { configDir };
  for (const option of options) {
    const value = given(option) ?? fromConfigFile(option, config);
    if (value !== undefined) raw[option.attributeName()] = value;
  }
  if (variables.NO_COLOR && !variables.FORCE_COLOR && raw.color === undefined) raw.color = false;
  return checkFlags(schema, raw, options);
}

/**
 * The platform's own place for settings: XDG on Linux, Library on macOS, AppData on Windows.
 *
 * @throws FxaPairError `usage` when that is in the user's home, and there is none
 */
function defaultConfigDir(): string {
  const { config } = envPaths("fxa-pair", { suffix: "" });
  if (homedir() !== "" || isAbsolute(config)) return config;
  throw new FxaPairError("usage", "This user has no home folder to keep settings and credentials in.", {
    hint: "Set HOME to a folder that is the user's own, or name another one with --config-dir.",
  });
}

/** Whether a boolean option was given, asked before (or although) the command line could be parsed. */
export function isRequested(name: string, argv: readonly string[], variables: Variables): boolean {
  const variable = variables[`FXA_PAIR_${name.toUpperCase()}`] ?? "";
  return argv.includes(`--${name}`) || TRUE_WORDS.has(variable.trim().toLowerCase());
}

function checkFlags<Schema extends v.GenericSchema>(
  schema: Schema,
  raw: unknown,
  options: readonly Option[],
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, raw);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const attribute = v.getDotPath(issue)?.split(".")[0];
  const option = options.find((candidate) => candidate.attributeName() === attribute);
  const meant = typeof issue.input === "string" ? nearest(issue.input, wordsFor(option)) : undefined;
  throw new FxaPairError("usage", `${option?.long ?? attribute ?? "an option"}: ${issue.message}`, {
    hint:
      meant === undefined ? "Run the command with --help to see what it takes." : `Did you mean ${meant}?`,
  });
}

function fromCommandLine(command: Command, option: Option): RawValue | undefined {
  const name = option.attributeName();
  for (let at: Command | null = command; at !== null; at = at.parent) {
    if (at.getOptionValueSource(name) !== "cli") continue;
    const value: unknown = at.getOptionValue(name);
    if (typeof value === "string" || typeof value === "boolean") return value;
    if (Array.isArray(value)) return value.map(String);
  }
  return undefined;
}

function fromEnvironment(option: Option, variables: Variables): RawValue | undefined {
  const variable = variableOf(option);
  if (variable === undefined) return undefined;
  const text = variables[variable];
  if (text === undefined) return undefined;
  if (option.isBoolean() || option.negate) {
    const word = text.trim().toLowerCase();
    if (!TRUE_WORDS.has(word) && !FALSE_WORDS.has(word)) {
      throw new FxaPairError("usage", `The environment variable ${variable} is neither true nor false.`, {
        hint: "Set it to 1 or 0.",
      });
    }
    return TRUE_WORDS.has(word) !== option.negate;
  }
  if (text === "") return undefined;
  if (option.parseArg === collectWhole) return text.split(/[\r\n]+/).filter(Boolean);
  return option.variadic || option.parseArg === collect ? text.split(/[\s,]+/).filter(Boolean) : text;
}

function fromConfigFile(option: Option, config: v.InferOutput<typeof ConfigFile>): RawValue | undefined {
  const name = option.name();
  if (COMMAND_LINE_ONLY.has(name) || name === "config-dir") return undefined;
  const value = config[name];
  if (typeof value === "boolean" && option.negate) return !value;
  return typeof value === "number" ? String(value) : value;
}

function readConfigFile(path: string): v.InferOutput<typeof ConfigFile> {
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
      return {};
    throw unusableConfig(path, "cannot be read", error);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw unusableConfig(path, "is not JSON", error);
  }
  const result = v.safeParse(ConfigFile, json);
  if (!result.success || !isJsonObject(json))
    throw unusableConfig(path, "is not an object of option names and values", undefined);
  const unknown = Object.keys(result.output).filter((name) => !SETTINGS.has(name));
  if (unknown[0] !== undefined) {
    const meant = nearest(unknown[0], [...SETTINGS]);
    const hint = meant === undefined ? undefined : `Did you mean ${meant}?`;
    throw unusableConfig(path, `has a setting of an unknown name (${unknown[0]})`, undefined, hint);
  }
  return result.output;
}

function unusableConfig(path: string, problem: string, cause: unknown, hint?: string): FxaPairError {
  return new FxaPairError("usage", `The settings file ${path} ${problem}.`, {
    hint: hint ?? 'Correct it (for example { "server": "stage" }) or delete it.',
    cause,
  });
}
