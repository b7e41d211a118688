/** Whether this device's session is good enough to sign in another one, asked before a channel is opened. */

import type { Clock } from "../lib/clock.ts";
import { equalText } from "../lib/constant-time.ts";
import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient } from "./accounts-client.ts";
import type { SessionState } from "./answers.ts";
import type { Credentials } from "./credentials.ts";

/** Milliseconds after a sign-in during which two-step authentication need not be repeated. */
const FRESH_FOR = 5 * 60_000;
/** The ways of confirming a session that are a second step. */
export const TWO_STEP_METHODS = ["totp-2fa", "sms-2fa", "recovery-code"];

export interface HostSession {
  readonly uid: string;
  /** Whether the account has two-step authentication. */
  readonly twoStep: boolean;
  /** Whether the server confirms that this session passed it, or that none is needed. */
  readonly levelKnown: boolean;
}

/**
 * Looks the session up.
 *
 * @throws FxaPairError `not_signed_in` when it is gone, not confirmed or below the account's level, or of another
 *   account; `refused` when the server does not tell about two-step authentication: not knowing counts as no.
 */
export async function checkHostSession(
  accounts: AccountsClient,
  credentials: Credentials & { readonly sessionToken: string },
): Promise<HostSession> {
  const status = await accounts.sessionStatus(credentials.sessionToken);
  if (!equalText(status.uid, credentials.uid))
    throw unusable("This device's session belongs to another account.");
  if (!status.verified) throw unusable("This device's session is not confirmed.");
  if (status.meetsMinimumAssurance === false) {
    throw unusable("The account has two-step authentication, and this device's session did not pass it.");
  }
  const levelKnown = status.meetsMinimumAssurance === true;
  return { uid: status.uid, levelKnown, twoStep: await hasTwoStep(accounts, credentials, status) };
}

/**
 * Whether an authenticator code must be asked for before an approval: the account has two-step authentication, and the
 * sign-in is more than five minutes old by the server's clock, or of unknown age or level.
 */
export function needsFreshTotp(
  session: HostSession,
  { authAt }: Pick<Credentials, "authAt">,
  clock: Clock,
  clockSkew: number | null,
): boolean {
  if (!session.twoStep) return false;
  if (!session.levelKnown || authAt === null) return true;
  const age = clock.wallTime() + (clockSkew ?? 0) - authAt * 1000;
  return age < -FRESH_FOR || age > FRESH_FOR;
}

async function hasTwoStep(
  accounts: AccountsClient,
  credentials: Credentials,
  status: SessionState,
): Promise<boolean> {
  if (TWO_STEP_METHODS.includes(status.verificationMethod ?? "")) return true;
  // A session that meets the minimum without a second step: the account has none.
  if (status.meetsMinimumAssurance === true) return false;
  const { accessToken } = await accounts.refresh(credentials, ["profile"]);
  const { twoFactorAuthentication } = await accounts.profile(accessToken);
  if (twoFactorAuthentication !== null) return twoFactorAuthentication;
  throw new FxaPairError(
    "refused",
    "The accounts server does not tell whether two-step authentication is on.",
    {
      hint: "Pair from a Firefox that is signed in.",
    },
  );
}

function unusable(message: string): FxaPairError {
  return new FxaPairError("not_signed_in", message, { hint: "Sign in again with: fxa-pair login" });
}
