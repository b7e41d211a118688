/** How a pairing can end badly, in words. Texts from the peer are never part of them. */
import { NEW_CODE } from "../channel/failures.ts";
import { FxaPairError } from "../lib/errors.ts";
import type { RequestProblem } from "./request-checks.ts";

export function declinedHere(): FxaPairError {
  return new FxaPairError("declined_here", "You declined on this device; no access was given.");
}

/** There is no decline message: a close_notify before the end is all that tells. */
export function declinedThere(hint = `If that was not meant: ${NEW_CODE}`): FxaPairError {
  return new FxaPairError("declined_there", "The pairing was declined or closed by the other device.", {
    hint,
  });
}

/** A message that cannot be read, or that has no place at this point. */
export function outOfOrder(problem: string): FxaPairError {
  return new FxaPairError("channel_security", `The other device sent a wrong message: ${problem}.`, {
    hint: `Somebody may be interfering. ${NEW_CODE}`,
  });
}

/** The request is not the one that the new device's code announces. */
export function otherRequest(): FxaPairError {
  return new FxaPairError(
    "channel_security",
    "Another request came than the scanned code announces; nothing was sent, and nobody was signed in.",
    { hint: `Somebody may be interfering. ${NEW_CODE}` },
  );
}

export function wrongState(): FxaPairError {
  return new FxaPairError("channel_security", "The other device sent a code that is not for this request.", {
    hint: `Somebody may be interfering. ${NEW_CODE}`,
  });
}

export function requestRefused(problems: readonly RequestProblem[]): FxaPairError {
  const list = problems.map(({ field, reason }) => `${field} ${reason}`).join("; ");
  return new FxaPairError("refused", `The other device's request was refused: ${list}.`, {
    hint: "If you trust that device, allow what it needs with --allow-client or --allow-scope.",
    details: { problems },
  });
}

export function nobodyCame(): FxaPairError {
  return new FxaPairError("timeout", "Nobody used the code in time; it is no longer good.", {
    hint: NEW_CODE,
  });
}

export function tookTooLong(): FxaPairError {
  return new FxaPairError("timeout", "The pairing was not confirmed on both devices in time.", {
    hint: NEW_CODE,
  });
}

/** The same failure, after a code has left this device: what became of it is not known. */
export function perhapsSignedIn(error: Error): Error {
  if (!(error instanceof FxaPairError)) return error;
  return new FxaPairError(error.code, error.message, {
    hint: "The device may be signed in: look with fxa-pair devices, and remove it if it should not be there.",
    details: { ...error.details, perhapsSignedIn: true },
    cause: error,
  });
}
