/** What most commands need before their own work: a reporter, a prompter, an interrupt, the accounts server. */
import { FxaPairError } from "../lib/errors.ts";
import { VERSION } from "../lib/version.ts";
import { capabilitiesFrom, questionsFor } from "../qr/capabilities.ts";
import type { Prompter } from "../ui/prompt.ts";
import { chooseReporter } from "../ui/choose-reporter.ts";
import type { Reporter } from "../ui/reporter.ts";
import type { Environment, SignalName } from "./context.ts";
import { asFxaPairError, ReportedFailure } from "./failure.ts";

export interface ReporterFlags {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly accessible: boolean;
}

/** One run of a command. */
export interface Run {
  readonly environment: Environment;
  readonly reporter: Reporter;
  /** Null where nobody can be asked. */
  readonly prompter: Prompter | null;
  /** Aborted with an `interrupted` error by Ctrl-C, a termination signal or a closed terminal. */
  readonly signal: AbortSignal;
}

const ENDING_SIGNALS: readonly SignalName[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs `body` with everything set up, and takes the signal handlers down again.
 *
 * @throws ReportedFailure when it fails, once that has been told as the options want it.
 */
export async function withRun<T>(
  flags: ReporterFlags,
  environment: Environment,
  body: (run: Run) => Promise<T>,
): Promise<T> {
  const { streams, clock } = environment;
  const controller = new AbortController();
  const interrupt = () => {
    controller.abort(new FxaPairError("interrupted", "Interrupted."));
  };
  const stopListening = ENDING_SIGNALS.map((name) => environment.onSignal(name, interrupt));
  const { variables, platform } = environment;
  const options = { ...flags, accessible: flags.accessible || variables.TERM === "dumb" };
  const { reporter, prompter, close } = chooseReporter(streams, clock, options, {
    capabilities: capabilitiesFrom(variables, platform),
    questions: questionsFor(variables),
    interrupt,
  });
  // Whatever else happens: a bug, a second signal.
  const stopRestoring = environment.onExit(close);
  environment.onCrash((thrown) => {
    close();
    reporter.fail(asFxaPairError(thrown));
  });
  // The terminal is given back at once; what has to be told to others may take a while.
  controller.signal.addEventListener("abort", close);
  try {
    return await body({ environment, reporter, prompter, signal: controller.signal });
  } catch (thrown) {
    if (thrown instanceof ReportedFailure) throw thrown;
    const error = asFxaPairError(thrown);
    reporter.fail(error);
    throw new ReportedFailure(error);
  } finally {
    close();
    stopRestoring();
    for (const stop of stopListening) stop();
  }
}

/** How this program introduces itself: relays and accounts servers show it to the people on the other side. */
export function userAgent(environment: Environment): string {
  return `fxa-pair/${VERSION} (${environment.platform})`;
}

/** Refuses to start something that will have to ask, where nobody can answer. */
export function requireSomebodyToAsk(run: Run, yes: boolean, hint: string): void {
  if (yes || run.prompter !== null) return;
  throw new FxaPairError("usage", "This has to ask a question, and there is no terminal to ask it on.", {
    hint,
  });
}

/**
 * Waits for something that cannot be told to stop, but no longer than until the run is interrupted; what comes of it
 * afterwards is handed to `discard`.
 *
 * @throws the interruption.
 */
export async function untilInterrupted<T>(
  pending: Promise<T>,
  { signal }: Run,
  discard: (late: T) => unknown,
): Promise<T> {
  let onAbort: () => void = () => undefined;
  const interrupted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      pending.then(discard, () => undefined);
      reject(
        signal.reason instanceof Error ? signal.reason : new FxaPairError("interrupted", "Interrupted."),
      );
    };
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([pending, interrupted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
