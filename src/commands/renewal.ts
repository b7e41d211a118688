/**
 * Attempts at a pairing, one after another as the user wants them: each with a channel and a key of its own (security H13),
 * a new one never by itself.
 */
import { FxaPairError } from "../lib/errors.ts";
import type { ErrorCode } from "../lib/errors.ts";
import { TimedSignal } from "../lib/timed-signal.ts";
import type { OfferActions, OfferKind } from "../ui/offer-view.ts";
import { otherKindInWords } from "../ui/words.ts";
import { asFxaPairError, ReportedFailure } from "./failure.ts";
import type { Run } from "./setup.ts";

export interface Attempt {
  /** What is to be shown to the other device's user. */
  readonly way: OfferKind;
  /** Has to be told when a code is about to be shown: those to type are counted (security W3). */
  offered(): void;
  /** Aborted by the interrupt of the run, and when the user wants a fresh code or no more. */
  readonly signal: AbortSignal;
  /** What the user can do while the code is shown. */
  readonly actions: Pick<OfferActions, "renew" | "switchKind" | "quit">;
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

/** Codes to type that one run shows: each gives whoever is on the relay one guess. */
const MAX_TYPED_CODES = 3;

/** Ends an attempt whose code the user wants to be replaced. */
class CodeReplaced extends Error {
  readonly way: OfferKind;

  constructor(way: OfferKind) {
    super("a fresh code is wanted");
    this.way = way;
  }
}

export interface AttemptOptions {
  /** Whether there is somebody to ask after a failure; else the first is the end. */
  readonly asks: boolean;
  /** What the first attempt is to show. */
  readonly way: OfferKind;
  /** Whether the user may have the other kind instead. */
  readonly switches: boolean;
}

/**
 * Makes attempts until one succeeds, or the user leaves it at a failure.
 *
 * @throws the last failure, when the user quits; FxaPairError `channel_security` when more codes to type are wanted than
 *   one run shows; what other than a failed pairing goes wrong
 */
export async function attemptUntilDone<T>(
  run: Run,
  options: AttemptOptions,
  attempt: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  let last: FxaPairError | undefined;
  let { way } = options;
  let typedCodes = 0;
  for (;;) {
    if (way === "code" && typedCodes >= MAX_TYPED_CODES) throw noMoreCodes();
    const ending = new AbortController();
    const shown = way;
    // A QR code that is good is not to be lost to a key that can give nothing for it.
    const switches = options.switches && (shown === "code" || typedCodes < MAX_TYPED_CODES);
    const replaceBy = (wanted: OfferKind) => () => {
      ending.abort(new CodeReplaced(wanted));
    };
    const actions = {
      renew: replaceBy(shown),
      ...(switches ? { switchKind: replaceBy(other(shown)) } : {}),
      quit: () => {
        ending.abort(last ?? quitWithoutFailure());
      },
    };
    const offered = () => {
      if (shown === "code") typedCodes += 1;
    };
    try {
      const signal = AbortSignal.any([run.signal, ending.signal]);
      return await attempt({ way, offered, signal, actions });
    } catch (thrown) {
      if (!run.signal.aborted && thrown instanceof CodeReplaced) {
        way = thrown.way;
        continue;
      }
      last = asFxaPairError(thrown);
      if (!options.asks || run.signal.aborted || isQuit(ending.signal) || !RENEWABLE.has(last.code)) {
        throw thrown;
      }
    }
    way = await askForAnother(run, last, way, switches);
  }
}

/**
 * Whether the user wants no more. A key for a fresh code may be pressed while one that has failed is still in sight: that it
 * has failed, by a wrong guess perhaps, is told all the same, and asked about.
 */
function isQuit({ aborted, reason }: AbortSignal): boolean {
  return aborted && !(reason instanceof CodeReplaced);
}

function other(way: OfferKind): OfferKind {
  return way === "url" ? "code" : "url";
}

/** Resolves to what the next attempt is to show. */
async function askForAnother(
  { environment, reporter, prompter, signal }: Run,
  failure: FxaPairError,
  way: OfferKind,
  switches: boolean,
): Promise<OfferKind> {
  reporter.fail(failure);
  const choices = [
    { key: "r", label: "a fresh code" },
    ...(switches ? [{ key: "t", label: otherKindInWords(way) }] : []),
    { key: "q", label: "quit" },
  ];
  const timed = new TimedSignal(environment.clock, ANSWER_TIME, signal);
  try {
    const chosen = await prompter?.choose("Try again with a fresh code?", choices, timed.signal);
    if (chosen === "r") return way;
    if (chosen === "t") return other(way);
    throw new ReportedFailure(failure);
  } catch (error) {
    throw timed.isOver ? new ReportedFailure(failure) : error;
  } finally {
    timed.end();
  }
}

function noMoreCodes(): FxaPairError {
  const count = MAX_TYPED_CODES;
  return new FxaPairError("channel_security", `One run shows ${count} codes to type, and these were all.`, {
    hint: "If somebody typed wrong ones, find out who it was before you run fxa-pair host again, best with its QR code.",
  });
}

function quitWithoutFailure(): FxaPairError {
  return new FxaPairError("declined_here", "You ended it before a device came.", {
    hint: "The code is not good any more; run the command again for another.",
  });
}
