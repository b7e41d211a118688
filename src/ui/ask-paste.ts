/** Asks on a plain terminal for something that is pasted rather than typed, may have many lines, and is not echoed; what is typed instead may be. */
import type { CancelTimer, Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import type { OpenQuestion } from "./open-question.ts";
import { PASTE_MARKS_OFF, PASTE_MARKS_ON, PasteInput } from "./paste-input.ts";
import type { PasteStep } from "./paste-input.ts";
import type { OutputStream, Streams } from "./streams.ts";

/** Milliseconds after Enter in which what follows belongs to the same paste: nobody types that fast. */
export const PASTE_PAUSE_MS = 50;

export interface PasteQuestion {
  /** What may be pasted, in full sentences. */
  readonly explanation: string;
  readonly label: string;
  /** For what is typed rather than pasted; it is undefined for any other text, which is shown nowhere. */
  readonly assist?: ((typed: string) => TypingAid | undefined) | undefined;
}

/** What helps with a text of ASCII in one line while it is typed. */
export interface TypingAid {
  /** What goes on or is wrong, in a few words; empty where there is nothing to say. */
  readonly hint: string;
  /** What Tab makes of it. */
  readonly completed: string;
}

export interface PasteOptions extends Pick<PasteQuestion, "label" | "assist"> {
  readonly streams: Streams;
  readonly clock: Clock;
  readonly question: OpenQuestion;
  /** Whether the terminal understands control sequences, and can be asked to mark pastes. */
  readonly marked: boolean;
  readonly signal: AbortSignal;
}

/** Resolves to what was entered; the end of input is an empty text. Rejects with `interrupted`, or why it was withdrawn. */
export function askPaste(options: PasteOptions): Promise<string> {
  const { streams, clock, question, label, assist, marked, signal } = options;
  const { stdin, stderr } = streams;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(asError(signal.reason));
      return;
    }
    const input = new PasteInput((text) => assist?.(text)?.completed);
    const echo = new Echo(stderr);
    const decoder = new TextDecoder();
    const asked = `${label}: `;
    let cancel: CancelTimer = () => undefined;
    const finish = (settle: () => void, words = "") => {
      cancel();
      question.close();
      stdin.off("data", onData).off("end", onEnd).off("error", onEnd);
      signal.removeEventListener("abort", onAbort);
      stdin.setRawMode?.(false);
      stdin.pause();
      stderr.write(`${marked ? PASTE_MARKS_OFF : words}\n`);
      settle();
    };
    const onEnd = () => {
      finish(() => {
        resolve("");
      });
    };
    const onAbort = () => {
      finish(() => {
        reject(asError(signal.reason));
      });
    };
    /** What is shown of the text stands behind the question. */
    const show = () => {
      const aid = assist?.(input.text);
      echo.show(aid === undefined ? "" : input.text);
      return aid;
    };
    const steps: Readonly<Record<PasteStep, () => void>> = {
      more: show,
      pasted: () => {
        if (show() === undefined) stderr.write(`(${charactersInWords(input.text)} pasted, press Enter) `);
      },
      stuck: () => {
        const hint = show()?.hint ?? "";
        if (hint !== "") stderr.write(`\n(${hint})\n${asked}${echo.shown}`);
      },
      cleared: () => {
        if (echo.shown === "") stderr.write("(cleared) ");
        show();
      },
      enter: () => {
        const shown = show() !== undefined;
        cancel = clock.after(PASTE_PAUSE_MS, () => {
          finish(
            () => {
              resolve(input.text);
            },
            shown ? "" : `(${charactersInWords(input.text)})`,
          );
        });
      },
      interrupted: () => {
        finish(() => {
          reject(new FxaPairError("interrupted", "Interrupted."));
        });
      },
      ended: onEnd,
    };
    const onData = (chunk: Buffer | string) => {
      cancel();
      steps[input.feed(typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }))]();
    };
    stdin.setRawMode?.(true);
    stderr.write(`${marked ? PASTE_MARKS_ON : ""}${asked}`);
    question.open(asked);
    stdin.on("data", onData).on("end", onEnd).on("error", onEnd);
    signal.addEventListener("abort", onAbort);
    if (stdin.readable) stdin.resume();
    else onEnd();
  });
}

/** The end of a line that is kept equal to a text of ASCII, by what every terminal understands. */
class Echo {
  readonly #terminal: OutputStream;
  shown = "";

  constructor(terminal: OutputStream) {
    this.#terminal = terminal;
  }

  show(text: string): void {
    let kept = 0;
    while (kept < text.length && text[kept] === this.shown[kept]) kept++;
    const change = "\b \b".repeat(this.shown.length - kept) + text.slice(kept);
    this.shown = text;
    if (change !== "") this.#terminal.write(change);
  }
}

/** How much there is, since it is not shown itself. */
export function charactersInWords(text: string): string {
  const { length } = Array.from(text);
  return length === 1 ? "1 character" : `${length} characters`;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("the question was withdrawn");
}
