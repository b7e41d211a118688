/** Error code to exit status: the one table that scripts may rely on. */
import type { ErrorCode } from "../lib/errors.ts";

export const EXIT_STATUS: Readonly<Record<ErrorCode, number>> = {
  internal: 1,
  usage: 2,
  declined_here: 3,
  declined_there: 4,
  timeout: 5,
  unreachable: 6,
  channel_security: 7,
  refused: 8,
  unreadable: 9,
  not_signed_in: 10,
  interrupted: 130,
};
