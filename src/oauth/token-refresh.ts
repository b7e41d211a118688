/** Fresh access tokens out of the stored refresh token. */

import type { Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient } from "./accounts-client.ts";
import type { CredentialStore } from "./credential-store.ts";
import type { Credentials } from "./credentials.ts";
import { AccountsError } from "./error-table.ts";
import { formatScope, impliesScope } from "./scopes.ts";

export interface AccessToken {
  readonly token: string;
  readonly scope: readonly string[];
  /** Wall-clock milliseconds. */
  readonly expiresAt: number;
}

/**
 * An access token for the scopes named. When the server says that the device was disconnected, the credentials are
 * forgotten: nothing can be done with them any more.
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
    // Unless another process has signed in again meanwhile.
    await store.remove(credentials);
    throw new FxaPairError(
      "not_signed_in",
      "The accounts server no longer accepts this device's refresh token: it was disconnected, and is forgotten here too.",
      {
        hint: "Sign in again with fxa-pair join or fxa-pair login.",
        details: { ...error.details, rejected: "refresh token" },
        cause: error,
      },
    );
  }
}
