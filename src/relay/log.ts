/**
 * What the relay tells its operator. Fields never hold contents, tokens or text that a participant chose, and of a
 * channel id only the first characters: whoever reads the log cannot join.
 */

export type LogLevel = "debug" | "info" | "warn" | "error";

export type RelayEvent =
  | "listening"
  | "channel_opened"
  | "participant_joined"
  | "participant_resumed"
  | "participant_lost"
  | "participant_left"
  | "channel_ended"
  | "refused"
  | "refusals_unlogged"
  | "upgrade_failed"
  | "relaying_failed"
  | "redis_lost"
  | "redis_found"
  | "reloaded"
  | "reload_failed"
  | "crashed"
  | "worker_ended"
  | "worker_failed"
  | "primary_gone"
  | "draining"
  | "stopped";

export type LogFields = Readonly<Record<string, string | number | null>>;

/** Takes one line of the log. Must not throw. */
export interface RelayLog {
  write(level: LogLevel, event: RelayEvent, fields: LogFields): void;
}

/** A log that nobody reads. */
export const silentLog: RelayLog = {
  write() {
    // Nobody reads it.
  },
};

/** As much of a channel id as logs may hold: 6 of its 22 characters. */
export function shortId(id: string): string {
  return id.slice(0, 6);
}

/** What went wrong, for a log: the error's message, which holds no secrets. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : "unknown";
}
