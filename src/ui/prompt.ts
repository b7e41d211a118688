/**
 * Questions on a plain terminal. The default is no, and silence, an end of input or an abort is no as well. Keys pressed
 * before a question or in its first 300 ms answer nothing: they were typed for something else.
 */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import { askPaste } from "./ask-paste.ts";
import type { PasteQuestion } from "./ask-paste.ts";
import { OpenQuestion } from "./open-question.ts";
import type { Streams } from "./streams.ts";

/** Milliseconds at the start of a question in which no key counts. */
export const TYPED_AHEAD_MS = 300;
export const CTRL_C = "\u0003";
export const CTRL_D = "\u0004";

export interface Prompter {
  /** Asks a yes/no question with one key; y is yes, n, q, Enter and the end of input are no. */
  confirm(question: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Asks for one key of those named (lower-case letters), and resolves to it. Enter and the end of input are the last one,
   * which has to be the harmless one.
   */
  choose(question: string, choices: readonly Choice[], signal: AbortSignal): Promise<string>;
  /** Asks for one line. A hidden one is not echoed, and left as it was typed; any other is trimmed. The end of input is an empty line. */
  line(label: string, options: { hidden: boolean }, signal: AbortSignal): Promise<string>;
  /**
   * Asks for something that is pasted rather than typed: not echoed, of one line or many, and left as it is, up to one
   * character more than {@link MAX_PASTE}; or for what can be typed instead, which is. The end of input is an empty text.
   */
  paste(question: PasteQuestion, signal: AbortSignal): Promise<string>;
}

export type { PasteQuestion, TypingAid } from "./ask-paste.ts";

export interface Choice {
  /** One lower-case letter, or "" for Enter alone. */
  readonly key: string;
  /** What it does: "a fresh code". */
  readonly label: string;
}

interface KeyQuestion {
  readonly asked: string;
  /** What a key says, as it is shown after the question; undefined if nothing. */
  meaningOf(key: string): string | undefined;
  readonly otherwise: string;
}

export class TerminalPrompter implements Prompter {
  readonly #streams: Streams;
  readonly #clock: Clock;
  readonly #question: OpenQuestion;
  readonly #marksPastes: boolean;
  #explained = "";
  readonly #lastAnswer: LastAnswer;

  /**
   * @param question told to whoever else writes to the terminal
   * @param marksPastes whether the terminal can be told to mark pastes, by a control sequence
   */
  constructor(streams: Streams, clock: Clock, question = new OpenQuestion(), marksPastes = true) {
    this.#streams = streams;
    this.#clock = clock;
    this.#question = question;
    this.#marksPastes = marksPastes;
    this.#lastAnswer = new LastAnswer(clock);
    // Of a closed terminal; whoever is asking then hears of it as the end of input.
    streams.stdin.on("error", () => undefined);
  }

  async confirm(question: string, signal: AbortSignal): Promise<boolean> {
    const answer = await this.#key(
      {
        asked: `${question} [y/N] `,
        meaningOf: (key) => (isYes(key) ? "yes" : isNo(key) ? "no" : undefined),
        otherwise: "no",
      },
      signal,
    );
    return answer === "yes";
  }

  async choose(question: string, choices: readonly Choice[], signal: AbortSignal): Promise<string> {
    const harmless = choices.at(-1)?.key ?? "";
    const offered = choices.map(({ key, label }) => `${key === "" ? "Enter" : key}: ${label}`).join(", ");
    return this.#key(
      {
        asked: `${question} (${offered}) `,
        meaningOf: (key) => choiceOf(key, choices),
        otherwise: harmless,
      },
      signal,
    );
  }

  /** Waits for a key that means something; the end of input means `otherwise`. What it means is shown, too. */
  #key({ asked, meaningOf, otherwise }: KeyQuestion, signal: AbortSignal): Promise<string> {
    const { stdin, stderr } = this.#streams;
    return new Promise((resolve, reject) => {
      let counting = false;
      let cancel = this.#clock.after(TYPED_AHEAD_MS, () => {
        // What was typed ahead may not have been read yet if the program was kept busy: one look at stdin comes first.
        cancel = this.#clock.after(0, () => {
          counting = true;
        });
      });
      const finish = (settle: () => void, echo: string) => {
        cancel();
        this.#question.close();
        stdin.off("data", onKeys).off("end", onEnd).off("error", onEnd);
        signal.removeEventListener("abort", onAbort);
        stdin.setRawMode?.(false);
        stdin.pause();
        stderr.write(`${echo}\n`);
        settle();
      };
      const answer = (meaning: string) => {
        this.#lastAnswer.note();
        finish(() => {
          resolve(meaning);
        }, meaning);
      };
      const onEnd = () => {
        answer(otherwise);
      };
      const onAbort = () => {
        finish(() => {
          reject(abortReason(signal));
        }, "");
      };
      const onKeys = (chunk: Buffer | string) => {
        const keys = chunk.toString();
        if (keys.includes(CTRL_C)) {
          finish(() => {
            reject(interrupted());
          }, "");
          return;
        }
        if (!counting) return;
        const meaning = Array.from(keys, meaningOf).find((found) => found !== undefined);
        if (meaning !== undefined) answer(meaning);
      };
      if (signal.aborted) {
        cancel();
        reject(abortReason(signal));
        return;
      }
      stdin.setRawMode?.(true);
      stderr.write(asked);
      this.#question.open(asked);
      stdin.on("data", onKeys).on("end", onEnd).on("error", onEnd);
      signal.addEventListener("abort", onAbort);
      if (stdin.readable) stdin.resume();
      else onEnd();
    });
  }

  paste({ explanation, label, assist }: PasteQuestion, signal: AbortSignal): Promise<string> {
    // Said once: whoever is asked again knows it.
    if (explanation !== this.#explained) this.#streams.stderr.write(`${explanation}\n`);
    this.#explained = explanation;
    return askPaste({
      streams: this.#streams,
      clock: this.#clock,
      question: this.#question,
      label,
      assist,
      marked: this.#marksPastes,
      signal,
    });
  }

  line(label: string, { hidden }: { hidden: boolean }, signal: AbortSignal): Promise<string> {
    const { stdin, stderr } = this.#streams;
    // The reader draws its prompt again with every correction; a hidden line is drawn nowhere.
    const output = hidden ? nowhere() : stderr;
    const reader = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
    reader.setPrompt(`${label}: `);
    reader.prompt();
    if (hidden) stderr.write(`${label}: `);
    return new Promise<string>((resolve, reject) => {
      const onAbort = () => {
        reject(abortReason(signal));
      };
      if (signal.aborted) onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      reader.on("line", (text) => {
        if (text === "" && this.#lastAnswer.goesOn) reader.prompt();
        else resolve(text);
      });
      reader.once("SIGINT", () => {
        reject(interrupted());
      });
      reader.once("close", () => {
        resolve("");
      });
    })
      .then((text) => (hidden ? text : text.trim()))
      .finally(() => {
        reader.close();
        if (hidden) stderr.write("\n");
      });
  }
}

/** The moment after a key that answered: many people press Enter then, which is none to a line that is asked for next. */
export class LastAnswer {
  readonly #clock: Clock;
  #at = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A key has answered. */
  note(): void {
    this.#at = this.#clock.now();
  }

  /** Whether an Enter alone is still the rest of that answer. */
  get goesOn(): boolean {
    return this.#clock.now() - this.#at < TYPED_AHEAD_MS;
  }
}

function nowhere(): Writable {
  return new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
}

/** Whether a key says yes. */
export function isYes(key: string): boolean {
  return key === "y" || key === "Y";
}

/** Whether a key says no, as the default does. */
export function isNo(key: string): boolean {
  return ["n", "N", "q", "Q", "\r", "\n", CTRL_D].includes(key);
}

/** The choice that a key makes: its own, in either case; Enter and Ctrl-D the last. */
export function choiceOf(key: string, choices: readonly Choice[]): string | undefined {
  if (["\r", "\n", CTRL_D].includes(key)) return choices.at(-1)?.key;
  return choices.find((choice) => choice.key === key.toLowerCase())?.key;
}

/** What Ctrl-C ends a question with. */
export function interrupted(): FxaPairError {
  return new FxaPairError("interrupted", "Interrupted.");
}

/** Why a question was withdrawn. */
export function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error("the question was withdrawn");
}
