/** Runs the relay: in this process, or in several that this one supervises. */
import cluster from "node:cluster";
import { BUILD } from "../lib/version.ts";
import { RelayMetrics } from "../relay/metrics.ts";
import { startRelay } from "../relay/server.ts";
import type { RelayRequest } from "./relay-run.ts";
import { withRelayRun } from "./relay-run.ts";
import { serveAsWorker } from "./serve-as-worker.ts";
import { serveWithWorkers } from "./serve-with-workers.ts";

/** Resolves to the exit status when a signal has ended it. */
export function serve(request: RelayRequest): Promise<number> {
  if (request.settings.workers === 1) return serveAlone(request);
  return cluster.worker === undefined ? serveWithWorkers(request) : serveAsWorker(request, cluster.worker);
}

async function serveAlone(request: RelayRequest): Promise<number> {
  const { settings, flags, reporter, environment } = request;
  const { clock, random } = environment;
  const figures = new RelayMetrics();
  const onDrop = (): void => {
    figures.lineDropped();
  };
  return withRelayRun(request, { worker: undefined, onDrop }, async ({ log, screen, ended, onReload }) => {
    const metricsText = () => figures.text();
    const relay = await startRelay({ settings, clock, random, log, figures, metricsText, build: BUILD });
    onReload(() => void relay.reload());
    if (flags.json) reporter.event({ type: "listening", url: relay.url, metricsUrl: relay.metricsUrl });
    await screen?.show(() => {
      const { url, metricsUrl } = relay;
      const { channels, connections } = relay.stats();
      return { url, metricsUrl, channels, connections, pairings: figures.pairings };
    });
    await ended;
    await relay.drain();
    return 0;
  });
}
