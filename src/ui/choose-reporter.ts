/** Who speaks and who asks: decided once, at the start of a run. */
import type { Clock } from "../lib/clock.ts";
import { AccessibleReporter } from "./accessible.ts";
import { JsonReporter } from "./json.ts";
import { OpenQuestion } from "./open-question.ts";
import { PlainReporter } from "./plain.ts";
import { TerminalPrompter } from "./prompt.ts";
import type { Prompter } from "./prompt.ts";
import type { Reporter, ReporterOptions } from "./reporter.ts";
import { canAsk } from "./streams.ts";
import type { Streams } from "./streams.ts";

export interface Dialogue {
  readonly reporter: Reporter;
  /** Null where nobody can be asked. */
  readonly prompter: Prompter | null;
  /** Leaves the terminal as it was found. May be called again. */
  close(): void;
}

/** Lines or events, whatever is asked. */
export function chooseReporter(streams: Streams, clock: Clock, options: ReporterOptions): Dialogue {
  const question = new OpenQuestion();
  const plain = options.accessible
    ? new AccessibleReporter(streams, clock, options, question)
    : new PlainReporter(streams, options, question);
  return {
    reporter: options.json ? new JsonReporter(streams, clock, plain) : plain,
    prompter: canAsk(streams) ? new TerminalPrompter(streams, clock, question, !options.accessible) : null,
    close: () => undefined,
  };
}
