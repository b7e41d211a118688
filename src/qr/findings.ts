/** What a search of a picture tells while it goes on: one JSON document a line between the two processes. */
import * as v from "valibot";
import { parseJson } from "../lib/json.ts";

/**
 * When a search ends: one cheap look after the first code, whatever it says; one after the first that reads like a
 * pairing URL; or after every way to look. Also the only argument of the program that searches.
 */
export const Until = v.picklist(["first", "pairing-url", "all"]);
export type Until = v.InferOutput<typeof Until>;

const Point = v.object({ x: v.number(), y: v.number() });

const FoundCode = v.object({
  text: v.string(),
  /** Top left, top right, bottom right, bottom left as the code was meant; pixels of the upright picture. */
  corners: v.tuple([Point, Point, Point, Point]),
});

const Code = v.object({
  ...FoundCode.entries,
  /** The reader that found it. */
  engine: v.picklist(["zxing", "qr", "jsqr"]),
  /** The rung of the ladder on which it did. */
  rung: v.string(),
  /** Milliseconds since the search began. */
  ms: v.number(),
});

const Finding = v.variant("type", [
  /** The header was read. The size is that of the upright picture. */
  v.object({ type: v.literal("picture"), width: v.number(), height: v.number() }),
  /** Another way to look begins. */
  v.object({ type: v.literal("look") }),
  /** A text that was not found before. */
  v.object({ type: v.literal("code"), ...Code.entries }),
  /** It is no picture, or too large a one; nothing follows. */
  v.object({ type: v.literal("refused"), message: v.string(), hint: v.string() }),
]);

export type Point = v.InferOutput<typeof Point>;
/** A decoded code and its outer corners. */
export type FoundCode = v.InferOutput<typeof FoundCode>;
/** The same, and how it was found. */
export type QrCode = v.InferOutput<typeof Code>;
export type EngineName = QrCode["engine"];
export type Finding = v.InferOutput<typeof Finding>;

export function formatFinding(finding: Finding): string {
  return `${JSON.stringify(finding)}\n`;
}

/** Throws for anything but a line of {@link formatFinding}. */
export function parseFinding(line: string): Finding {
  return v.parse(Finding, parseJson(line));
}
