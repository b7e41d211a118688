/** When the answer to a request is lost: whether the server may have done as it was told all the same. */

import { FxaPairError } from "../lib/errors.ts";
import { AccountsError } from "./error-table.ts";
import { NoAnswerError } from "./http.ts";

/** errno of a code that is unknown, or was redeemed before: perhaps by this very request, when a network sent it twice. */
const CODE_UNKNOWN = 172;
/** errnos under a 5xx status that say for sure that nothing was done: the feature, or the client, is switched off. */
const SWITCHED_OFF = [202, 204];

/** The failure, with the hint that other devices list what this one has no tokens of, where the server may have issued some. */
export function perhapsIssued(error: unknown): unknown {
  if (!(error instanceof FxaPairError) || !mayHaveIssued(error)) return error;
  return new FxaPairError(error.code, error.message, {
    hint: "It may be signed in all the same: look with fxa-pair devices on another device, and sign in again.",
    details: { ...error.details, perhapsSignedIn: true },
    cause: error,
  });
}

/** Whether tokens may have been issued to nobody who is here to hold them. */
export function mayHaveIssued(error: FxaPairError): boolean {
  return (error instanceof AccountsError && error.errno === CODE_UNKNOWN) || mayBeDone(error);
}

/** Whether the server may have done what it was asked: not by a request that never left, nor after it said no. */
export function mayBeDone(error: unknown): boolean {
  if (error instanceof NoAnswerError) return error.hasLeft;
  if (!(error instanceof AccountsError) || error.code !== "unreachable") return false;
  const { errno, status } = error;
  const isRedirect = status >= 300 && status < 400;
  return !isRedirect && !(errno !== undefined && SWITCHED_OFF.includes(errno));
}
