/**
 * The relay's figures for Prometheus. While the relay works it only adds to plain numbers; what they are called is made
 * of them when somebody asks. No label ever holds an id, an address, a path or anything else a client chose.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Admission, ChannelSummary } from "./backplane.ts";
import type { Figures, Levels } from "./telemetry.ts";
import type { FigureValues } from "./worker-messages.ts";

/** What the names of all figures begin with. */
export const METRICS_PREFIX = "fxa_pair_relay_";

/** Seconds. A pairing takes half a minute; its channel lives for 300 s at most by default. */
const PAIRING_BUCKETS = [1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600];

/** Seconds. A store beside the relay answers within a millisecond. */
const CALL_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Values of one label at most, whatever a store may send. */
const MAX_LABELS = 64;

export class RelayMetrics implements Figures {
  readonly #registry = new Registry();
  readonly #refused = new Tally();
  readonly #ended = new Tally();
  readonly #pairings: Histogram;
  readonly #calls: Histogram;
  #levels: () => Levels = () => ({ channels: 0, connections: 0 });
  #created = 0;
  #accepted = 0;
  #resumes = 0;
  #messages = 0;
  #bytes = 0;
  #callErrors = 0;
  #foreign = 0;
  #droppedLines = 0;
  #met = 0;

  constructor() {
    this.#gauge(
      "channels_open",
      "Channels with a participant in this process",
      () => this.#levels().channels,
    );
    this.#counter("channels_created_total", "Channels opened", () => this.#created);
    this.#tally("channels_ended_total", "Channels ended, by reason", this.#ended);
    this.#gauge("connections_open", "WebSockets, closing ones included", () => this.#levels().connections);
    this.#counter("connections_accepted_total", "WebSockets that got a seat", () => this.#accepted);
    this.#tally("connections_refused_total", "Upgrades refused, by reason", this.#refused);
    this.#counter("resumes_total", "Seats taken again after a lost connection", () => this.#resumes);
    this.#counter("messages_relayed_total", "Messages accepted", () => this.#messages);
    this.#counter("bytes_relayed_total", "Bytes of the messages accepted", () => this.#bytes);
    this.#counter(
      "backplane_errors_total",
      "Calls to the store, and attempts to reach it, that failed",
      () => this.#callErrors,
    );
    this.#counter(
      "backplane_foreign_total",
      "What no relay can have written to the store",
      () => this.#foreign,
    );
    this.#counter("log_lines_dropped_total", "Log lines that nobody took in time", () => this.#droppedLines);
    this.#pairings = this.#histogram(
      "pairing_duration_seconds",
      "Lives of channels in which two participants met",
      PAIRING_BUCKETS,
    );
    this.#calls = this.#histogram("backplane_duration_seconds", "Calls to the store", CALL_BUCKETS);
    collectDefaultMetrics({
      ...{ register: this.#registry, prefix: METRICS_PREFIX },
      // Milliseconds; looking more often would cost more than the rest of an idle relay.
      eventLoopMonitoringPrecision: 20,
    });
  }

  watch(levels: () => Levels): void {
    this.#levels = levels;
  }

  admitted(admission: Admission): void {
    this.#accepted++;
    if (admission.connection > 0) this.#resumes++;
    if (opensChannel(admission)) this.#created++;
  }

  abandoned(admission: Admission): void {
    if (opensChannel(admission)) this.#created++;
  }

  refused(error: string): void {
    this.#refused.count(error);
  }

  ended({ ending, participants, duration }: ChannelSummary): void {
    this.#ended.count(ending.reason);
    if (participants <= 1) return;
    this.#met++;
    this.#pairings.observe(duration / 1000);
  }

  /** Channels that have ended and in which two participants had met. */
  get pairings(): number {
    return this.#met;
  }

  relayed(bytes: number): void {
    this.#messages++;
    this.#bytes += bytes;
  }

  called(milliseconds: number, failed: boolean): void {
    this.#calls.observe(milliseconds / 1000);
    if (failed) this.#callErrors++;
  }

  foreign(): void {
    this.#foreign++;
  }

  /** A line of the log was lost. */
  lineDropped(): void {
    this.#droppedLines++;
  }

  /** The figures in Prometheus' text format 0.0.4. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The figures as values, for adding up with those of other processes. */
  values(): Promise<FigureValues> {
    return valuesOf(this.#registry);
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      ...this.#named(name, help),
      collect() {
        this.set(value());
      },
    });
  }

  #counter(name: string, help: string, total: () => number): void {
    new Counter({
      ...this.#named(name, help),
      collect() {
        this.reset();
        this.inc(total());
      },
    });
  }

  #tally(name: string, help: string, tally: Tally): void {
    new Counter({
      ...this.#named(name, help),
      labelNames: ["reason"],
      collect() {
        this.reset();
        for (const [reason, total] of tally.totals) this.inc({ reason }, total);
      },
    });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ ...this.#named(name, help), buckets });
  }

  #named(name: string, help: string): { name: string; help: string; registers: Registry[] } {
    return { name: METRICS_PREFIX + name, help, registers: [this.#registry] };
  }
}

/** Whether there is a channel since then that was not there before. */
function opensChannel({ seat, connection }: Admission): boolean {
  return seat === 0 && connection === 0;
}

/** Everything in a registry as values. */
export async function valuesOf(registry: Registry): Promise<FigureValues> {
  const figures = await registry.getMetricsAsJSON();
  return figures.map((figure) => ({ ...figure, type: String(figure.type) }));
}

/** How often each of a few things has happened. */
class Tally {
  readonly totals = new Map<string, number>();

  count(name: string): void {
    const key = this.totals.has(name) || this.totals.size < MAX_LABELS ? name : "other";
    this.totals.set(key, (this.totals.get(key) ?? 0) + 1);
  }
}
