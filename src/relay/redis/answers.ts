/** What the functions of the store answer, checked. What is not of one of these forms was not written by a relay. */
import * as v from "valibot";
import type { ChannelSummary } from "../backplane.ts";
import type { Ending } from "../endings.ts";
import type { MessageEvent, Snapshot } from "./publications.ts";
import { KNOWN_ENDINGS, parseEvent, snapshotSchema } from "./publications.ts";

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** A channel is over, by the very call that this answers. */
export interface OverAnswer {
  readonly type: "over";
  readonly summary: Omit<ChannelSummary, "id">;
  /** What its creator's address is counted under; "" if it is not. */
  readonly address: string;
  /** "" if it has none. */
  readonly nameplate: string;
}

export interface SeatedAnswer {
  readonly type: "seated";
  readonly seat: number;
  readonly connection: number;
  readonly seen: number;
  /** Milliseconds; 0 if the channel's lifespan is unlimited. */
  readonly expiresIn: number;
  readonly snapshot: Snapshot;
  readonly missed: readonly string[];
}

export interface StateAnswer {
  readonly type: "state";
  /** In the store's time; 0 if the channel's lifespan is unlimited. */
  readonly expiresAt: number;
  readonly snapshot: Snapshot;
  readonly address: string;
  readonly nameplate: string;
  readonly messages: readonly MessageEvent[];
}

export type ChannelAnswer =
  | OverAnswer
  | SeatedAnswer
  | StateAnswer
  | { readonly type: "ended"; readonly ending: Ending }
  | { readonly type: "unknown" | "full" | "token" | "received" | "taken" }
  /** `gap`: a message before this one is missing. `stale`: the connection is not the seat's any more. */
  | { readonly type: "done" | "accepted" | "stale" | "gap" }
  /** The store held something that no relay has written, and has dropped it. */
  | { readonly type: "foreign" };

export type LimitAnswer =
  | { readonly type: "done" | "full" | "unknown" | "foreign" }
  /** Too many requests, or joins by nameplates: the next one may come in so many milliseconds. */
  | { readonly type: "wait" | "many"; readonly milliseconds: number }
  | { readonly type: "nameplate"; readonly nameplate: string }
  | { readonly type: "channel"; readonly id: string }
  | { readonly type: "beats"; readonly beats: readonly (number | undefined)[] };

const endingSchema = v.pipe(
  v.string(),
  v.transform((text) => KNOWN_ENDINGS.get(text)),
  v.object({ code: v.number(), reason: v.string() }),
);
const messageSchema = v.pipe(
  v.string(),
  v.transform(parseEvent),
  v.variant("type", [
    v.object({ type: v.literal("message"), sequence: v.number(), seat: v.number(), body: v.string() }),
  ]),
);

const overSchema = v.pipe(
  v.strictTuple([v.literal("over"), endingSchema, whole, whole, whole, v.number(), v.string(), v.string()]),
  v.transform(([type, ending, participants, exchanges, bytes, duration, address, nameplate]): OverAnswer => {
    return { type, summary: { ending, participants, exchanges, bytes, duration }, address, nameplate };
  }),
);
const seatedSchema = v.pipe(
  v.tupleWithRest([v.literal("seated"), whole, whole, whole, whole, snapshotSchema], v.string()),
  v.transform(([type, seat, connection, seen, expiresIn, snapshot, ...missed]): SeatedAnswer => {
    return { type, seat, connection, seen, expiresIn, snapshot, missed };
  }),
);
const stateSchema = v.pipe(
  v.tupleWithRest([v.literal("state"), whole, snapshotSchema, v.string(), v.string()], messageSchema),
  v.transform(([type, expiresAt, snapshot, address, nameplate, ...messages]): StateAnswer => {
    return { type, expiresAt, snapshot, address, nameplate, messages };
  }),
);
const endedSchema = v.pipe(
  v.strictTuple([v.literal("ended"), endingSchema]),
  v.transform(([type, ending]) => ({ type, ending })),
);
const plainSchema = v.pipe(
  v.strictTuple([v.picklist(["unknown", "full", "token", "received", "taken", "done", "foreign"])]),
  v.transform(([type]) => ({ type })),
);
const channelSchema = v.union([plainSchema, seatedSchema, stateSchema, overSchema, endedSchema]);

const score = v.pipe(
  v.string(),
  v.transform((text) => (text === "" ? undefined : Number(text))),
  v.optional(v.pipe(v.number(), v.finite())),
);
const limitSchema = v.union([
  v.pipe(
    v.strictTuple([v.picklist(["done", "full", "unknown", "foreign"])]),
    v.transform(([type]) => ({ type })),
  ),
  v.pipe(
    v.strictTuple([v.picklist(["wait", "many"]), whole]),
    v.transform(([type, milliseconds]) => ({ type, milliseconds })),
  ),
  v.pipe(
    v.strictTuple([v.literal("nameplate"), v.string()]),
    v.transform(([type, nameplate]) => ({ type, nameplate })),
  ),
  v.pipe(
    v.strictTuple([v.literal("channel"), v.string()]),
    v.transform(([type, id]) => ({ type, id })),
  ),
  v.pipe(
    v.tupleWithRest([v.literal("beats")], score),
    v.transform(([type, ...beats]) => ({ type, beats })),
  ),
]);

/** Reads the answer of a channel's function; what is none counts as foreign. */
export function readChannelAnswer(answer: unknown): ChannelAnswer {
  // The answer to nearly every message, without a schema's cost.
  if (answer === 1) return { type: "accepted" };
  if (answer === 0) return { type: "stale" };
  if (answer === -1) return { type: "gap" };
  const parsed = v.safeParse(channelSchema, answer);
  return parsed.success ? parsed.output : { type: "foreign" };
}

/** Reads the answer of any other function; what is none counts as foreign. */
export function readLimitAnswer(answer: unknown): LimitAnswer {
  const parsed = v.safeParse(limitSchema, answer);
  return parsed.success ? parsed.output : { type: "foreign" };
}
