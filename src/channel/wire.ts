/**
 * What crosses the WebSocket between a client and the channel server, beside the close codes: one first message to
 * every connection, then one envelope per relayed text. Both the clients and the relay read and write it here.
 *
 *     → {"link":"/v1/ws/<id>","channelid":"<id>","resume":"<token>","seen":0,"expires_in":300}
 *     → {"message":"<base64url of one TLS record>","sender":{"ua":"…","remote":"192.0.2.7","country":"…"}}
 *
 * Clients send bare text. Members that are not named here are ignored, as older and newer peers know fewer or more.
 */
import * as v from "valibot";
import { parseJson } from "../lib/json.ts";
import { decodeBase64url } from "../lib/base64url.ts";

/** Length of a channel id before base64url, which makes 22 characters of it. */
export const CHANNEL_ID_BYTES = 16;

/** Length of a channel key, the TLS pre-shared key of the two devices, which alone know it. */
export const CHANNEL_KEY_BYTES = 32;

/** Seconds of lifespan that a relay may announce: a year, so that any clock can count them. */
const MAX_LIFESPAN = 365 * 86_400;

/**
 * Longest text parsed at all, in UTF-16 units. The largest TLS record is 22 194 characters of base64url; the rest is
 * room for a User-Agent as long as HTTP servers let pass.
 */
export const MAX_FRAME_LENGTH = 64 * 1024;

/** Close codes of the channel server (RFC 6455 §7.4, and its own from 4001). */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  unsupported: 1003,
  policy: 1008,
  tooLarge: 1009,
  tryLater: 1013,
  lifespanOver: 4001,
  idle: 4002,
  peerLeft: 4003,
} as const;

/** What the relay says about the other participant. Hearsay: for display only. Unknown facts are absent. */
export type Sender = { ua?: string; remote?: string; city?: string; region?: string; country?: string };

/** The first message of a connection. */
export type FirstMessage = {
  /** Path of the channel on the relay. */
  link: string;
  channelid: string;
  /** Token that takes this seat again after a lost connection. */
  resume?: string;
  /** Messages of this seat that the relay has accepted. */
  seen?: number;
  /** Seconds of lifespan left; null if unlimited; absent where the relay does not tell. */
  expires_in?: number | null;
  /** Short number for typed codes. */
  nameplate?: string;
};

/** One relayed message. */
export type Envelope = { message: string; sender: Sender };

const hearsay = v.nullish(v.string());
const senderSchema = v.object({
  ua: hearsay,
  remote: hearsay,
  city: hearsay,
  region: hearsay,
  country: hearsay,
});
const envelopeSchema = v.object({ message: v.string(), sender: senderSchema });

const seconds = v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_LIFESPAN));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** JSON can hold half a character, which no URL can: a token is sent back in one. */
const token = v.pipe(v.string(), v.regex(/^\P{Surrogate}*$/u));
const firstMessageSchema = v.object({
  link: v.string(),
  channelid: v.pipe(v.string(), v.check(isChannelId)),
  resume: v.exactOptional(token),
  seen: v.exactOptional(count),
  expires_in: v.exactOptional(v.nullable(seconds)),
  nameplate: v.exactOptional(v.string()),
});

/** Whether a text is a channel id: canonical unpadded base64url of 16 bytes. */
export function isChannelId(text: string): boolean {
  return decodeBase64url(text)?.length === CHANNEL_ID_BYTES;
}

/** Whether a text is a nameplate, the short number of a channel: 1 to 9 digits, not beginning with 0. */
export function isNameplate(text: string): boolean {
  return /^[1-9]\d{0,8}$/.test(text);
}

/** Reads a connection's first message; `undefined` if it is none, also when its id is not a channel id. */
export function parseFirstMessage(text: string): FirstMessage | undefined {
  const parsed = v.safeParse(firstMessageSchema, parseBounded(text));
  return parsed.success ? parsed.output : undefined;
}

/** Writes a connection's first message, members in the order the reference uses. */
export function formatFirstMessage(message: FirstMessage): string {
  const { link, channelid, resume, seen, expires_in, nameplate } = message;
  return JSON.stringify({ link, channelid, resume, seen, expires_in, nameplate });
}

/** Reads a relayed message; `undefined` if it is none. Facts of the sender that are null count as unknown. */
export function parseEnvelope(text: string): Envelope | undefined {
  const parsed = v.safeParse(envelopeSchema, parseBounded(text));
  if (!parsed.success) return undefined;
  return { message: parsed.output.message, sender: knownFacts(parsed.output.sender) };
}

/** Writes a relayed message. `sender` is always there, if only as `{}`: Firefox fails without it. */
export function formatEnvelope({ message, sender }: Envelope): string {
  return joinEnvelope(message, formatSender(sender));
}

/** The end of every envelope of one sender, for {@link joinEnvelope}. */
export function formatSender(sender: Sender): string {
  return `,"sender":${JSON.stringify(sender)}}`;
}

/** As {@link formatEnvelope}, for who sends many messages: `sender` as {@link formatSender} wrote it. */
export function joinEnvelope(message: string, sender: string): string {
  // Joined rather than added up: the engine keeps sums of strings in pieces, which costs more when they are sent.
  return ['{"message":', JSON.stringify(message), sender].join("");
}

function knownFacts(reported: v.InferOutput<typeof senderSchema>): Sender {
  const { ua, remote, city, region, country } = reported;
  return {
    ...(typeof ua === "string" ? { ua } : {}),
    ...(typeof remote === "string" ? { remote } : {}),
    ...(typeof city === "string" ? { city } : {}),
    ...(typeof region === "string" ? { region } : {}),
    ...(typeof country === "string" ? { country } : {}),
  };
}

/** Nothing is allocated for a text that no honest peer sends. */
function parseBounded(text: string): unknown {
  return text.length > MAX_FRAME_LENGTH ? undefined : parseJson(text);
}
