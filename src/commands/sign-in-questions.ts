/** What a sign-in asks on the way: mailed codes, codes of an app, unblock codes, and new mails with them. */
import { FxaPairError } from "../lib/errors.ts";
import type { CodeQuestion } from "../oauth/confirm-sign-in.ts";
import type { UnblockQuestion } from "../oauth/login.ts";
import { durationInWords } from "../ui/words.ts";
import type { Run } from "./setup.ts";

export class SignInQuestions {
  readonly #run: Run;
  /** Given with the command, and good for one question. */
  #totp: string | undefined;

  constructor({ totp }: { readonly totp?: string | undefined }, run: Run) {
    this.#run = run;
    this.#totp = totp;
  }

  async askCode(question: CodeQuestion): Promise<string> {
    const { reporter } = this.#run;
    const { method, last, attemptsLeft } = question;
    if (last === "wrong") reporter.warn(`that code was wrong or too old.${lastTry(attemptsLeft)}`);
    if (method === "mailed-code") return this.#askMailed("Code mailed to you", question);
    const given = this.#totp;
    this.#totp = undefined;
    return given ?? askLine(this.#run, "Code of your authenticator app", false, "Give it with --totp.");
  }

  async askUnblockCode(question: UnblockQuestion): Promise<string> {
    const { reporter } = this.#run;
    if (question.last === "wrong") reporter.warn("that code was wrong or too old.");
    if (question.last === null)
      reporter.say("The sign-in was blocked for security; a code was mailed to you.");
    return this.#askMailed("Unblock code", question, "Run it again with --unblock-code and the mailed code.");
  }

  async #askMailed(
    label: string,
    { last, wait, resendsLeft }: Pick<CodeQuestion, "last" | "wait" | "resendsLeft">,
    hint = "Run it in a terminal.",
  ): Promise<string> {
    const { prompter, reporter, environment } = this.#run;
    if (prompter !== null) {
      if (last === "resent") reporter.say("Another mail is on its way; use the code of the newest.");
      else if (last === "throttled") reporter.say(tooManyMails(wait));
      else if (last === null) reporter.say("No mail? Press Enter alone (or r), and the code is sent again.");
    }
    const code = await askLine(this.#run, label, false, hint);
    // A terminal that is gone asks for nothing.
    if (code === "" && resendsLeft > 0 && !environment.streams.stdin.readable) {
      throw new FxaPairError("usage", "The input ended before the mailed code.", { hint: "Start again." });
    }
    return code;
  }
}

function lastTry(attemptsLeft: number): string {
  return attemptsLeft === 1 ? " This is the last try." : "";
}

function tooManyMails(wait: number | null): string {
  const time = wait === null ? "a while" : durationInWords(wait < 60 ? wait : Math.ceil(wait / 60) * 60);
  return `The server sends no further mail for ${time}; the newest code still counts.`;
}

/** @throws FxaPairError `usage` where nobody can be asked, with the hint. */
export async function askLine(run: Run, label: string, hidden: boolean, hint: string): Promise<string> {
  if (run.prompter === null) {
    throw new FxaPairError("usage", `This has to ask (${label}), and there is no terminal to ask on.`, {
      hint,
    });
  }
  return run.prompter.line(label, { hidden }, run.signal);
}
