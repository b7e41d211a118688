import { describe, expect, it } from "vitest";
import { RelayMetrics } from "../../src/relay/metrics.ts";
import { PooledFigures } from "../../src/relay/pooled-figures.ts";
import { PrimaryFigures } from "../../src/relay/primary-figures.ts";
import { REFUSALS } from "../../src/relay/refusals.ts";
import type { FigureValues } from "../../src/relay/worker-messages.ts";
import { parseFromWorker } from "../../src/relay/worker-messages.ts";

/** What a process that relayed so many messages tells, as it arrives at the one that asked. */
async function valuesAfter(messages: number): Promise<FigureValues> {
  const metrics = new RelayMetrics();
  metrics.watch(() => ({ channels: messages, connections: 0 }));
  for (let count = 0; count < messages; count++) {
    metrics.relayed(10);
    metrics.refused(REFUSALS.full.error);
    metrics.called(1, false);
  }
  const values = structuredClone(await metrics.values());
  const parsed = parseFromWorker({ type: "values", question: 1, values });
  if (parsed?.type !== "values") throw new Error("not taken for values");
  return parsed.values;
}

function figure(text: string, name: string): number {
  const line = text.split("\n").find((each) => each.startsWith(`fxa_pair_relay_${name} `)) ?? "";
  return Number(line.split(" ").at(-1));
}

describe("the figures of several processes", () => {
  it("add up, where they do", async () => {
    const own = new PrimaryFigures(() => ({ listening: 2, restarted: 3, dropped: 4 }));
    const lists = [await own.values(), await valuesAfter(2), await valuesAfter(5)];
    const text = await new PooledFigures().text(lists);
    expect(figure(text, "messages_relayed_total")).toBe(7);
    expect(figure(text, "bytes_relayed_total")).toBe(70);
    expect(figure(text, "channels_open")).toBe(7);
    expect(figure(text, 'connections_refused_total{reason="channel_full"}')).toBe(7);
    expect(figure(text, 'backplane_duration_seconds_bucket{le="0.001"}')).toBe(7);
    expect(figure(text, "backplane_duration_seconds_count")).toBe(7);
    expect(figure(text, "workers")).toBe(2);
    expect(figure(text, "worker_restarts_total")).toBe(3);
    expect(figure(text, "log_lines_dropped_total")).toBe(4);
    for (const line of text.split("\n").filter(Boolean)) expect(line).toMatch(/^(?:# \w+ )?fxa_pair_relay_/);
  });

  it("are the worst of all where the process is measured, and never left out", async () => {
    const named = (name: string, value: number): FigureValues => [
      {
        name: `fxa_pair_relay_${name}`,
        type: "gauge",
        help: "h",
        aggregator: "omit",
        values: [{ value, labels: {} }],
      },
    ];
    for (const name of ["process_start_time_seconds", "nodejs_eventloop_lag_p99_seconds"]) {
      const text = await new PooledFigures().text([named(name, 3), named(name, 9), named(name, 1)]);
      expect(figure(text, name)).toBe(9);
    }
  });

  it("never go back when a process ends: its totals stay, its levels do not", async () => {
    const pooled = new PooledFigures();
    pooled.keep(await valuesAfter(4));
    const text = await pooled.text([await valuesAfter(2)]);
    expect(figure(text, "messages_relayed_total")).toBe(6);
    expect(figure(text, "channels_open")).toBe(2);
    expect(figure(text, "backplane_duration_seconds_count")).toBe(6);
    expect(figure(await pooled.text([]), "messages_relayed_total")).toBe(4);
  });

  it("stay right however many processes have ended", async () => {
    const pooled = new PooledFigures();
    const [one, living] = [await valuesAfter(1), await valuesAfter(3)];
    for (let ended = 1; ended <= 30; ended++) {
      pooled.keep(one);
      const texts = await Promise.all([pooled.text([living]), pooled.text([living])]);
      expect(texts.map((text) => figure(text, "messages_relayed_total"))).toEqual([ended + 3, ended + 3]);
      expect(figure(texts[0], "backplane_duration_seconds_sum")).toBeCloseTo((ended + 3) / 1000);
    }
  });
});
