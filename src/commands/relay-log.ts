/** Where the relay's log goes: JSON lines on standard error, or on a terminal lines for people. */
import { pino } from "pino";
import type { Clock } from "../lib/clock.ts";
import type { LogFields, LogLevel, RelayEvent, RelayLog } from "../relay/log.ts";
import { escapeUnprintable } from "../ui/json-line.ts";
import { LineWriter } from "./line-writer.ts";
import { displayText } from "../ui/safe-text.ts";
import type { OutputStream } from "../ui/streams.ts";

export interface LogOptions {
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Which of several processes this is. */
  readonly worker: number | undefined;
  /** Called for each line that was lost because nobody took it. */
  onDrop(): void;
}

/** A log whose last lines may still be on their way. */
export interface BufferedLog extends RelayLog {
  /** Writes what waits, at once: the process ends. */
  close(): void;
}

/** @param screen where lines for people go instead of to the terminal itself */
export function openRelayLog(
  stderr: OutputStream,
  clock: Clock,
  options: LogOptions,
  screen?: LineTaker,
): BufferedLog {
  const level = options.quiet ? "warn" : options.verbose ? "debug" : "info";
  return stderr.isTTY === true
    ? logForPeople(screen ?? stderr, clock, level, options.worker)
    : jsonLog(destinationFor(stderr, clock, options), clock, level, options.worker);
}

type Destination = Pick<LineWriter, "write" | "close">;

function destinationFor(stderr: OutputStream, clock: Clock, { onDrop }: LogOptions): Destination {
  if (stderr.fd !== undefined) return new LineWriter(stderr.fd, { clock, onDrop });
  return { write: (line) => stderr.write(line), close: () => undefined };
}

function jsonLog(
  destination: Destination,
  clock: Clock,
  level: LogLevel,
  worker: number | undefined,
): BufferedLog {
  const options = {
    level,
    base: worker === undefined ? null : { worker },
    timestamp: () => `,"time":"${new Date(clock.wallTime()).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Everything outside plain text is escaped, so that one line is one line for every reader.
  const logger = pino(options, {
    write: (line) => {
      destination.write(`${escapeUnprintable(line.slice(0, -1))}\n`);
    },
  });
  return {
    write: (lineLevel, event, fields) => {
      logger[lineLevel]({ event, ...fields });
    },
    close: () => {
      destination.close();
    },
  };
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Takes whole lines with their ends. */
export interface LineTaker {
  write(line: string): unknown;
}

function logForPeople(
  lines: LineTaker,
  clock: Clock,
  least: LogLevel,
  worker: number | undefined,
): BufferedLog {
  const whoever = worker === undefined ? {} : { worker };
  return {
    write(level, event, fields) {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
      lines.write(lineForPeople(clock.wallTime(), level, event, { ...whoever, ...fields }));
    },
    close: () => undefined,
  };
}

/** `13:37:42 info  channel_opened channel=abcdef remote=192.0.2.7 seat=0` (UTC). */
export function lineForPeople(
  wallTime: number,
  level: LogLevel,
  event: RelayEvent,
  fields: LogFields,
): string {
  const time = new Date(wallTime).toISOString().slice(11, 19);
  const facts = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => ` ${name}=${displayText(String(value))}`);
  return `${time} ${level.padEnd(5)} ${event}${facts.join("")}\n`;
}
