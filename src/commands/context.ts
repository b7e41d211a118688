/** What a command gets from the outside, so that it touches neither the process nor the clock by itself. */
import type { Clock } from "../lib/clock.ts";
import type { RandomSource } from "../lib/random.ts";
import type { Streams } from "../ui/streams.ts";

export type SignalName = "SIGINT" | "SIGTERM" | "SIGHUP";

export interface Environment {
  readonly streams: Streams;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** "linux", "darwin", "win32", … */
  readonly platform: string;
  /** As `v20.19.0`. */
  readonly nodeVersion: string;
  /** Calls `listener` when the signal arrives, instead of what the signal would do; returns how to stop that. */
  onSignal(name: SignalName, listener: () => void): () => void;
  /**
   * Calls `reload` each time SIGHUP asks a program that serves to read its files again, or `gone` once if it tells that
   * the terminal was hung up; returns how to stop that.
   */
  onHangUp(reload: () => void, gone: () => void): () => void;
  /** Calls `listener` right before the process ends, whatever ends it but a signal; returns how to stop that. */
  onExit(listener: () => void): () => void;
  /** Calls `listener` with what was thrown and caught by nobody, right before that ends the process with status 1. */
  onCrash(listener: (thrown: unknown) => void): void;
}
