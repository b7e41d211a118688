/** When each error code is given, in words: for `fxa-pair help exit-codes`, the manual pages and the README. */
import type { ErrorCode } from "../lib/errors.ts";
import { ERROR_CODES } from "../lib/errors.ts";
import { EXIT_STATUS } from "./exit-codes.ts";

export const EXIT_WORDS: Readonly<Record<ErrorCode, string>> = {
  internal: "a bug; --verbose shows the stack",
  usage: "wrong options, or nobody to ask",
  declined_here: "the user said no on this device",
  declined_there: "the other device said no, refused the request, or left",
  timeout: "nobody came, or the code is used up",
  unreachable: "relay or accounts server cannot be reached, or the connection broke",
  channel_security: "wrong key or code, tampered or misplaced messages: somebody may be interfering",
  refused: "the request failed the checks, or the accounts server said no",
  unreadable: "no QR code in the picture, or no pairing URL or code",
  not_signed_in: "no usable credentials on this device",
  interrupted: "Ctrl-C, or another signal to end",
};

export interface ExitRow {
  readonly status: number;
  /** Null for success, which has no error event. */
  readonly code: ErrorCode | null;
  readonly words: string;
}

/** Every exit status in order, from 0. */
export function exitRows(): readonly ExitRow[] {
  const failures = ERROR_CODES.map((code) => ({
    status: EXIT_STATUS[code],
    code,
    words: EXIT_WORDS[code],
  })).sort((one, other) => one.status - other.status);
  return [{ status: 0, code: null, words: "done" }, ...failures];
}
