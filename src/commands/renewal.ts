/**
 * Attempts at a pairing, one after another as the user wants them: each with a channel and a key of its own (security H13),
 * a new one never by itself.
 */
import { FxaPairError } from "../lib/errors.ts";
import type { ErrorCode } from "../lib/errors.ts";
import { TimedSignal } from "../lib/timed-signal.ts";
import type { OfferActions } from "../ui/offer-view.ts";
import { asFxaPairError, ReportedFailure } from "./failure.ts";
import type { Run } from "./setup.ts";

export interface Attempt {
  /** Aborted by the interrupt of the run, and when the user wants a fresh code or no more. */
  readonly signal: AbortSignal;
  /** What the user can do while the code is shown. */
  readonly actions: Pick<OfferActions, "renew" | "quit">;
}

/** What another code may help with. Not a no that was said here, nor what is wrong with this device. */
const RENEWABLE: ReadonlySet<ErrorCode> = new Set([
  "timeout",
  "declined_there",
  "unreachable",
  "channel_security",
  "refused",
]);

/** Milliseconds that the question for another code stands, as long as a code at most: silence is no. */
const ANSWER_TIME = 900_000;

/** Ends an attempt whose code the user wants to be replaced. */
class CodeReplaced extends Error {}

/**
 * Makes attempts until one succeeds, or the user leaves it at a failure.
 *
 * @param asks whether there is somebody to ask after a failure; else the first is the end
 * @throws the last failure, when the user quits; what other than a failed pairing goes wrong
 */
export async function attemptUntilDone<T>(
  run: Run,
  asks: boolean,
  attempt: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  let last: FxaPairError | undefined;
  for (;;) {
    const ending = new AbortController();
    const actions = {
      renew: () => {
        ending.abort(new CodeReplaced("a fresh code is wanted"));
      },
      quit: () => {
        ending.abort(last ?? quitWithoutFailure());
      },
    };
    try {
      return await attempt({ signal: AbortSignal.any([run.signal, ending.signal]), actions });
    } catch (thrown) {
      if (!run.signal.aborted && ending.signal.reason instanceof CodeReplaced) continue;
      last = asFxaPairError(thrown);
      if (!asks || run.signal.aborted || ending.signal.aborted || !RENEWABLE.has(last.code)) throw thrown;
    }
    await askForAnother(run, last);
  }
}

async function askForAnother(
  { environment, reporter, prompter, signal }: Run,
  failure: FxaPairError,
): Promise<void> {
  reporter.fail(failure);
  const choices = [
    { key: "r", label: "a fresh code" },
    { key: "q", label: "quit" },
  ];
  const timed = new TimedSignal(environment.clock, ANSWER_TIME, signal);
  try {
    const chosen = await prompter?.choose("Try again with a fresh code?", choices, timed.signal);
    if (chosen !== "r") throw new ReportedFailure(failure);
  } catch (error) {
    throw timed.isOver ? new ReportedFailure(failure) : error;
  } finally {
    timed.end();
  }
}

function quitWithoutFailure(): FxaPairError {
  return new FxaPairError("declined_here", "You ended it before a device came.", {
    hint: "The code is not good any more; run fxa-pair host for another.",
  });
}
