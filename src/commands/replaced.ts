/** Credentials that new ones take the place of. */
import { equalText } from "../lib/constant-time.ts";
import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient } from "../oauth/accounts-client.ts";
import type { Credentials } from "../oauth/credential-store.ts";
import { sameEmail } from "../oauth/same-email.ts";
import { signOut } from "../oauth/sign-out.ts";
import type { Run } from "./setup.ts";

/** Whether stored credentials are of this account at this server. */
export function isSameAccount(stored: Credentials, server: string, email: string): boolean {
  return stored.server === server && sameEmail(stored.email, email);
}

/**
 * Ends on the server what the replaced credentials hold and the kept ones do not; nobody can use it any more, so failing
 * is only a warning.
 */
export async function endReplaced(
  replaced: Credentials,
  kept: Credentials,
  accounts: AccountsClient,
  run: Run,
): Promise<void> {
  if (replaced.server !== kept.server) {
    run.reporter.warn(
      `the replaced sign-in still exists at ${replaced.server}: remove it in that account's settings.`,
    );
    return;
  }
  try {
    await signOut(accounts.uninterrupted(), {
      clientId: replaced.clientId,
      refreshToken: unlessKept(replaced.refreshToken, kept.refreshToken),
      sessionToken: unlessKept(replaced.sessionToken, kept.sessionToken),
    });
  } catch (error) {
    if (!(error instanceof FxaPairError)) throw error;
    run.reporter.warn(`the replaced sign-in could not be ended on the server. ${error.message}`);
  }
}

/** A session can be taken over into new credentials. */
function unlessKept(token: string | undefined, kept: string | undefined): string | undefined {
  return token !== undefined && kept !== undefined && equalText(token, kept) ? undefined : token;
}
