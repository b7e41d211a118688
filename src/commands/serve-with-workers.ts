/** The process that starts those that serve, keeps them running, and speaks for them to the outside. */
import cluster from "node:cluster";
import { addressUrl } from "../relay/listen.ts";
import { METRICS_PATH } from "../relay/http-answers.ts";
import { MetricsPage, MetricsServer } from "../relay/metrics-page.ts";
import { PooledFigures } from "../relay/pooled-figures.ts";
import { PrimaryFigures } from "../relay/primary-figures.ts";
import { Supervisor } from "../relay/supervisor.ts";
import type { WorkerProcess } from "../relay/supervisor.ts";
import type { RelaySettings } from "../relay/settings.ts";
import type { RelayRequest } from "./relay-run.ts";
import { withRelayRun } from "./relay-run.ts";

/** Resolves to the exit status when a signal has ended it. */
export async function serveWithWorkers(request: RelayRequest): Promise<number> {
  const { settings, flags, reporter, environment } = request;
  const { clock } = environment;
  let dropped = 0;
  const onDrop = (): void => {
    dropped++;
  };
  return withRelayRun(request, { worker: undefined, onDrop }, async ({ log, ended, onReload }) => {
    const pooled = new PooledFigures();
    const text = async (): Promise<string> =>
      pooled.text([await own.values(), ...(await supervisor.values())]);
    const supervisor: Supervisor = new Supervisor({
      ...{ workers: settings.workers, clock, log, text },
      fork: () => forkWorker(supervisor),
      departed: (values) => {
        pooled.keep(values);
      },
    });
    const own = new PrimaryFigures(() => {
      const { listening, restarted } = supervisor;
      return { listening, restarted, dropped };
    });
    const metrics = settings.metricsPort === null ? undefined : new MetricsServer(new MetricsPage(text));
    try {
      const ownMetricsUrl = metrics && (await listenForMetrics(metrics, settings));
      // Told to end, it does not wait for processes that may never listen.
      const started = await Promise.race([supervisor.start(), ended]);
      if (started !== undefined) {
        const { url } = started;
        const metricsUrl = ownMetricsUrl ?? started.metricsUrl;
        log.write("info", "listening", { url, metrics: metricsUrl, workers: settings.workers });
        onReload(() => {
          supervisor.reload();
        });
        if (flags.json) reporter.event({ type: "listening", url, metricsUrl });
      }
      await ended;
      log.write("info", "draining", { seconds: settings.drain });
      await supervisor.stop(settings.drain);
      log.write("info", "stopped", {});
      return 0;
    } finally {
      await metrics?.close();
    }
  });
}

async function listenForMetrics(
  metrics: MetricsServer,
  { host, metricsPort }: RelaySettings,
): Promise<string> {
  return addressUrl("http", await metrics.listen(host, metricsPort ?? 0)) + METRICS_PATH;
}

/** Another process with the same command line and environment. */
function forkWorker(supervisor: Supervisor): WorkerProcess {
  // Figures may be infinite, which JSON does not have.
  cluster.setupPrimary({ serialization: "advanced" });
  const worker = cluster.fork();
  worker.on("message", (message: unknown) => {
    supervisor.hear(worker.id, message);
  });
  worker.on("exit", (code, signal) => {
    supervisor.ended(worker.id, code, signal);
  });
  worker.on("error", () => {
    // It could not be told something, as it is ending.
  });
  return {
    id: worker.id,
    send: (message) => {
      if (worker.isConnected()) worker.send(message);
    },
    kill: () => worker.process.kill("SIGKILL"),
  };
}
