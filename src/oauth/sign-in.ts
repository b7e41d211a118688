/** Signing in with email and password: which stretch, the one attempt, the one correction of the address's spelling. */

import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient } from "./accounts-client.ts";
import type { LoginResult } from "./answers.ts";
import { AccountsError } from "./error-table.ts";
import { wipe } from "./key-material.ts";
import { sameEmail } from "./same-email.ts";
import { quickStretchV1, quickStretchV2 } from "./stretch.ts";

export interface SignInAttempt {
  readonly email: string;
  readonly password: string;
  readonly unblockCode?: string | undefined;
}

/** How the server wants the sign-in confirmed. */
export type Confirmation = "none" | "mailed-code" | "mailed-link" | "totp";

export interface SignedIn {
  /** As registered. */
  readonly email: string;
  readonly uid: string;
  readonly sessionToken: string;
  readonly keyFetchToken: string;
  /** 32 bytes, of the same stretch version as the key-fetch token. To be wiped. */
  readonly unwrapBKey: Uint8Array;
  readonly authAt: number | null;
  readonly confirmation: Confirmation;
}

/**
 * Sends the password's proof once; once more, with the registered spelling, when only letter case was wrong.
 *
 * @throws AccountsError as the server says; see its `offersUnblockCode`.
 */
export async function signIn(accounts: AccountsClient, attempt: SignInAttempt): Promise<SignedIn> {
  try {
    return await signInAs(accounts, attempt.email, attempt);
  } catch (error) {
    const registered = error instanceof AccountsError && error.errno === 120 ? error.extras.email : undefined;
    // The server may correct the spelling, not choose what the password is hashed with.
    if (registered === undefined || !sameEmail(registered, attempt.email)) throw error;
    return await signInAs(accounts, registered, attempt);
  }
}

async function signInAs(
  accounts: AccountsClient,
  email: string,
  { email: typed, password, unblockCode }: SignInAttempt,
): Promise<SignedIn> {
  const status = await accounts.credentialsStatus(email);
  const { authPW, unwrapBKey } =
    status.version === 2
      ? await quickStretchV2(status.clientSalt, password)
      : await quickStretchV1(email, password);
  try {
    const originalLoginEmail = email === typed ? undefined : typed;
    const answer = await accounts.signIn({ email, authPW, unblockCode, originalLoginEmail });
    return { email, unwrapBKey, ...keyFetch(answer, status.version), confirmation: confirmationOf(answer) };
  } catch (error) {
    wipe(unwrapBKey);
    throw error;
  } finally {
    wipe(authPW);
  }
}

function keyFetch(answer: LoginResult, version: 1 | 2) {
  const { uid, sessionToken, authAt } = answer;
  const keyFetchToken = version === 2 ? answer.keyFetchTokenVersion2 : answer.keyFetchToken;
  if (keyFetchToken !== null) return { uid, sessionToken, authAt, keyFetchToken };
  throw new FxaPairError(
    "refused",
    "The accounts server signed in but gives no access to the account's keys.",
    {
      hint: "Pair this device with one that is already signed in: fxa-pair join",
    },
  );
}

function confirmationOf(answer: LoginResult): Confirmation {
  if (answer.emailVerified && answer.sessionVerified) return "none";
  if (answer.verificationReason === "change_password") {
    throw new FxaPairError("refused", "The account is locked until its password is reset.", {
      hint: "Reset the password on the accounts web site, then sign in again.",
    });
  }
  switch (answer.verificationMethod) {
    case "totp-2fa":
      return "totp";
    case "email":
      return "mailed-link";
    case "email-otp":
    case "email-2fa":
    case null:
      return "mailed-code";
    default:
      throw new FxaPairError(
        "refused",
        "The accounts server wants the sign-in confirmed in a way unknown here.",
        {
          hint: "Pair this device with one that is already signed in: fxa-pair join",
        },
      );
  }
}
