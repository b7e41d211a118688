/** One of the processes that serve a relay together; the one that started it speaks to the outside. */
import type { Worker } from "node:cluster";
import { FxaPairError } from "../lib/errors.ts";
import { BUILD } from "../lib/version.ts";
import { RelayMetrics } from "../relay/metrics.ts";
import { Questions } from "../relay/questions.ts";
import type { Relay } from "../relay/server.ts";
import { startRelay } from "../relay/server.ts";
import type { FromWorker } from "../relay/worker-messages.ts";
import { parseToWorker } from "../relay/worker-messages.ts";
import { asFxaPairError, ReportedFailure } from "./failure.ts";
import type { RelayRequest, RelayRun } from "./relay-run.ts";
import { withRelayRun } from "./relay-run.ts";

/** Milliseconds to wait for the figures of all. */
const PATIENCE = 5_000;

export async function serveAsWorker(request: RelayRequest, worker: Worker): Promise<number> {
  const figures = new RelayMetrics();
  const onDrop = (): void => {
    figures.lineDropped();
  };
  return withRelayRun(request, { worker: worker.id, onDrop }, async (run) => {
    const all = new Questions<string>(request.environment.clock, PATIENCE);
    const primary = new Primary(worker, figures, all, run);
    const relay = await start(request, run, figures, () => primary.text()).catch(async (thrown: unknown) => {
      const { message, hint } = asFxaPairError(thrown);
      await primary.tell({ type: "failed", message, hint });
      // Whoever started this process tells it.
      throw new ReportedFailure(asFxaPairError(thrown));
    });
    primary.relay = relay;
    await primary.tell({ type: "listening", url: relay.url, metricsUrl: relay.metricsUrl });
    await run.ended;
    await relay.drain();
    return 0;
  });
}

/** Figures on a port of their own are served by the process that has those of all. */
function start(
  { settings, environment }: RelayRequest,
  { log }: RelayRun,
  figures: RelayMetrics,
  metricsText: () => Promise<string>,
): Promise<Relay> {
  const { clock, random } = environment;
  return startRelay({
    ...{ clock, random, log, figures, build: BUILD },
    settings: { ...settings, metricsPort: null },
    ...(settings.metricsPort === null ? { metricsText } : {}),
  });
}

/** The process that started this one, at the other end of a pipe. */
class Primary {
  /** Once there is one. */
  relay: Relay | undefined;
  readonly #worker: Worker;
  readonly #figures: RelayMetrics;
  readonly #texts: Questions<string>;

  constructor(worker: Worker, figures: RelayMetrics, texts: Questions<string>, run: RelayRun) {
    this.#worker = worker;
    this.#figures = figures;
    this.#texts = texts;
    worker.on("message", (message: unknown) => {
      this.#obey(message, run);
    });
    // Node ends this process right after.
    worker.on("disconnect", () => {
      run.log.write("error", "primary_gone", {});
      run.log.close();
    });
  }

  /** Resolves when the message is on its way. */
  tell(message: FromWorker): Promise<void> {
    return new Promise((resolve) => {
      this.#worker.send(message, () => {
        resolve();
      });
    });
  }

  /** The figures of all processes. */
  async text(): Promise<string> {
    const text = await this.#texts.ask((question) => void this.tell({ type: "ask_text", question }));
    if (text === undefined) throw new FxaPairError("internal", "The figures of all processes did not come.");
    return text;
  }

  #obey(message: unknown, run: RelayRun): void {
    const parsed = parseToWorker(message);
    switch (parsed?.type) {
      case "reload":
        void this.relay?.reload();
        return;
      case "drain":
        run.end();
        return;
      case "ask_values":
        void this.#tellValues(parsed.question);
        return;
      case "text":
        this.#texts.answer(parsed.question, parsed.text);
        return;
      case undefined:
    }
  }

  async #tellValues(question: number): Promise<void> {
    await this.tell({ type: "values", question, values: await this.#figures.values() });
  }
}
