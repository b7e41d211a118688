/** Ends what a device holds at the accounts server. Forgetting it here is the caller's next step, never the first. */

import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient } from "./accounts-client.ts";
import { AccountsError } from "./error-table.ts";
import { mayBeDone } from "./lost-answer.ts";

/** What to end; a redemption that failed half-way may have an access token alone. */
export interface Holdings {
  readonly clientId: string;
  readonly refreshToken?: string | null | undefined;
  readonly sessionToken?: string | null | undefined;
  readonly accessToken?: string | null | undefined;
}

/**
 * Revokes the refresh token, which takes the device record with it, and ends the session. What is gone already counts
 * as ended. Each is tried even when the other fails.
 *
 * @throws {@link StillSignedInError} with the first failure's code; `details.remaining` names what the server may still accept.
 */
export async function signOut(accounts: AccountsClient, holdings: Holdings): Promise<void> {
  const { clientId, refreshToken, sessionToken, accessToken } = holdings;
  const failures: { what: string; error: unknown }[] = [];
  const end = async (what: string, action: () => Promise<void>) => {
    try {
      await action();
    } catch (error) {
      if (!wasGone(error)) failures.push({ what, error });
    }
  };
  if (refreshToken)
    await end("refresh token", () => accounts.destroyToken(clientId, refreshToken, "refresh_token"));
  else if (accessToken)
    await end("access token", () => accounts.destroyToken(clientId, accessToken, "access_token"));
  if (sessionToken) await end("session", () => accounts.destroySession(sessionToken));
  if (failures.length > 0) throw new StillSignedInError(failures);
}

function wasGone(error: unknown): boolean {
  return error instanceof AccountsError && (error.errno === 110 || error.errno === 182);
}

/** Not everything could be ended. */
export class StillSignedInError extends FxaPairError {
  /** What the server may still accept. */
  readonly remaining: readonly string[];

  constructor(failures: readonly { what: string; error: unknown }[]) {
    const remaining = failures.map(({ what }) => what);
    const cause = failures[0]?.error;
    const known = cause instanceof FxaPairError ? cause : undefined;
    const reason = known === undefined ? "" : ` ${known.message}`;
    // Where the answer was lost, it may have done as it was told.
    const accepts = mayBeDone(cause) ? "may still accept" : "still accepts";
    const message = `The server ${accepts} this device's ${remaining.join(" and ")}.${reason}`;
    super(known?.code ?? "internal", message, {
      hint: "Try again later, or remove the device in the account's settings on the web.",
      details: { ...known?.details, remaining },
      cause,
    });
    this.remaining = remaining;
  }
}
