/** Whether the server still accepts what a device has stored. */

import type { Clock } from "../lib/clock.ts";
import { equalText } from "../lib/constant-time.ts";
import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient } from "./accounts-client.ts";
import type { CredentialStore } from "./credential-store.ts";
import type { Credentials } from "./credentials.ts";
import type { SessionState } from "./answers.ts";
import { TWO_STEP_METHODS } from "./host-session.ts";
import { AccountsError } from "./error-table.ts";
import { PROFILE_SCOPE } from "./scopes.ts";
import { freshAccessToken } from "./token-refresh.ts";

/** What the server said of credentials that it accepts. */
export interface CheckedCredentials {
  /** Null where there is none. */
  readonly session: { readonly twoStep: TwoStep } | null;
}

/** How the session stands to two-step authentication: passed it, none is needed, or an old server does not tell. */
export type TwoStep = "passed" | "not needed" | "unknown";

/**
 * Tries the refresh token, and the session where there is one.
 *
 * @throws FxaPairError `not_signed_in` when one of them is not accepted; `details.rejected` says which.
 */
export async function checkCredentials(
  accounts: AccountsClient,
  store: CredentialStore,
  credentials: Credentials,
  clock: Clock,
): Promise<CheckedCredentials> {
  await freshAccessToken(accounts, store, credentials, [PROFILE_SCOPE], clock);
  const { sessionToken, uid } = credentials;
  if (sessionToken === undefined) return { session: null };
  const session = await stateOf(accounts, sessionToken);
  if (!session.verified) throw rejected("does not take this device's session for confirmed");
  if (!equalText(session.uid, uid)) throw rejected("knows this device's session as another account's");
  if (session.meetsMinimumAssurance === false) {
    throw rejected("wants two-step authentication, which this device's session did not pass");
  }
  return { session: { twoStep: twoStepOf(session) } };
}

function twoStepOf({ meetsMinimumAssurance, verificationMethod }: SessionState): TwoStep {
  if (TWO_STEP_METHODS.includes(verificationMethod ?? "")) return "passed";
  return meetsMinimumAssurance === true ? "not needed" : "unknown";
}

async function stateOf(accounts: AccountsClient, sessionToken: string) {
  try {
    return await accounts.sessionStatus(sessionToken);
  } catch (error) {
    if (!(error instanceof AccountsError) || error.code !== "not_signed_in") throw error;
    throw rejected("no longer accepts this device's session", error);
  }
}

function rejected(what: string, cause?: AccountsError): FxaPairError {
  const message = `The accounts server ${what}; its refresh token still works.`;
  return new FxaPairError("not_signed_in", message, {
    hint: "To sign in other devices from here, sign in again with: fxa-pair login",
    details: { ...cause?.details, rejected: "session" },
    cause,
  });
}
