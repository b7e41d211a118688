/**
 * The one error that users see. Every failure that is not a bug becomes a {@link FxaPairError} at the place where its
 * meaning is known; `commands/exit-codes.ts` alone maps codes to exit statuses.
 */

/** Stable codes, as printed in `--json` error events. */
export const ERROR_CODES = [
  "internal",
  "usage",
  "declined_here",
  "declined_there",
  "timeout",
  "unreachable",
  "channel_security",
  "refused",
  "unreadable",
  "not_signed_in",
  "interrupted",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface FxaPairErrorOptions {
  /** What to do next, one sentence. */
  readonly hint?: string;
  /** Facts for `--json`: never secrets, never text that a peer chose unless it was cleaned for display. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Something thrown, as an error: itself, or the cause of one. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error("something was thrown that is no error", { cause: thrown });
}

/** An expected failure: `message` says what happened and why, `hint` what to do next. Neither holds a secret. */
export class FxaPairError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, options: FxaPairErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "FxaPairError";
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }
}
