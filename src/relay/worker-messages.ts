/** What the processes of one relay tell each other, checked where it arrives. */
import * as v from "valibot";

const Values = v.array(v.looseObject({ name: v.string(), type: v.string() }));

/** The figures of a process as values, of which those of all can be added up. */
export type FigureValues = v.InferOutput<typeof Values>;

const FromWorker = v.variant("type", [
  v.object({ type: v.literal("listening"), url: v.string(), metricsUrl: v.nullable(v.string()) }),
  /** It cannot start, and will not another time either. */
  v.object({ type: v.literal("failed"), message: v.string(), hint: v.optional(v.string()) }),
  v.object({ type: v.literal("values"), question: v.number(), values: Values }),
  /** Asks for the figures of all. */
  v.object({ type: v.literal("ask_text"), question: v.number() }),
]);

const ToWorker = v.variant("type", [
  v.object({ type: v.literal("reload") }),
  v.object({ type: v.literal("drain") }),
  v.object({ type: v.literal("ask_values"), question: v.number() }),
  v.object({ type: v.literal("text"), question: v.number(), text: v.string() }),
]);

export type FromWorker = v.InferOutput<typeof FromWorker>;
export type ToWorker = v.InferOutput<typeof ToWorker>;

/** `undefined` for what is no such message. */
export function parseFromWorker(message: unknown): FromWorker | undefined {
  const parsed = v.safeParse(FromWorker, message);
  return parsed.success ? parsed.output : undefined;
}

/** `undefined` for what is no such message. */
export function parseToWorker(message: unknown): ToWorker | undefined {
  const parsed = v.safeParse(ToWorker, message);
  return parsed.success ? parsed.output : undefined;
}
