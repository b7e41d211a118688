/**
 * The functions that the store runs, as one library for `FUNCTION LOAD`. Its name and theirs carry a digest of the text,
 * so that relays of different versions use one store side by side, each with its own.
 */
import { createHash } from "node:crypto";
import { CHANNEL_FUNCTIONS } from "./channel-functions.ts";
import { CHANNEL_STATE } from "./channel-state.ts";
import { LIMIT_FUNCTIONS } from "./limit-functions.ts";

const BODY = `
local functions = {}
${CHANNEL_STATE}
${CHANNEL_FUNCTIONS}
${LIMIT_FUNCTIONS}`;

const VERSION = createHash("sha256").update(BODY).digest("hex").slice(0, 12);

export const LIBRARY_NAME = `fxa_pair_${VERSION}`;

/** Functions of a channel, with the keys of `channelKeys`. */
const CHANNEL_NAMES = [
  "open",
  "join",
  "resume",
  "attach",
  "relay",
  "alive",
  "leave",
  "lose",
  "lose_node",
  "finish",
  "due",
  "catch_up",
] as const;

const LIMIT_NAMES = [
  "request",
  "request_by_nameplate",
  "request_channel",
  "release_channel",
  "keep_channel",
  "take_nameplate",
  "claim_nameplate",
  "release_nameplate",
  "keep_nameplate",
  "beat",
] as const;

export type ChannelFunction = (typeof CHANNEL_NAMES)[number];
export type FunctionName = ChannelFunction | (typeof LIMIT_NAMES)[number];

/** What `FCALL` calls a function. */
export function libraryFunction(name: FunctionName): string {
  return `${LIBRARY_NAME}_${name}`;
}

/**
 * What a store without memory left refuses, so that those who are there can finish: new channels. (Others must not take
 * what is let in by the way; they are few and small.)
 */
const NOT_WITHOUT_MEMORY: ReadonlySet<FunctionName> = new Set(["open", "request_channel", "take_nameplate"]);

function registration(name: FunctionName): string {
  const flags = NOT_WITHOUT_MEMORY.has(name) ? "" : "'allow-oom'";
  return `redis.register_function{ function_name = '${libraryFunction(name)}', callback = guarded(functions.${name}), flags = { ${flags} } }`;
}

/** The text for `FUNCTION LOAD`. While it is loaded, Lua has no functions of its own, not even loops over tables. */
export const LIBRARY = `#!lua name=${LIBRARY_NAME}
${BODY}
${[...CHANNEL_NAMES, ...LIMIT_NAMES].map(registration).join("\n")}
`;
