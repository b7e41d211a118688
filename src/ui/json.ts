/** `--json`: one event a line on stdout, nothing else there; warnings and questions stay on stderr in plain form. */
import type { Clock } from "../lib/clock.ts";
import type { FxaPairError } from "../lib/errors.ts";
import type { CliEvent, Explained } from "./events.ts";
import { formatJsonLine } from "./json-line.ts";
import type { OfferHandle, OfferView } from "./offer-view.ts";
import type { PlainReporter } from "./plain.ts";
import type { Reporter } from "./reporter.ts";
import type { Streams } from "./streams.ts";

export class JsonReporter implements Reporter {
  readonly #streams: Streams;
  readonly #clock: Clock;
  readonly #plain: PlainReporter;

  constructor(streams: Streams, clock: Clock, plain: PlainReporter) {
    this.#streams = streams;
    this.#clock = clock;
    this.#plain = plain;
  }

  plan(): void {
    // Events tell what has happened, not what is going to.
  }

  step(): void {
    // As above.
  }

  /** The `channel` event, which has the code to type, or the URL unless that is in a file of its own. */
  offer(view: OfferView): Promise<OfferHandle> {
    const { channelId, expiresAt } = view;
    this.event({ type: "channel", ...shownOf(view), channelId, expiresAt });
    this.#plain.tellFiles(view);
    this.#plain.tellOnlyYourself(view.kind);
    return Promise.resolve({ connected: () => undefined, withdraw: () => undefined });
  }

  event({ type, ...fields }: CliEvent): void {
    const time = new Date(this.#clock.wallTime()).toISOString();
    this.#streams.stdout.write(formatJsonLine({ event: type, time, ...fields }));
  }

  explain(subject: Explained, asked: boolean): void {
    // Without a question the event says it all.
    if (asked) this.#plain.explain(subject, asked);
  }

  say(text: string): void {
    this.#plain.say(text);
  }

  progress(text: string): void {
    this.#plain.progress(text);
  }

  warn(text: string): void {
    this.#plain.warn(text);
  }

  fail(error: FxaPairError): void {
    this.event({
      type: "error",
      code: error.code,
      message: error.message,
      hint: error.hint ?? null,
      details: error.details ?? null,
    });
    this.#plain.fail(error);
  }
}

function shownOf(view: OfferView): { url?: string; code?: string } {
  if (view.kind === "code") return { code: view.code };
  return view.urlFile === undefined ? { url: view.url } : {};
}
