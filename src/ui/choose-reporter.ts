/** Plain or JSON: decided once, at the start of a run. */
import type { Clock } from "../lib/clock.ts";
import { JsonReporter } from "./json.ts";
import type { OpenQuestion } from "./open-question.ts";
import { PlainReporter } from "./plain.ts";
import type { Reporter, ReporterOptions } from "./reporter.ts";
import type { Streams } from "./streams.ts";

export function chooseReporter(
  streams: Streams,
  clock: Clock,
  options: ReporterOptions,
  question?: OpenQuestion,
): Reporter {
  const plain = new PlainReporter(streams, options, question);
  return options.json ? new JsonReporter(streams, clock, plain) : plain;
}
