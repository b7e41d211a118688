/** What a search of a picture tells while it goes on: one JSON document a line between the two processes. */
import * as v from "valibot";
import { parseJson } from "../lib/json.ts";

const Point = v.object({ x: v.number(), y: v.number() });

const Code = v.object({
  text: v.string(),
  /** Top left, top right, bottom right, bottom left as the code was meant; pixels of the upright picture. */
  corners: v.tuple([Point, Point, Point, Point]),
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
export type QrCode = v.InferOutput<typeof Code>;
export type Finding = v.InferOutput<typeof Finding>;

export function formatFinding(finding: Finding): string {
  return `${JSON.stringify(finding)}\n`;
}

/** Throws for anything but a line of {@link formatFinding}. */
export function parseFinding(line: string): Finding {
  return v.parse(Finding, parseJson(line));
}
