/** Whatever was thrown, as the one error that users see; and what is already told, so that it is told once. */
import { CommanderError } from "commander";
import { FxaPairError } from "../lib/errors.ts";
import type { ErrorCode } from "../lib/errors.ts";

/** A failure that a reporter has told; only its exit status is still to be set. */
export class ReportedFailure extends Error {
  readonly code: ErrorCode;

  constructor({ code }: FxaPairError) {
    super("already reported");
    this.name = "ReportedFailure";
    this.code = code;
  }
}

/**
 * What was thrown, in the form that can be shown. An unexpected error's own words are not: they could hold a secret.
 *
 * @param guess a hint for a command line that was not understood, if there is a better one than to look it up
 */
export function asFxaPairError(thrown: unknown, guess?: string): FxaPairError {
  if (thrown instanceof FxaPairError) return thrown;
  if (thrown instanceof CommanderError) return usageError(thrown, guess);
  const kind = thrown instanceof Error ? thrown.name : typeof thrown;
  return new FxaPairError("internal", `Something failed that should not have (${kind}). This is a bug.`, {
    hint: "Run it again with --verbose and report what it prints.",
    cause: thrown,
  });
}

const SEE_HELP = "Run fxa-pair --help to see the commands and their options.";

function usageError(error: CommanderError, guess: string | undefined): FxaPairError {
  const [message = ""] = error.message.replace(/^error: /, "").split("\n");
  switch (error.code) {
    case "commander.help":
      // Commander has printed its help by then; as a message it has only a remark for programmers.
      return new FxaPairError("usage", "No command was named, or an unknown one.", { hint: SEE_HELP });
    case "commander.unknownCommand":
    case "commander.unknownOption":
      return new FxaPairError("usage", sentence(withoutValues(message)), {
        hint: guess ?? hintFor(message),
      });
    default:
      return new FxaPairError("usage", sentence(message), { hint: guess ?? SEE_HELP });
  }
}

/**
 * What was mistyped may be a secret in the wrong place (a pairing URL without its command, `--password=…`), so only
 * what looks like a command's or an option's name is repeated.
 */
function withoutValues(message: string): string {
  return message.replace(/'([^']*)'?.*$/s, (_quoted, text: string) => {
    const [name = ""] = text.split("=");
    return /^-{0,2}[A-Za-z][A-Za-z-]{0,30}$/.test(name) ? `'${name}'` : "(not repeated here)";
  });
}

function hintFor(message: string): string {
  return /#|channel_/.test(message) ? "For a pairing URL, run fxa-pair join - and paste it." : SEE_HELP;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
}
