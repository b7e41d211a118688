/** Asks on a plain terminal for something that is pasted rather than typed, may have many lines, and is not echoed. */
import type { CancelTimer, Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import type { OpenQuestion } from "./open-question.ts";
import { PASTE_MARKS_OFF, PASTE_MARKS_ON, PasteInput } from "./paste-input.ts";
import type { PasteStep } from "./paste-input.ts";
import type { Streams } from "./streams.ts";

/** Milliseconds after Enter in which what follows belongs to the same paste: nobody types that fast. */
export const PASTE_PAUSE_MS = 50;

export interface PasteOptions {
  readonly streams: Streams;
  readonly clock: Clock;
  readonly question: OpenQuestion;
  readonly label: string;
  /** Whether the terminal understands control sequences, and can be asked to mark pastes. */
  readonly marked: boolean;
  readonly signal: AbortSignal;
}

/** Resolves to what was entered; the end of input is an empty text. Rejects with `interrupted`, or why it was withdrawn. */
export function askPaste({ streams, clock, question, label, marked, signal }: PasteOptions): Promise<string> {
  const { stdin, stderr } = streams;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(asError(signal.reason));
      return;
    }
    const input = new PasteInput();
    const decoder = new TextDecoder();
    const asked = `${label}: `;
    let cancel: CancelTimer = () => undefined;
    const finish = (settle: () => void, echo = "") => {
      cancel();
      question.close();
      stdin.off("data", onData).off("end", onEnd).off("error", onEnd);
      signal.removeEventListener("abort", onAbort);
      stdin.setRawMode?.(false);
      stdin.pause();
      stderr.write(`${marked ? PASTE_MARKS_OFF : echo}\n`);
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
    const steps: Readonly<Record<PasteStep, () => void>> = {
      more: () => undefined,
      pasted: () => stderr.write(`(${charactersInWords(input.text)} pasted, press Enter) `),
      cleared: () => stderr.write("(cleared) "),
      enter: () => {
        cancel = clock.after(PASTE_PAUSE_MS, () => {
          finish(
            () => {
              resolve(input.text);
            },
            `(${charactersInWords(input.text)})`,
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

/** How much there is, since it is not shown itself. */
export function charactersInWords(text: string): string {
  const { length } = Array.from(text);
  return length === 1 ? "1 character" : `${length} characters`;
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("the question was withdrawn");
}
