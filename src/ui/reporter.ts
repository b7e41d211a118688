/**
 * How a command speaks. Rules, for every implementation:
 * - results go to stdout, everything for people to stderr;
 * - foreign text passes {@link displayText} before it is shown;
 * - nothing here decides anything: protocol code does not know which reporter it has.
 */
import type { FxaPairError } from "../lib/errors.ts";
import type { CliEvent, Explained } from "./events.ts";

export interface Reporter {
  /** Something a script would want to know, or a result. */
  event(event: CliEvent): void;
  /**
   * Who the other device is and what it means, for people. Part of a question, when one is asked: then it is shown
   * whatever the options.
   */
  explain(subject: Explained, asked: boolean): void;
  /** What the user has to know to act safely, whatever the verbosity. */
  say(text: string): void;
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
