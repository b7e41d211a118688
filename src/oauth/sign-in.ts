/** Signing in with email and password: which stretch, the one attempt, the one correction of the address's spelling. */

import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient, Issued } from "./accounts-client.ts";
import type { LoginResult } from "./answers.ts";
import { AccountsError } from "./error-table.ts";
import { wipe } from "./key-material.ts";
import { perhapsIssued } from "./lost-answer.ts";
import { sameEmail } from "./same-email.ts";
import { quickStretchV1, quickStretchV2 } from "./stretch.ts";

export interface SignInAttempt {
  readonly email: string;
  readonly password: string;
  readonly unblockCode?: string | undefined;
}

/** How the server wants the sign-in confirmed. */
export type Confirmation = "none" | "mailed-code" | "mailed-link" | "totp";

/** A sign-in that the server accepted. Its session has to be ended if anything that follows fails. */
export interface AcceptedSignIn {
  /** As registered. */
  readonly email: string;
  readonly stretchVersion: 1 | 2;
  /** 32 bytes. To be wiped. */
  readonly unwrapBKey: Uint8Array;
  readonly issued: Issued<LoginResult>;
}

export interface SignedIn {
  readonly uid: string;
  readonly sessionToken: string;
  /** Of the same stretch version as the `unwrapBKey`. */
  readonly keyFetchToken: string;
  readonly authAt: number | null;
  readonly confirmation: Confirmation;
}

/**
 * Sends the password's proof once; once more, with the registered spelling, when only letter case was wrong.
 *
 * @throws AccountsError as the server says; see its `offersUnblockCode`.
 */
export async function signIn(accounts: AccountsClient, attempt: SignInAttempt): Promise<AcceptedSignIn> {
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
): Promise<AcceptedSignIn> {
  const status = await accounts.credentialsStatus(email);
  const { authPW, unwrapBKey } =
    status.version === 2
      ? await quickStretchV2(status.clientSalt, password)
      : await quickStretchV1(email, password);
  try {
    const originalLoginEmail = email === typed ? undefined : typed;
    const issued = await accounts.signIn({ email, authPW, unblockCode, originalLoginEmail });
    return { email, stretchVersion: status.version, unwrapBKey, issued };
  } catch (error) {
    wipe(unwrapBKey);
    throw perhapsIssued(error);
  } finally {
    wipe(authPW);
  }
}

/**
 * What the server's answer gives.
 *
 * @throws FxaPairError `refused` when it is not enough to go on with.
 */
export function readSignIn({ issued, stretchVersion }: AcceptedSignIn): SignedIn {
  const answer = issued.read();
  const { uid, sessionToken, authAt } = answer;
  const keyFetchToken = stretchVersion === 2 ? answer.keyFetchTokenVersion2 : answer.keyFetchToken;
  if (keyFetchToken !== null)
    return { uid, sessionToken, authAt, keyFetchToken, confirmation: confirmationOf(answer) };
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
