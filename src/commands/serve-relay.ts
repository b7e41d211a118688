/** Runs the relay as a process: its log, its figures, its signals, its end. */
import { Settled } from "../lib/settled.ts";
import { BUILD } from "../lib/version.ts";
import type { LogFields } from "../relay/log.ts";
import { RelayMetrics } from "../relay/metrics.ts";
import type { Relay } from "../relay/server.ts";
import { startRelay } from "../relay/server.ts";
import type { RelaySettings } from "../relay/settings.ts";
import type { Reporter, ReporterOptions } from "../ui/reporter.ts";
import type { Environment } from "./context.ts";
import { openRelayLog } from "./relay-log.ts";

/** Runs a relay until a signal ends it. */
export async function serve(
  settings: RelaySettings,
  flags: ReporterOptions,
  environment: Environment,
  reporter: Reporter,
): Promise<number> {
  const { clock, random, streams } = environment;
  const metrics = new RelayMetrics();
  const log = openRelayLog(streams.stderr, clock, {
    ...flags,
    worker: undefined,
    onDrop: () => {
      metrics.lineDropped();
    },
  });
  environment.onCrash((thrown) => {
    log.write("error", "crashed", crashFields(thrown, flags.verbose));
    log.close();
  });
  const ended = new Settled<undefined>();
  const end = (): void => {
    ended.settle(undefined);
  };
  environment.onSignal("SIGTERM", end);
  environment.onSignal("SIGINT", end);
  let relay: Relay | undefined;
  environment.onHangUp(() => void relay?.reload(), end);
  try {
    relay = await startRelay({ settings, clock, random, log, metrics, build: BUILD });
    if (flags.json) reporter.event({ type: "listening", url: relay.url, metricsUrl: relay.metricsUrl });
    await ended.promise;
    await relay.drain();
    return 0;
  } finally {
    log.close();
  }
}

/** A bug's message could hold anything, its kind cannot. */
function crashFields(thrown: unknown, verbose: boolean): LogFields {
  const error = thrown instanceof Error ? thrown : new Error(typeof thrown);
  return { error: error.name, ...(verbose ? { stack: error.stack ?? "" } : {}) };
}
