/** The end of a run that failed: told once, and turned into an exit status. */
import { CommanderError } from "commander";
import type { Command } from "commander";
import { chooseReporter } from "../ui/choose-reporter.ts";
import type { Environment } from "./context.ts";
import { EXIT_STATUS } from "./exit-codes.ts";
import { asFxaPairError, ReportedFailure } from "./failure.ts";
import { isRequested } from "./flags.ts";
import { guess } from "./misspelt.ts";

export interface FailedRun {
  /** What was parsed, or to be parsed. */
  readonly program: Command | undefined;
  readonly argv: readonly string[];
  readonly environment: Environment;
}

/** Tells what was thrown, unless a command has done that. @returns the exit status */
export function reportFailure(thrown: unknown, { program, argv, environment }: FailedRun): number {
  if (thrown instanceof ReportedFailure) return EXIT_STATUS[thrown.code];
  const hint = thrown instanceof CommanderError && program !== undefined ? guess(thrown, program) : undefined;
  const error = asFxaPairError(thrown, hint);
  const { reporter } = chooseReporter(environment.streams, environment.clock, {
    json: isRequested("json", argv, environment.variables),
    quiet: false,
    verbose: isRequested("verbose", argv, environment.variables),
    accessible: true,
  });
  reporter.fail(error);
  return EXIT_STATUS[error.code];
}
