import { describe, expect, it } from "vitest";
import type { Admission, ChannelSummary } from "../../src/relay/backplane.ts";
import { ENDINGS } from "../../src/relay/endings.ts";
import { RelayMetrics } from "../../src/relay/metrics.ts";

const ID = "AAAAAAAAAAAAAAAAAAAAAA";
const admission = (seat: number, connection: number): Admission => ({
  ...{ id: ID, seat, connection, resume: "B".repeat(22), seen: 0, expiresIn: 1_000, nameplate: "7" },
});
const summary = (changes: Partial<ChannelSummary> = {}): ChannelSummary => ({
  ...{ id: ID, ending: ENDINGS.everyoneLeft, participants: 2, exchanges: 9, bytes: 2_000, duration: 20_500 },
  ...changes,
});

/** Each line of the figures, as name with labels and value. */
async function figures(metrics: RelayMetrics): Promise<Record<string, number>> {
  const lines = (await metrics.text()).split("\n").filter((line) => /^\w/.test(line));
  return Object.fromEntries(lines.map((line) => [line.replace(/ \S+$/, ""), Number(line.split(" ").at(-1))]));
}

describe("the figures", () => {
  it("count what happens", async () => {
    const metrics = new RelayMetrics();
    metrics.watch(() => ({ channels: 3, connections: 5 }));
    for (const each of [admission(0, 0), admission(1, 0), admission(1, 1), admission(0, 4)])
      metrics.admitted(each);
    for (const error of ["channel_full", "relay_full", "channel_full"]) metrics.refused(error);
    metrics.ended(summary());
    metrics.ended(summary({ ending: ENDINGS.maxData, duration: 100 }));
    metrics.ended(summary({ participants: 1 }));
    metrics.relayed(300);
    metrics.relayed(200);
    metrics.called(0.7, false);
    metrics.called(3_000, true);
    metrics.foreign();
    metrics.lineDropped();
    expect(await figures(metrics)).toMatchObject({
      fxa_pair_relay_channels_open: 3,
      fxa_pair_relay_connections_open: 5,
      fxa_pair_relay_channels_created_total: 1,
      fxa_pair_relay_connections_accepted_total: 4,
      fxa_pair_relay_resumes_total: 2,
      'fxa_pair_relay_connections_refused_total{reason="channel_full"}': 2,
      'fxa_pair_relay_connections_refused_total{reason="relay_full"}': 1,
      'fxa_pair_relay_channels_ended_total{reason="everyone left"}': 2,
      'fxa_pair_relay_channels_ended_total{reason="max-data"}': 1,
      fxa_pair_relay_messages_relayed_total: 2,
      fxa_pair_relay_bytes_relayed_total: 500,
      fxa_pair_relay_pairing_duration_seconds_count: 2,
      fxa_pair_relay_pairing_duration_seconds_sum: 20.6,
      'fxa_pair_relay_pairing_duration_seconds_bucket{le="20"}': 1,
      'fxa_pair_relay_pairing_duration_seconds_bucket{le="30"}': 2,
      fxa_pair_relay_backplane_duration_seconds_count: 2,
      'fxa_pair_relay_backplane_duration_seconds_bucket{le="0.001"}': 1,
      fxa_pair_relay_backplane_errors_total: 1,
      fxa_pair_relay_backplane_foreign_total: 1,
      fxa_pair_relay_log_lines_dropped_total: 1,
    });
  });

  it("are the same when asked twice, and go on from there", async () => {
    const metrics = new RelayMetrics();
    metrics.refused("draining");
    metrics.relayed(1);
    await metrics.text();
    metrics.refused("draining");
    metrics.relayed(1);
    const now = await figures(metrics);
    expect(now['fxa_pair_relay_connections_refused_total{reason="draining"}']).toBe(2);
    expect(now.fxa_pair_relay_messages_relayed_total).toBe(2);
  });

  it("of the process are among them, all under one prefix and with a word of explanation", async () => {
    const text = await new RelayMetrics().text();
    for (const name of [
      "process_cpu_seconds_total",
      "process_resident_memory_bytes",
      "nodejs_eventloop_lag_p99_seconds",
    ]) {
      expect(text).toMatch(new RegExp(`^fxa_pair_relay_${name} \\d`, "m"));
    }
    const names = text.match(/^# HELP \S+/gm) ?? [];
    expect(names.length).toBeGreaterThan(20);
    for (const line of text.split("\n").filter(Boolean)) expect(line).toMatch(/^(?:# \w+ )?fxa_pair_relay_/);
  });

  it("hold no id, address or path, and few labels whatever comes", async () => {
    const metrics = new RelayMetrics();
    metrics.admitted(admission(0, 0));
    metrics.ended(summary());
    for (let index = 0; index < 1_000; index++)
      metrics.ended(summary({ ending: { code: 1000, reason: `r${index}` } }));
    const text = await metrics.text();
    expect(text).not.toMatch(/AAAA|BBBB|\d\.\d+\.\d+\.\d|\/v1\//);
    expect(text.match(/ended_total\{/g)?.length).toBeLessThan(70);
    expect(text).toMatch(/ended_total\{reason="other"\} 9\d\d$/m);
  });
});
