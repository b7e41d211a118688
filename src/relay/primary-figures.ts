/** What the process that supervises others counts by itself. */
import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import { METRICS_PREFIX, valuesOf } from "./metrics.ts";
import type { FigureValues } from "./worker-messages.ts";

export interface Supervised {
  /** Processes that serve. */
  readonly listening: number;
  /** Processes started in place of others. */
  readonly restarted: number;
  /** Lines of this process's log that were lost. */
  readonly dropped: number;
}

export class PrimaryFigures {
  readonly #registry = new Registry();

  constructor(supervised: () => Supervised) {
    const named = (name: string, help: string) => {
      return { name: METRICS_PREFIX + name, help, registers: [this.#registry] };
    };
    new Gauge({
      ...named("workers", "Processes that serve, where there are several"),
      collect() {
        this.set(supervised().listening);
      },
    });
    new Counter({
      ...named("worker_restarts_total", "Processes started in place of others"),
      collect() {
        this.reset();
        this.inc(supervised().restarted);
      },
    });
    new Counter({
      ...named("log_lines_dropped_total", "Log lines that nobody took in time"),
      collect() {
        this.reset();
        this.inc(supervised().dropped);
      },
    });
    collectDefaultMetrics({ register: this.#registry, prefix: METRICS_PREFIX });
  }

  /** The figures as values, for adding up with those of the others. */
  values(): Promise<FigureValues> {
    return valuesOf(this.#registry);
  }
}
