/**
 * The figures of several processes as those of one relay. What a process had counted when it was last asked stays counted
 * after its end: a total that went back would look like a fresh start to whoever draws it.
 */
import { AggregatorRegistry } from "prom-client";
import { METRICS_PREFIX, valuesOf } from "./metrics.ts";
import type { FigureValues } from "./worker-messages.ts";

/** How figures are put together that neither add up nor have a rule of their own. */
const RULES: Readonly<Record<string, string>> = {
  process_start_time_seconds: "max",
  nodejs_eventloop_lag_seconds: "max",
  nodejs_eventloop_lag_mean_seconds: "max",
  nodejs_eventloop_lag_p50_seconds: "max",
  nodejs_eventloop_lag_p90_seconds: "max",
  nodejs_eventloop_lag_p99_seconds: "max",
};

/** These only grow. */
const TOTALS: ReadonlySet<string> = new Set(["counter", "histogram"]);

/** How many processes that have ended are kept apart before they are added up. */
const MAX_DEPARTED = 8;

export class PooledFigures {
  readonly #departed: FigureValues[] = [];
  #addingUp = false;

  /** Keeps what a process that has ended had counted. */
  keep(values: FigureValues): void {
    this.#departed.push(values.filter(({ type }) => TOTALS.has(type)));
  }

  /** The figures of all in Prometheus' text format 0.0.4. */
  async text(processes: readonly FigureValues[]): Promise<string> {
    const ruled = processes.map((values) => values.map(withRule));
    const text = await AggregatorRegistry.aggregate([...ruled, ...this.#departed]).metrics();
    await this.#addUp();
    return text;
  }

  /** Makes one of those that have ended, if they have become many. */
  async #addUp(): Promise<void> {
    const count = this.#departed.length;
    if (count <= MAX_DEPARTED || this.#addingUp) return;
    this.#addingUp = true;
    const sum = await valuesOf(AggregatorRegistry.aggregate([...this.#departed]));
    this.#departed.splice(0, count, sum);
    this.#addingUp = false;
  }
}

function withRule(figure: FigureValues[number]): FigureValues[number] {
  const aggregator = RULES[figure.name.slice(METRICS_PREFIX.length)];
  return aggregator === undefined ? figure : { ...figure, aggregator };
}
