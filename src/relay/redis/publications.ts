/** What channels publish in the store, checked. What is not of one of these forms was not published by a relay. */
import * as v from "valibot";
import { formatSender } from "../../channel/wire.ts";
import { parseJson } from "../../lib/json.ts";
import type { Message } from "../backplane.ts";
import type { Ending } from "../endings.ts";
import { ENDINGS } from "../endings.ts";

/** A channel as its nodes know it. */
export interface Snapshot {
  /** Number of the latest event. */
  readonly sequence: number;
  /** Messages passed on so far. */
  readonly passed: number;
  /** When time will next have an effect, in the store's time; 0 if it never has. */
  readonly deadline: number;
  readonly seats: readonly SeatSnapshot[];
}

export interface SeatSnapshot {
  readonly state: "connected" | "away" | "left";
  readonly connection: number;
  /** The node that has, or had, the latest connection. */
  readonly node: string;
}

export interface MessageEvent {
  readonly type: "message";
  readonly sequence: number;
  /** The sender's. */
  readonly seat: number;
  /** A message as {@link formatBody} writes it. */
  readonly body: string;
}

export type ChannelEvent =
  | MessageEvent
  | { readonly type: "seats"; readonly sequence: number; readonly snapshot: Snapshot }
  | { readonly type: "end"; readonly sequence: number; readonly ending: Ending };

/** By the text that they are written as in the store: `<code> <reason>`. */
export const KNOWN_ENDINGS = new Map<string, Ending>(
  Object.values(ENDINGS).map((ending) => [`${ending.code} ${ending.reason}`, ending]),
);
const STATES = { c: "connected", r: "connected", a: "away", l: "left" } as const;

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** A snapshot as the JSON that the store makes of it. */
export const snapshotSchema = v.pipe(
  v.string(),
  v.transform(parseJson),
  v.object({
    q: whole,
    h: whole,
    d: whole,
    s: v.array(v.strictTuple([v.picklist(["c", "r", "a", "l"]), whole, v.string()])),
  }),
  v.transform(({ q, h, d, s }): Snapshot => ({
    sequence: q,
    passed: h,
    deadline: d,
    seats: s.map(([state, connection, node]) => ({ state: STATES[state], connection, node })),
  })),
);

/** `<sequence> <seat> <time> <body>`, `<sequence> s <snapshot>` or `<sequence> e <ending>`. */
const EVENT = /^(\d{1,15}) (?:(\d{1,3}) \d{1,16} |([se]) )/;

/** Reads what a channel has published; undefined if no relay has published that. */
export function parseEvent(text: string): ChannelEvent | undefined {
  const found = EVENT.exec(text);
  if (found === null) return undefined;
  const sequence = Number(found[1]);
  const rest = text.slice(found[0].length);
  if (found[2] !== undefined) return { type: "message", sequence, seat: Number(found[2]), body: rest };
  if (found[3] === "s") {
    const parsed = v.safeParse(snapshotSchema, rest);
    return parsed.success ? { type: "seats", sequence, snapshot: parsed.output } : undefined;
  }
  const ending = KNOWN_ENDINGS.get(rest);
  return ending === undefined ? undefined : { type: "end", sequence, ending };
}

/** Writes a message as the store keeps it: its sender, then a line feed, then its text. */
export function formatBody({ text, sender }: Message): string {
  return `${sender}\n${text}`;
}

/** Reads what {@link formatBody} wrote. Of anything else, all is text, of a sender of whom nothing is known. */
export function parseBody(body: string): Message {
  const end = body.indexOf("\n");
  if (end < 0) return { text: body, sender: UNKNOWN_SENDER };
  return { text: body.slice(end + 1), sender: body.slice(0, end) };
}

const UNKNOWN_SENDER = formatSender({});
