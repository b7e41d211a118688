/**
 * Lines for people who listen: nothing is drawn, nothing is drawn again, each thing is said once and in full sentences. While
 * the pairing URL waits for a device, words take the place of keys: they are typed with echo and end with Enter, so that
 * nothing happens by a slip.
 */
import type { Clock } from "../lib/clock.ts";
import { spellCode, TYPE_THE_CODE } from "./code-lines.ts";
import type { Explained } from "./events.ts";
import type { OfferActions, OfferHandle, OfferView } from "./offer-view.ts";
import type { OpenQuestion } from "./open-question.ts";
import { filesOf, PlainReporter } from "./plain.ts";
import type { ReporterOptions } from "./reporter.ts";
import { spellInOneLine, spellPairingUrl } from "./spelling.ts";
import { canAsk } from "./streams.ts";
import type { Streams } from "./streams.ts";
import { TypedWords } from "./typed-words.ts";
import type { SpokenAction } from "./typed-words.ts";
import { durationInWords, fingerprintInWords, TAKE_IT_THERE } from "./words.ts";

export class AccessibleReporter extends PlainReporter {
  readonly #streams: Streams;
  readonly #clock: Clock;

  constructor(streams: Streams, clock: Clock, options: ReporterOptions, question: OpenQuestion) {
    super(streams, options, question);
    this.#streams = streams;
    this.#clock = clock;
  }

  override explain(subject: Explained, asked: boolean): void {
    super.explain(subject, asked);
    if (!asked || subject.type === "scanned") return;
    const shown = fingerprintInWords(subject).fingerprint.replace(/-_+$/, "");
    const part = shown === subject.fingerprint ? "The fingerprint" : "Its first nine characters";
    this.say(`${part}, spelled: ${spellInOneLine(shown)}.`);
  }

  override async offer(view: OfferView, actions: OfferActions = {}): Promise<OfferHandle> {
    const { endsAt } = view;
    if (filesOf(view).length > 0 || !canAsk(this.#streams)) return super.offer(view);
    this.say(view.kind === "code" ? TYPE_THE_CODE : TAKE_IT_THERE[view.reader].spoken);
    this.say(view.kind === "code" ? view.code : view.url);
    this.tellOnlyYourself(view.kind);
    if (endsAt !== null) {
      this.say(`It is good for ${durationInWords((endsAt - this.#clock.now()) / 1000)}.`);
    }
    const words = new TypedWords(this.#streams.stdin, this.#actionsFor(view, actions), (text) => {
      this.say(text);
    });
    const stop = () => {
      words.stop();
    };
    return { connected: stop, withdraw: stop };
  }

  #actionsFor(
    view: OfferView,
    { copy, writePicture, renew, switchKind, quit }: OfferActions,
  ): SpokenAction[] {
    const isCode = view.kind === "code";
    const spell = () => {
      for (const line of isCode ? spellCode(view.code) : spellPairingUrl(view.url)) this.say(line);
    };
    const write = (make: () => Promise<string>) => () => {
      make().then(
        (path) => {
          this.say(`The QR code is in ${path}. The file is removed once it was used.`);
        },
        (error: unknown) => {
          this.warn(error instanceof Error ? error.message : "the picture could not be written.");
        },
      );
    };
    return [
      { word: "spell", does: isCode ? "spell the code" : "spell the pairing URL", act: spell },
      { word: "copy", does: "copy it to the clipboard", act: copy },
      { word: "picture", does: "write its QR code as a picture", act: writePicture && write(writePicture) },
      { word: "renew", does: "replace it by a fresh one", act: renew },
      {
        word: isCode ? "url" : "type",
        does: `replace it by ${isCode ? "a pairing URL" : "a code to type"}`,
        act: switchKind,
      },
      { word: "quit", does: "end this", act: quit },
    ].flatMap(({ act, ...action }) => (act === undefined ? [] : [{ ...action, act }]));
  }
}
