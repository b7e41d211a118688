/**
 * The pairing URL, what a QR code carries from the device that opened the channel to the one that joins it:
 *
 *     https://accounts.firefox.com/pair#channel_id=<16 bytes>&channel_key=<32 bytes>
 *
 * That of a new device, which a signed-in one scans, ends in `&mode=reverse&fp=<13 characters>`: the fingerprint of the
 * one request that will come through the channel, so that a copied code cannot bring another.
 *
 * Both values are canonical base64url without padding, and all of the secret is in the fragment, which no server
 * sees. Firefox writes `v=2` besides; we read past it and never write it: it would let a web page take the part of
 * the new device and hold the channel key.
 */
import { CHANNEL_KEY_BYTES, isChannelId } from "../channel/wire.ts";
import { decodeBase64url, encodeBase64url } from "../lib/base64url.ts";
import { FxaPairError } from "../lib/errors.ts";
import { isLoopback } from "../lib/loopback.ts";
import { normalizeFingerprint } from "./fingerprint.ts";

/** A pairing URL has about 150 characters; the rest is room for parameters of later versions. */
const MAX_LENGTH = 2048;

interface ChannelAddress {
  /** Origin of the accounts server, in ASCII. */
  readonly contentServer: string;
  readonly channelId: string;
  /** 32 bytes. */
  readonly channelKey: Uint8Array;
}

/** Shown by a signed-in device, for a new one. */
export interface NormalUrl extends ChannelAddress {
  readonly mode: "normal";
}

/** Shown by a new device, for a signed-in one. */
export interface ReverseUrl extends ChannelAddress {
  readonly mode: "reverse";
  /** Of the one request that the new device will send: 13 characters. */
  readonly fingerprint: string;
}

/** The mode says who shows the code. Not to be trusted for roles: those come from the command given. */
export type PairingUrl = NormalUrl | ReverseUrl;

/** Writes the pairing URL of a signed-in device. It has exactly two parameters. */
export function formatPairingUrl(contentServer: string, channelId: string, channelKey: Uint8Array): string {
  const { origin } = new URL(contentServer);
  return `${origin}/pair#channel_id=${channelId}&channel_key=${encodeBase64url(channelKey)}`;
}

/** Writes the pairing URL of a new device, with the 13 characters of its request's fingerprint. */
export function formatReverseUrl(
  contentServer: string,
  channelId: string,
  channelKey: Uint8Array,
  fingerprint: string,
): string {
  return `${formatPairingUrl(contentServer, channelId, channelKey)}&mode=reverse&fp=${fingerprint}`;
}

/**
 * Reads a pairing URL, with white space around it, parameters in any order and unknown ones among them. The host is
 * not judged here: see {@link matchesServer}.
 *
 * @throws FxaPairError `unreadable`, with the wrong part named in message and `details.part` and its value nowhere;
 * `usage` if `mode` is there twice or unknown, or only one of `mode` and `fp` is there, as it is then unclear for which
 * command the URL is meant.
 */
export function parsePairingUrl(text: string): PairingUrl {
  const url = parseUrl(text.trim());
  if (url.hash.length < 2) throw unreadable("fragment", "the part from # on is missing");
  const parameters = parseParameters(url.hash.slice(1));
  const id = single(parameters, "channel_id");
  if (!isChannelId(id)) {
    throw unreadable("channel_id", "it must be 16 bytes in base64url without padding");
  }
  const channelKey = decodeBase64url(single(parameters, "channel_key"));
  if (channelKey?.length !== CHANNEL_KEY_BYTES) {
    throw unreadable("channel_key", "it must be 32 bytes in base64url without padding");
  }
  return { contentServer: url.origin, channelId: id, channelKey, ...parseDirection(parameters) };
}

/** Whether a pairing URL names this accounts server: same scheme, host and port. */
export function matchesServer(url: PairingUrl, contentServer: string): boolean {
  return url.contentServer === new URL(contentServer).origin;
}

/** The URL's host in ASCII, punycode for other letters, with its port unless it is the usual one: for display. */
export function asciiHost(url: PairingUrl): string {
  return new URL(url.contentServer).host;
}

/**
 * The URL parser repairs a lot without a word: slashes too many or too few, tabs, dots in the path, the notation of
 * hosts and ports. What it had to repair was not written by a pairing device, and does not lead where it seems to.
 */
function parseUrl(text: string): URL {
  // eslint-disable-next-line no-control-regex
  if (text.length > MAX_LENGTH || /[\s\\\u0000-\u001f\u007f]/.test(text) || !URL.canParse(text)) {
    throw unreadable("URL", "it is none");
  }
  const url = new URL(text);
  const [, authority, path] = /^[^:/?#]+:\/\/([^/?#]*)([^?#]*)/.exec(text) ?? [];
  if (authority === undefined) throw unreadable("URL", "it is none");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    throw unreadable("scheme", "it must be https");
  }
  if (authority.includes("@")) throw unreadable("user information", "there must be none before the host");
  if (!isAsWritten(authority, url)) throw unreadable("host", "it is not written in the usual way");
  if (path !== "/pair" && path !== "/pair/supp") throw unreadable("path", "it must be /pair");
  return url;
}

/** Host and port in any letter case, with the usual port spelt out or not; other alphabets if they stay such. */
function isAsWritten(authority: string, { protocol, hostname, port }: URL): boolean {
  if (/\P{ASCII}/u.test(authority)) return hostname.includes("xn--");
  const usual = protocol === "https:" ? ":443" : ":80";
  const ports = port === "" ? ["", usual] : [`:${port}`];
  return ports.some((suffix) => authority.toLowerCase() === hostname + suffix);
}

function parseParameters(fragment: string): ReadonlyMap<string, readonly string[]> {
  const parameters = new Map<string, string[]>();
  for (const parameter of fragment.split("&")) {
    const [name = "", ...value] = parameter.split("=");
    parameters.set(name, [...(parameters.get(name) ?? []), value.join("=")]);
  }
  return parameters;
}

function single(parameters: ReadonlyMap<string, readonly string[]>, name: string): string {
  const [value, ...others] = parameters.get(name) ?? [];
  if (value === undefined) throw unreadable(name, "it is missing");
  if (others.length > 0) throw unreadable(name, "it is there more than once");
  return value;
}

function parseDirection(
  parameters: ReadonlyMap<string, readonly string[]>,
): Pick<NormalUrl, "mode"> | Pick<ReverseUrl, "mode" | "fingerprint"> {
  const modes = parameters.get("mode") ?? [];
  const announces = parameters.has("fp");
  if (modes.length === 0 && !announces) return { mode: "normal" };
  if (modes.length === 1 && modes[0] === "reverse" && announces) {
    const fingerprint = normalizeFingerprint(single(parameters, "fp"));
    if (fingerprint === undefined) throw unreadable("fp", "it must be the 13 characters of a fingerprint");
    return { mode: "reverse", fingerprint };
  }
  throw new FxaPairError("usage", "The pairing URL does not say clearly which device shows it.", {
    hint: "A new device runs: fxa-pair join. A signed-in device that scans runs: fxa-pair host --scan.",
    details: { part: "mode" },
  });
}

function unreadable(part: string, reason: string): FxaPairError {
  return new FxaPairError("unreadable", `This is not a usable pairing URL. Its ${part}: ${reason}.`, {
    hint: "Copy the whole URL, from https:// to its end, or scan the code again.",
    details: { part },
  });
}
