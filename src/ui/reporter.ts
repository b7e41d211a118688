/**
 * How a command speaks. Rules, for every implementation:
 * - results go to stdout, everything for people to stderr;
 * - foreign text passes {@link displayText} before it is shown;
 * - nothing here decides anything: protocol code does not know which reporter it has.
 */
import type { FxaPairError } from "../lib/errors.ts";
import type { CliEvent } from "./events.ts";

export interface Reporter {
  /** Something a script would want to know, or a result. */
  event(event: CliEvent): void;
  /** What is going on, for people; silent with `--quiet`. */
  progress(text: string): void;
  /** Something the user should know whatever the verbosity. */
  warn(text: string): void;
  /** The end of a failed run. */
  fail(error: FxaPairError): void;
}

export interface ReporterOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}
