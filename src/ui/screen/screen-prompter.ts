/** Questions on a screen. What is no in lines is no here: Enter, silence, the end of input. */
import type { CancelTimer, Clock } from "../../lib/clock.ts";
import { charactersInWords, PASTE_PAUSE_MS } from "../ask-paste.ts";
import type { Explained } from "../events.ts";
import { PasteInput } from "../paste-input.ts";
import { abortReason, choiceOf, interrupted, isNo, isYes, LastAnswer } from "../prompt.ts";
import type { Choice, PasteQuestion, Prompter } from "../prompt.ts";
import { displayText } from "../safe-text.ts";
import type { EndingPanel, LinePanel, ShownKey } from "./model.ts";
import type { KeyListener, Screen } from "./screen.ts";

/** What a question is about, from whoever told it before. */
export interface Subject {
  readonly about: Explained | null;
  readonly ending: EndingPanel | null;
}

const YES_NO: readonly ShownKey[] = [
  { key: "y", does: "yes" },
  { key: "n", does: "no (Enter)" },
];
/** Where it is about another device. */
const APPROVE: readonly ShownKey[] = [
  { key: "y", does: "approve" },
  { key: "n", does: "decline (Enter)" },
];
/** What Enter alone sends. */
const LINE_ENDS: ReadonlySet<string> = new Set(["\r", "\n", "\r\n"]);
/** Characters of a line that is shown. */
const MAX_LINE = 1000;

export class ScreenPrompter implements Prompter {
  readonly #screen: Screen;
  readonly #lines: Prompter;
  readonly #clock: Clock;
  readonly #subject: () => Subject;
  readonly #lastAnswer: LastAnswer;

  /** @param lines asks where no screen was planned */
  constructor(screen: Screen, lines: Prompter, clock: Clock, subject: () => Subject) {
    this.#screen = screen;
    this.#lines = lines;
    this.#clock = clock;
    this.#subject = subject;
    this.#lastAnswer = new LastAnswer(clock);
  }

  async confirm(question: string, signal: AbortSignal): Promise<boolean> {
    if (!this.#screen.planned) return this.#lines.confirm(question, signal);
    const about = this.#subject().about?.type;
    const keys = about === "request" || about === "metadata" ? APPROVE : YES_NO;
    const answer = await this.#press(question, keys, signal, "no", (key) => {
      // What has not been in sight cannot be agreed to.
      if (isYes(key)) return this.#screen.read ? "yes" : undefined;
      return isNo(key) ? "no" : undefined;
    });
    return answer === "yes";
  }

  async choose(question: string, choices: readonly Choice[], signal: AbortSignal): Promise<string> {
    if (!this.#screen.planned) return this.#lines.choose(question, choices, signal);
    const keys = choices.map(({ key, label }) => ({ key: key === "" ? "Enter" : key, does: label }));
    const harmless = choices.at(-1)?.key ?? "";
    return this.#press(question, keys, signal, harmless, (key) => choiceOf(key, choices));
  }

  async line(label: string, { hidden }: { hidden: boolean }, signal: AbortSignal): Promise<string> {
    if (!this.#screen.planned) return this.#lines.line(label, { hidden }, signal);
    const form = hidden ? hiddenForm : shownForm;
    const text = await this.#type({ label }, (typed) => ({ shown: form(typed) }), 0, signal);
    return hidden ? text : withoutLineEnds(text).trim();
  }

  async paste(question: PasteQuestion, signal: AbortSignal): Promise<string> {
    if (!this.#screen.planned) return this.#lines.paste(question, signal);
    const { assist } = question;
    const show = (typed: string) => {
      const hint = assist?.(typed)?.hint;
      return hint === undefined ? { shown: hiddenForm(typed) } : { shown: shownForm(typed), hint };
    };
    return this.#type(question, show, PASTE_PAUSE_MS, signal);
  }

  /** @param pause milliseconds after Enter in which what follows makes it a line end of a paste */
  #type(
    { explanation, label, assist }: Partial<PasteQuestion> & Pick<PasteQuestion, "label">,
    show: (text: string) => Pick<LinePanel, "shown" | "hint">,
    pause: number,
    signal: AbortSignal,
  ): Promise<string> {
    const typed = new PasteInput((text) => assist?.(text)?.completed);
    let cancel: CancelTimer = () => undefined;
    const panel = () => ({
      type: "line" as const,
      about: this.#subject().about,
      explanation,
      label,
      ...show(typed.text),
    });
    return this.#ask<string>(signal, panel, (settle, interrupt) => {
      const done = () => {
        settle(typed.text);
      };
      return {
        input: (piece) => {
          if (typed.text === "" && LINE_ENDS.has(piece) && this.#lastAnswer.goesOn) return;
          cancel();
          const step = typed.feed(piece);
          if (step === "interrupted") interrupt();
          else if (step === "ended") settle("");
          else if (step !== "enter") this.#screen.change(panel());
          else if (pause === 0) done();
          else cancel = this.#clock.after(pause, done);
        },
        end: () => {
          settle("");
        },
      };
    });
  }

  #press(
    question: string,
    keys: readonly ShownKey[],
    signal: AbortSignal,
    otherwise: string,
    meaningOf: (key: string) => string | undefined,
  ): Promise<string> {
    const panel = () => ({ type: "question" as const, ...this.#subject(), question, keys });
    return this.#ask<string>(signal, panel, (settle, interrupt) => ({
      key: (key) => {
        const meaning = meaningOf(key);
        if (meaning === undefined) return;
        this.#lastAnswer.note();
        settle(meaning);
      },
      interrupt,
      end: () => {
        settle(otherwise);
      },
    }));
  }

  /** Shows a panel until it is answered or not needed any more. */
  async #ask<T>(
    signal: AbortSignal,
    panel: () => Parameters<Screen["show"]>[0],
    listener: (settle: (answer: T) => void, interrupt: () => void) => KeyListener,
  ): Promise<T> {
    signal.throwIfAborted();
    if (!(await this.#screen.enter())) throw interrupted();
    let onAbort: () => void = () => undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        onAbort = () => {
          reject(abortReason(signal));
        };
        if (signal.aborted) onAbort();
        signal.addEventListener("abort", onAbort);
        const interrupt = () => {
          reject(interrupted());
        };
        this.#screen.show(panel(), listener(resolve, interrupt));
      });
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#screen.clearNotices();
      this.#screen.show({ type: "steps" });
    }
  }
}

/** Tells that something arrived, and nothing of what. */
function hiddenForm(typed: string): string {
  return typed === "" ? "" : `(${charactersInWords(typed)}, not shown)`;
}

/** What was typed into a line is the user's own, but pasted text could hold anything. */
function shownForm(typed: string): string {
  return displayText(withoutLineEnds(typed), MAX_LINE);
}

function withoutLineEnds(typed: string): string {
  return typed.replaceAll(/[\r\n\t]+/g, " ");
}
