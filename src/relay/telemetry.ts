/**
 * The one place that hears of everything that happens in a relay, and tells the log and the figures: so that what is
 * counted and what is written never differ.
 */
import { addressGroup } from "./address-group.ts";
import type { Admission, BackplaneObserver, ChannelSummary } from "./backplane.ts";
import type { Clock } from "../lib/clock.ts";
import { LineBudget } from "./line-budget.ts";
import type { LogLevel, RelayEvent, RelayLog } from "./log.ts";
import { errorMessage, shortId } from "./log.ts";
import type { Refusal } from "./refusals.ts";

/** What there is just now. */
export interface Levels {
  readonly channels: number;
  readonly connections: number;
}

/** Counts what happens. None of its methods may throw. */
export interface Figures extends BackplaneObserver {
  /** Where to ask for what only has a level. */
  watch(levels: () => Levels): void;
  /** Somebody took a seat and got a WebSocket. */
  admitted(admission: Admission): void;
  /** Somebody took a seat and was gone before there was a WebSocket. */
  abandoned(admission: Admission): void;
  /** An upgrade was refused, for the reason of that stable name. */
  refused(error: string): void;
}

/**
 * Lines about refusals: from one address as many as it may connect in a burst, and in all what a disk takes without
 * effort (about 200 KB a second).
 */
const REFUSAL_LINES = { perSource: 60, total: 1_000, span: 1_000 };

export class Telemetry implements BackplaneObserver {
  readonly #log: RelayLog;
  readonly #clock: Clock;
  readonly #figures: Figures | undefined;
  /** Apart, by their level: what only the curious see must hide nothing from the others. */
  readonly #refusalLines = { info: new LineBudget(REFUSAL_LINES), debug: new LineBudget(REFUSAL_LINES) };

  constructor(log: RelayLog, clock: Clock, figures?: Figures) {
    this.#log = log;
    this.#clock = clock;
    this.#figures = figures;
  }

  listening(url: string, metricsUrl: string | null): void {
    this.#log.write("info", "listening", { url, ...(metricsUrl === null ? {} : { metrics: metricsUrl }) });
  }

  admitted(admission: Admission, remote: string | undefined): void {
    this.#figures?.admitted(admission);
    const { id, seat } = admission;
    this.#log.write("info", eventOf(admission), { channel: shortId(id), remote: remote ?? null, seat });
  }

  /** A seat was taken for a client that was gone by then: no connection, but a channel that was opened is there, and ends. */
  abandoned(admission: Admission): void {
    this.#figures?.abandoned(admission);
  }

  /** A connection is over: left by a close frame with that code, or lost. */
  departed(
    event: "participant_left" | "participant_lost",
    { id, seat }: Admission,
    remote: string | null,
    code: number,
  ): void {
    this.#log.write("info", event, { channel: shortId(id), remote, seat, code });
  }

  /** A request for a seat was refused. */
  refused(refusal: Refusal, remote: string | undefined): void {
    this.#figures?.refused(refusal.error);
    this.#logRefusal("info", refusal, remote);
  }

  /** So was another one. For whoever looks closely: strangers ask for anything, and it concerns no channel. */
  turnedAway(refusal: Refusal, remote: string | undefined): void {
    this.#logRefusal("debug", refusal, remote);
  }

  upgradeFailed(error: unknown): void {
    this.#log.write("error", "upgrade_failed", { error: errorMessage(error) });
  }

  relayingFailed({ id }: Admission, error: unknown): void {
    this.#log.write("error", "relaying_failed", { channel: shortId(id), error: errorMessage(error) });
  }

  ended(summary: ChannelSummary): void {
    this.#figures?.ended(summary);
    const { id, ending, participants, exchanges, bytes, duration } = summary;
    this.#log.write("info", "channel_ended", {
      channel: shortId(id),
      code: ending.code,
      reason: ending.reason,
      participants,
      messages: exchanges,
      bytes,
      duration: Math.round(duration),
    });
  }

  relayed(bytes: number): void {
    this.#figures?.relayed(bytes);
  }

  called(milliseconds: number, failed: boolean): void {
    this.#figures?.called(milliseconds, failed);
  }

  foreign(): void {
    this.#figures?.foreign();
  }

  draining(seconds: number, channels: number): void {
    this.#log.write("info", "draining", { seconds, channels });
  }

  stopped(): void {
    this.#log.write("info", "stopped", {});
  }

  /** A file was read again: the certificate or the database of places. */
  reloaded(setting: string): void {
    this.#log.write("info", "reloaded", { setting });
  }

  /** A file that was to be read again is not usable; what was there before stays. */
  reloadFailed(setting: string, error: unknown): void {
    this.#log.write("error", "reload_failed", { setting, error: errorMessage(error) });
  }

  /** Writes what waits for its time; called several times a second. */
  sweep(now: number): void {
    this.#tellLeftOut("warn", this.#refusalLines.info, now);
    this.#tellLeftOut("debug", this.#refusalLines.debug, now);
  }

  #tellLeftOut(level: LogLevel, lines: LineBudget, now: number): void {
    const count = lines.takeLeftOut(now);
    if (count > 0) this.#log.write(level, "refusals_unlogged", { count });
  }

  #logRefusal(level: "info" | "debug", { status, error }: Refusal, remote: string | undefined): void {
    if (!this.#refusalLines[level].allows(addressGroup(remote ?? ""), this.#clock.now())) return;
    this.#log.write(level, "refused", { status, error, remote: remote ?? null });
  }
}

function eventOf({ seat, connection }: Admission): RelayEvent {
  if (connection > 0) return "participant_resumed";
  return seat === 0 ? "channel_opened" : "participant_joined";
}
