/**
 * Questions on a plain terminal. The default is no, and silence, an end of input or an abort is no as well. Keys pressed
 * before a question or in its first 300 ms answer nothing: they were typed for something else.
 */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import type { Streams } from "./streams.ts";

const TYPED_AHEAD_MS = 300;
const CTRL_C = "\u0003";
const CTRL_D = "\u0004";

export interface Prompter {
  /** Asks a yes/no question with one key; y is yes, n, q, Enter and the end of input are no. */
  confirm(question: string, signal: AbortSignal): Promise<boolean>;
  /** Asks for one line, trimmed; a hidden one is not echoed. The end of input is an empty line. */
  line(label: string, options: { hidden: boolean }, signal: AbortSignal): Promise<string>;
}

export class TerminalPrompter implements Prompter {
  readonly #streams: Streams;
  readonly #clock: Clock;

  constructor(streams: Streams, clock: Clock) {
    this.#streams = streams;
    this.#clock = clock;
  }

  confirm(question: string, signal: AbortSignal): Promise<boolean> {
    const { stdin, stderr } = this.#streams;
    const opened = this.#clock.now();
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void, echo: string) => {
        stdin.off("data", onKeys).off("end", onEnd);
        signal.removeEventListener("abort", onAbort);
        stdin.setRawMode?.(false);
        stdin.pause();
        stderr.write(`${echo}\n`);
        settle();
      };
      const answer = (yes: boolean) => {
        finish(
          () => {
            resolve(yes);
          },
          yes ? "yes" : "no",
        );
      };
      const onEnd = () => {
        answer(false);
      };
      const onAbort = () => {
        finish(() => {
          reject(abortReason(signal));
        }, "");
      };
      const onKeys = (chunk: Buffer | string) => {
        for (const key of chunk.toString()) {
          if (key === CTRL_C) {
            finish(() => {
              reject(interrupted());
            }, "");
            return;
          }
          if (this.#clock.now() - opened < TYPED_AHEAD_MS) continue;
          const yes = answerOf(key);
          if (yes === undefined) continue;
          answer(yes);
          return;
        }
      };
      if (signal.aborted) {
        reject(abortReason(signal));
        return;
      }
      stderr.write(`${question} [y/N] `);
      stdin.setRawMode?.(true);
      stdin.on("data", onKeys).on("end", onEnd);
      signal.addEventListener("abort", onAbort);
      stdin.resume();
    });
  }

  line(label: string, { hidden }: { hidden: boolean }, signal: AbortSignal): Promise<string> {
    const { stdin, stderr } = this.#streams;
    const echo = hidden
      ? new Writable({
          write: (_chunk, _encoding, done) => {
            done();
          },
        })
      : stderr;
    stderr.write(`${label}: `);
    const reader = createInterface({ input: stdin, output: echo, terminal: true, historySize: 0 });
    return new Promise<string>((resolve, reject) => {
      const onAbort = () => {
        reject(abortReason(signal));
      };
      signal.addEventListener("abort", onAbort, { once: true });
      reader.once("line", resolve);
      reader.once("SIGINT", () => {
        reject(interrupted());
      });
      reader.once("close", () => {
        resolve("");
      });
    })
      .then((text) => text.trim())
      .finally(() => {
        reader.close();
        if (hidden) stderr.write("\n");
      });
  }
}

function answerOf(key: string): boolean | undefined {
  if (key === "y" || key === "Y") return true;
  return ["n", "N", "q", "Q", "\r", "\n", CTRL_D].includes(key) ? false : undefined;
}

function interrupted(): FxaPairError {
  return new FxaPairError("interrupted", "Interrupted.");
}

function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error("the question was withdrawn");
}
