/** What every process of a relay needs: its log, and to hear of its end and of what else it is told from outside. */
import { Settled } from "../lib/settled.ts";
import type { LogFields } from "../relay/log.ts";
import type { RelaySettings } from "../relay/settings.ts";
import type { Reporter, ReporterOptions } from "../ui/reporter.ts";
import type { Environment } from "./context.ts";
import type { BufferedLog } from "./relay-log.ts";
import { openRelayLog } from "./relay-log.ts";

/** What `relay` was asked for. */
export interface RelayRequest {
  readonly settings: RelaySettings;
  readonly flags: ReporterOptions;
  readonly environment: Environment;
  readonly reporter: Reporter;
}

export interface RelayRun {
  readonly log: BufferedLog;
  /** Resolves when the process shall end. */
  readonly ended: Promise<void>;
  /** Makes {@link ended} resolve. */
  end(): void;
  /** Calls that each time files are to be read again. */
  onReload(listener: () => void): void;
}

/**
 * Runs `body`, and writes the rest of the log after it.
 *
 * @param worker which of several processes this is.
 * @param onDrop called for each line of the log that is lost.
 */
export async function withRelayRun<T>(
  { flags, environment }: RelayRequest,
  { worker, onDrop }: { worker: number | undefined; onDrop: () => void },
  body: (run: RelayRun) => Promise<T>,
): Promise<T> {
  const log = openRelayLog(environment.streams.stderr, environment.clock, { ...flags, worker, onDrop });
  environment.onCrash((thrown) => {
    log.write("error", "crashed", crashFields(thrown, flags.verbose));
    log.close();
  });
  const ended = new Settled<undefined>();
  const reloads: (() => void)[] = [];
  const end = (): void => {
    ended.settle(undefined);
  };
  const onSignal = (): void => {
    // A second signal does what it always does, whichever of the two it is, so that nobody is ever stuck.
    for (const stopListening of signals) stopListening();
    end();
  };
  const signals = [environment.onSignal("SIGTERM", onSignal), environment.onSignal("SIGINT", onSignal)];
  environment.onHangUp(() => {
    for (const reload of reloads) reload();
  }, end);
  try {
    return await body({ log, ended: ended.promise, end, onReload: (listener) => reloads.push(listener) });
  } finally {
    log.close();
  }
}

/** A bug's message could hold anything, its kind cannot. */
function crashFields(thrown: unknown, verbose: boolean): LogFields {
  const error = thrown instanceof Error ? thrown : new Error(typeof thrown);
  return { error: error.name, ...(verbose ? { stack: error.stack ?? "" } : {}) };
}
