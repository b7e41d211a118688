/**
 * What the accounts server's error numbers mean to the person at the keyboard. The auth server and the OAuth host
 * number differently: 103 is a wrong password at one and a redirect URI at the other.
 */

import type { ErrorCode } from "../lib/errors.ts";

export interface Meaning {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

const SIGN_IN_AGAIN = "Sign in again with: fxa-pair login";
const PAIR_INSTEAD = "Pair this device with one that is already signed in: fxa-pair join";
const WEB_SITE = "Sign in on the accounts web site and follow what it says.";
const TRY_LATER = "Try again later.";
const NEW_PAIRING = "Start the pairing again on both devices.";

function refused(message: string, hint?: string): Meaning {
  return { code: "refused", message, ...(hint === undefined ? {} : { hint }) };
}

function signInAgain(message: string): Meaning {
  return { code: "not_signed_in", message, hint: SIGN_IN_AGAIN };
}

function unavailable(message: string): Meaning {
  return { code: "unreachable", message, hint: TRY_LATER };
}

function defect(message: string): Meaning {
  return refused(
    message,
    "This is a defect of fxa-pair, or it is too old for this server: update, or report it.",
  );
}

/** Numbers of the auth server, also on its `/oauth/…` routes. */
export const AUTH_MEANINGS: Readonly<Record<number, Meaning>> = {
  102: refused("There is no account with this email address.", "Check the address and --server."),
  103: refused("The password is wrong.", "Run the command again; it never repeats a password by itself."),
  104: refused(
    "The account's email address is not confirmed yet.",
    "Confirm it with the link or code in the mail.",
  ),
  105: refused("The confirmation code is wrong.", "Use the newest mail."),
  106: defect("The accounts server could not read the request."),
  107: defect("The accounts server found a field of the request invalid."),
  108: defect("The accounts server misses a field in the request."),
  109: defect("The accounts server found the request's authentication malformed."),
  110: signInAgain("This device is no longer signed in: its session or token was revoked or has expired."),
  111: defect("The accounts server found the request's time stamp wrong."),
  112: defect("The accounts server misses the request's length."),
  113: defect("The accounts server found the request too large."),
  114: refused("The accounts server asks to slow down.", "Wait before the next attempt."),
  115: defect("The accounts server found the request repeated."),
  116: refused("The accounts server no longer offers this.", "Update fxa-pair."),
  120: refused(
    "The email address is registered with other capital letters.",
    "Type it as it was registered.",
  ),
  123: refused("The accounts server does not know this device."),
  124: refused("The accounts server has another device under this session."),
  125: refused("The accounts server blocked the sign-in for security reasons.", PAIR_INSTEAD),
  126: refused("The account is locked until its password is reset.", WEB_SITE),
  127: refused("The unblock code is wrong or has expired.", "Use the newest mail, or ask for another code."),
  133: refused("Mails to this address are reported as unwanted, so no code can be sent.", WEB_SITE),
  134: refused("Mails to this address come back, so no code can be sent.", WEB_SITE),
  135: refused("Mails to this address come back at the moment, so no code can be sent.", TRY_LATER),
  138: signInAgain("This device's session is not confirmed."),
  142: refused("This address cannot be used to sign in.", "Use the account's primary email address."),
  149: refused("This address cannot be used to sign in.", "Use the account's primary email address."),
  151: refused("The accounts server could not send the mail.", TRY_LATER),
  152: refused("The confirmation code is wrong.", "Use the newest mail."),
  153: refused("The confirmation code has expired.", "Ask for another one."),
  155: refused("The account has no two-step authentication.", "Use the code in the mail."),
  156: refused("The backup authentication code is unknown or was used before.", "Use another one."),
  160: refused("The account has no two-step authentication, and the request needs it.", WEB_SITE),
  162: refused("The accounts server does not know this client id.", "Check --client-id and --server."),
  163: refused(
    "The accounts server does not allow this client the scopes asked for.",
    "Ask for fewer with --scope.",
  ),
  164: signInAgain("The sign-in on this device is too long ago for this."),
  165: refused("The accounts server was changing the same record at that moment.", "Try again."),
  166: refused("The accounts server knows this client as a confidential one.", "Use another --client-id."),
  167: refused("The client's redirect address differs from the registered one.", "Use another --client-id."),
  168: defect("The accounts server found the response type invalid."),
  169: defect("The accounts server misses the proof key."),
  170: signInAgain("This needs a session with two-step authentication."),
  171: defect("The accounts server found the client's secret wrong."),
  172: refused("The authorization code is unknown or was used before.", NEW_PAIRING),
  173: refused("The authorization code was made for another client.", NEW_PAIRING),
  174: refused("The authorization code has expired.", NEW_PAIRING),
  175: refused(
    "The authorization code belongs to another request; somebody may be interfering.",
    NEW_PAIRING,
  ),
  182: signInAgain("The accounts server no longer knows this device's token."),
  183: refused("The code is wrong or has expired.", "Use the newest mail, or ask for another code."),
  201: unavailable("The accounts server is busy or being serviced."),
  202: refused("The accounts server has this feature switched off."),
  203: unavailable("A part of the accounts server does not answer."),
  204: unavailable("The accounts server has this client switched off at the moment."),
  210: refused(
    "The account has no password: it signs in through another service or with a passkey.",
    PAIR_INSTEAD,
  ),
  222: signInAgain("This needs a session with two-step authentication."),
  998: unavailable("The accounts server failed."),
  999: unavailable("The accounts server failed."),
};

const TRANSLATED: Readonly<Record<number, number>> = {
  101: 162,
  102: 171,
  103: 167,
  104: 110,
  105: 172,
  106: 173,
  107: 174,
  108: 110,
  109: 107,
  110: 168,
  111: 110,
  114: 163,
  115: 110,
  116: 166,
  117: 175,
  118: 169,
  119: 164,
  120: 170,
  121: 107,
  122: 182,
  201: 201,
  202: 204,
  999: 999,
};

const OAUTH_ONLY: Readonly<Record<number, Meaning>> = {
  112: refused("The accounts server forbids this client the request."),
  113: defect("The accounts server does not take this type of content."),
};

/** What a number of the OAuth host's own routes means. */
export function oauthMeaning(errno: number): Meaning | undefined {
  return OAUTH_ONLY[errno] ?? AUTH_MEANINGS[TRANSLATED[errno] ?? -1];
}

/** The profile server has few numbers of its own: the status decides. */
export function profileMeaning(status: number): Meaning | undefined {
  if (status === 401) return signInAgain("The profile server does not accept this device's token.");
  if (status === 403)
    return refused("The token does not give access to the profile.", "Ask for the scope profile.");
  return undefined;
}
