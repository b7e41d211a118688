/** Fresh access tokens out of the stored refresh token. */

import type { Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient } from "./accounts-client.ts";
import type { CredentialStore } from "./credential-store.ts";
import type { Credentials } from "./credentials.ts";
import { AccountsError } from "./error-table.ts";
import { formatScope, impliesScope } from "./scopes.ts";
import { signOut, StillSignedInError } from "./sign-out.ts";

export interface AccessToken {
  readonly token: string;
  readonly scope: readonly string[];
  /** Wall-clock milliseconds. */
  readonly expiresAt: number;
}

/**
 * An access token for the scopes named. When the server says that the device was disconnected, a session that it may have
 * left is ended, and the credentials are forgotten: nothing can be done with them any more.
 *
 * @throws FxaPairError `not_signed_in` when disconnected, `refused` when the scopes are not all granted.
 */
export async function freshAccessToken(
  accounts: AccountsClient,
  store: CredentialStore,
  credentials: Credentials,
  scope: readonly string[],
  clock: Clock,
): Promise<AccessToken> {
  const answer = await refreshOrForget(accounts, store, credentials, scope);
  if (!impliesScope(formatScope(answer.scope), formatScope(scope))) {
    throw new FxaPairError("refused", "The accounts server granted fewer scopes than were asked for.", {
      hint: "Ask for scopes that this device was signed in with: fxa-pair status",
    });
  }
  return {
    token: answer.accessToken,
    scope: answer.scope,
    expiresAt: clock.wallTime() + answer.expiresIn * 1000,
  };
}

async function refreshOrForget(
  accounts: AccountsClient,
  store: CredentialStore,
  credentials: Credentials,
  scope: readonly string[],
) {
  try {
    return await accounts.refresh(credentials, scope);
  } catch (error) {
    if (!(error instanceof AccountsError) || (error.errno !== 110 && error.errno !== 182)) throw error;
    const details = { ...error.details, rejected: "refresh token" };
    await endSession(accounts, credentials, details);
    const problem = await forget(store, credentials);
    const rest = problem === undefined ? ", and is forgotten here too." : `. ${problem.message}`;
    throw new FxaPairError(
      "not_signed_in",
      `The accounts server no longer accepts this device's refresh token: it was disconnected${rest}`,
      {
        hint: problem?.hint ?? "Sign in again with fxa-pair join or fxa-pair login.",
        details,
        cause: error,
      },
    );
  }
}

/** The server lists a session apart from the tokens, and nobody else has it: once forgotten here it could only be left. */
async function endSession(
  accounts: AccountsClient,
  { clientId, sessionToken }: Credentials,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  try {
    await signOut(accounts, { clientId, sessionToken });
  } catch (error) {
    if (!(error instanceof StillSignedInError) || error.code === "interrupted") throw error;
    throw new FxaPairError(
      "not_signed_in",
      "The accounts server no longer accepts this device's refresh token: it was disconnected. Its session could not be ended.",
      {
        hint: "End it with fxa-pair logout, then sign in again.",
        details: { ...details, remaining: error.remaining },
        cause: error,
      },
    );
  }
}

/** Unless another process has signed in again meanwhile. Returns what keeps them here. */
async function forget(store: CredentialStore, credentials: Credentials): Promise<FxaPairError | undefined> {
  try {
    await store.remove(credentials);
    return undefined;
  } catch (error) {
    if (error instanceof FxaPairError) return error;
    throw error;
  }
}
