import { describe, expect, it } from "vitest";
import type { Admission, ChannelSummary } from "../../src/relay/backplane.ts";
import { ENDINGS } from "../../src/relay/endings.ts";
import { REFUSALS } from "../../src/relay/refusals.ts";
import type { Figures } from "../../src/relay/telemetry.ts";
import { Telemetry } from "../../src/relay/telemetry.ts";
import { FakeClock, RecordingLog } from "./support.ts";

const ID = "AAAAAABBBBBBBBBBBBBBBB";
const admission = (seat = 0, connection = 0): Admission => ({
  ...{ id: ID, seat, connection, resume: "C".repeat(22), seen: 0, expiresIn: 1_000, nameplate: "7" },
});

function subject() {
  const [log, clock] = [new RecordingLog(), new FakeClock()];
  const counted: unknown[][] = [];
  const note =
    (name: string) =>
    (...facts: unknown[]): void => {
      counted.push([name, ...facts]);
    };
  const figures: Figures = {
    watch: note("watch"),
    admitted: note("admitted"),
    abandoned: note("abandoned"),
    refused: note("refused"),
    ended: note("ended"),
    relayed: note("relayed"),
    called: note("called"),
    foreign: note("foreign"),
  };
  return { telemetry: new Telemetry(log, clock, figures), log, clock, counted };
}

describe("what happens is told once to the log and once to the figures", () => {
  it.each([
    [admission(), "channel_opened"],
    [admission(1), "participant_joined"],
    [admission(0, 1), "participant_resumed"],
    [admission(1, 7), "participant_resumed"],
  ])("a seat taken: %j is %s", (taken, event) => {
    const { telemetry, log, counted } = subject();
    telemetry.admitted(taken, "192.0.2.7");
    const fields = { channel: "AAAAAA", remote: "192.0.2.7", seat: taken.seat };
    expect(log.lines).toEqual([{ level: "info", event, fields }]);
    expect(counted).toEqual([["admitted", taken]]);
  });

  it("a channel's end", () => {
    const { telemetry, log, counted } = subject();
    const facts = { participants: 2, exchanges: 9, bytes: 2_000, duration: 20_500.4 };
    const summary: ChannelSummary = { id: ID, ending: ENDINGS.peerLeft, ...facts };
    telemetry.ended(summary);
    const told = { code: 4003, reason: "the other device left", participants: 2, messages: 9, bytes: 2_000 };
    const fields = { channel: "AAAAAA", ...told, duration: 20_500 };
    expect(log.lines).toEqual([{ level: "info", event: "channel_ended", fields }]);
    expect(counted).toEqual([["ended", summary]]);
  });

  it("a refusal; another one than of a seat is no figure and for the curious only", () => {
    const { telemetry, log, counted } = subject();
    telemetry.refused(REFUSALS.full, undefined);
    telemetry.turnedAway(REFUSALS.notFound, "192.0.2.7");
    expect(log.lines).toEqual([
      { level: "info", event: "refused", fields: { status: 409, error: "channel_full", remote: null } },
      { level: "debug", event: "refused", fields: { status: 404, error: "not_found", remote: "192.0.2.7" } },
    ]);
    expect(counted).toEqual([["refused", "channel_full"]]);
  });

  it("what is only counted", () => {
    const { telemetry, log, counted } = subject();
    telemetry.relayed(300);
    telemetry.called(1.5, false);
    telemetry.foreign();
    expect(counted).toEqual([["relayed", 300], ["called", 1.5, false], ["foreign"]]);
    expect(log.lines).toEqual([]);
  });

  it("nothing is lost where nobody counts", () => {
    const log = new RecordingLog();
    const telemetry = new Telemetry(log, new FakeClock());
    telemetry.admitted(admission(), undefined);
    telemetry.relayed(1);
    telemetry.called(1, false);
    telemetry.foreign();
    telemetry.refused(REFUSALS.full, undefined);
    expect(log.lines).toHaveLength(2);
  });
});

describe("a flood of refusals", () => {
  it("from one address fills neither the log nor hides the others'; how much was left out is told", () => {
    const { telemetry, log, clock, counted } = subject();
    for (let count = 0; count < 500; count++) telemetry.refused(REFUSALS.tooManyRequests, "192.0.2.7");
    telemetry.refused(REFUSALS.full, "192.0.2.8");
    expect(log.lines).toHaveLength(61);
    expect(log.lines.at(-1)?.fields).toMatchObject({ remote: "192.0.2.8" });
    expect(counted).toHaveLength(501);
    telemetry.sweep(clock.now());
    expect(log.lines).toHaveLength(61);
    clock.advance(1_000);
    telemetry.sweep(clock.now());
    telemetry.sweep(clock.now());
    expect(log.lines.slice(61)).toEqual([
      { level: "warn", event: "refusals_unlogged", fields: { count: 440 } },
    ]);
    telemetry.refused(REFUSALS.tooManyRequests, "192.0.2.7");
    expect(log.lines).toHaveLength(63);
  });

  it("of requests for no seat hides none of those that concern a channel", () => {
    const { telemetry, log, clock } = subject();
    for (let host = 0; host < 5_000; host++)
      telemetry.turnedAway(REFUSALS.notFound, `10.0.${host >> 8}.${host & 255}`);
    telemetry.refused(REFUSALS.full, "192.0.2.8");
    expect(log.lines).toHaveLength(1_001);
    expect(log.lines.at(-1)?.fields).toMatchObject({ remote: "192.0.2.8" });
    clock.advance(1_000);
    telemetry.sweep(clock.now());
    expect(log.lines.slice(1_001)).toEqual([
      { level: "debug", event: "refusals_unlogged", fields: { count: 4_000 } },
    ]);
  });

  it("from one network of IPv6 counts as from one address", () => {
    const { telemetry, log } = subject();
    for (let host = 1; host < 100; host++) telemetry.refused(REFUSALS.full, `2001:db8::${host}`);
    expect(log.lines).toHaveLength(60);
  });

  it("from everywhere fills no log either", () => {
    const { telemetry, log } = subject();
    for (let host = 0; host < 5_000; host++)
      telemetry.refused(REFUSALS.full, `10.0.${host >> 8}.${host & 255}`);
    expect(log.lines).toHaveLength(1_000);
  });
});
