/** What every process of a relay needs: its log, and to hear of its end and of what else it is told from outside. */
import { Settled } from "../lib/settled.ts";
import { capabilitiesFrom } from "../qr/capabilities.ts";
import type { LogFields } from "../relay/log.ts";
import type { RelaySettings } from "../relay/settings.ts";
import type { Reporter, ReporterOptions } from "../ui/reporter.ts";
import type { RelayScreen } from "../ui/screen/relay-screen.ts";
import { canAsk } from "../ui/streams.ts";
import type { Environment } from "./context.ts";
import type { BufferedLog } from "./relay-log.ts";
import { isInForeground } from "./foreground.ts";
import { openRelayLog } from "./relay-log.ts";

/** What `relay` was asked for. */
export interface RelayRequest {
  readonly settings: RelaySettings;
  readonly flags: ReporterOptions;
  readonly environment: Environment;
  readonly reporter: Reporter;
  /** What had to be said about the settings. */
  readonly warnings: readonly string[];
}

export interface RelayRun {
  readonly log: BufferedLog;
  /** Null where lines are written. */
  readonly screen: RelayScreen | null;
  /** Resolves when the process shall end. */
  readonly ended: Promise<void>;
  /** Makes {@link ended} resolve. */
  end(): void;
  /** Calls that each time files are to be read again, at once if that was while they were read for the first time. */
  onReload(listener: () => void): void;
}

/**
 * Runs `body`, and writes the rest of the log after it.
 *
 * @param worker which of several processes this is.
 * @param onDrop called for each line of the log that is lost.
 */
export async function withRelayRun<T>(
  request: RelayRequest,
  { worker, onDrop }: { worker: number | undefined; onDrop: () => void },
  body: (run: RelayRun) => Promise<T>,
): Promise<T> {
  const { flags, environment } = request;
  const { streams, clock } = environment;
  let screen: RelayScreen | null = null;
  let over = false;
  const ended = new Settled<undefined>();
  const reloads: (() => void)[] = [];
  const end = (): void => {
    // From here on it is as without a screen: lines, and a second Ctrl-C that does what it always does.
    over = true;
    screen?.close();
    ended.settle(undefined);
  };
  /** Asked after awaiting, when a signal may have come meanwhile. */
  const isOver = (): boolean => over;
  const onSignal = (): void => {
    // A second signal does what it always does, whichever of the two it is, so that nobody is ever stuck.
    for (const stopListening of signals) stopListening();
    end();
  };
  const signals = [environment.onSignal("SIGTERM", onSignal), environment.onSignal("SIGINT", onSignal)];
  // On a screen a key is as good as a signal.
  screen = await openScreen(request, onSignal);
  if (isOver()) screen?.close();
  const log = openRelayLog(streams.stderr, clock, { ...flags, worker, onDrop }, screen ?? undefined);
  environment.onCrash((thrown) => {
    screen?.close();
    log.write("error", "crashed", crashFields(thrown, flags.verbose));
    log.close();
  });
  const stopRestoring = environment.onExit(() => screen?.close());
  let missed = false;
  environment.onHangUp(() => {
    missed = reloads.length === 0;
    for (const reload of reloads) reload();
  }, end);
  try {
    const onReload = (listener: () => void): void => {
      reloads.push(listener);
      if (missed) listener();
      missed = false;
    };
    return await body({ log, screen, ended: ended.promise, end, onReload });
  } finally {
    screen?.close();
    stopRestoring();
    log.close();
  }
}

/**
 * A screen for whoever sits before one relay's terminal. Several processes write lines, and so does one that a shell keeps in
 * the background: it may not read keys.
 */
async function openScreen(
  { settings, flags, environment, warnings }: RelayRequest,
  stop: () => void,
): Promise<RelayScreen | null> {
  const { streams, clock, variables, platform } = environment;
  if (flags.json || flags.quiet || flags.accessible || variables.TERM === "dumb") return null;
  if (settings.workers > 1 || !canAsk(streams) || !isInForeground(platform)) return null;
  const { RelayScreen } = await import("../ui/screen/relay-screen.ts");
  const capabilities = capabilitiesFrom(variables, platform);
  return new RelayScreen({ streams, clock, capabilities, warnings, stop });
}

/** A bug's message could hold anything, its kind cannot. */
function crashFields(thrown: unknown, verbose: boolean): LogFields {
  const error = thrown instanceof Error ? thrown : new Error(typeof thrown);
  return { error: error.name, ...(verbose ? { stack: error.stack ?? "" } : {}) };
}
