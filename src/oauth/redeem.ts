/**
 * The new device's last steps at the accounts server: code to tokens, keys out of the bundle, proof that it is the
 * announced account, a name in the device list. Either all of it holds, or the tokens are given back.
 */

import type { Clock } from "../lib/clock.ts";
import { equalText } from "../lib/constant-time.ts";
import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient } from "./accounts-client.ts";
import type { ProfileResult, TokenResult } from "./answers.ts";
import type { Credentials } from "./credentials.ts";
import { CREDENTIALS_VERSION } from "./credentials.ts";
import { openKeys } from "./keys-jwe.ts";
import { perhapsIssued } from "./lost-answer.ts";
import { nameDevice } from "./name-device.ts";
import { selectReceivedKeys } from "./received-keys.ts";
import type { PrivateJwk } from "./recipient-key.ts";
import { sameEmail } from "./same-email.ts";
import type { ScopedKeys } from "./scoped-keys.ts";
import { SESSION_SCOPE } from "./scopes.ts";
import type { Holdings } from "./sign-out.ts";
import { signOut, StillSignedInError } from "./sign-out.ts";

export interface Redemption {
  /** Origin of the accounts server. */
  readonly server: string;
  readonly clientId: string;
  readonly code: string;
  readonly codeVerifier: string;
  /** What this device asked for, `profile` among it. */
  readonly scope: readonly string[];
  readonly privateJwk: PrivateJwk;
  /** What the other device said the account is. */
  readonly announcedEmail: string;
  readonly expectEmail?: string | undefined;
  /** The account of the credentials that would be replaced. */
  readonly knownUid?: string | undefined;
  readonly deviceName: string;
  /** Aborted when the pairing ends for another reason: then the tokens are given back. */
  readonly signal: AbortSignal;
}

export interface SignedInDevice {
  readonly credentials: Credentials;
  /** What this sign-in got from the server: to be given back if the credentials cannot be kept. */
  readonly issued: Holdings;
  /** Sentences for the user about what is not perfect. */
  readonly warnings: readonly string[];
}

/**
 * Redeems the code, once. Storing the credentials is left to the caller, as the last step.
 *
 * @throws FxaPairError `refused` when anything about tokens, keys or account is not as it should be. By then the tokens
 *   have been destroyed on the server; the message says so when that failed.
 */
export async function redeem(
  accounts: AccountsClient,
  redemption: Redemption,
  clock: Clock,
): Promise<SignedInDevice> {
  const { clientId, code, codeVerifier, signal } = redemption;
  signal.throwIfAborted();
  const answer = await accounts.redeem(clientId, code, codeVerifier).catch((error: unknown) => {
    throw perhapsIssued(error);
  });
  const issued = { clientId, ...answer.tokens };
  try {
    return { ...(await complete(accounts, redemption, answer.read(), clock)), issued };
  } catch (error) {
    throw await abandon(accounts, issued, error);
  }
}

/**
 * Gives back what a sign-in that failed half-way holds, interrupted or not.
 *
 * @returns the error to end with: the given one, or one that says besides that giving back failed.
 */
export async function abandon(
  accounts: AccountsClient,
  holdings: Holdings,
  error: unknown,
): Promise<unknown> {
  try {
    await signOut(accounts.uninterrupted(), holdings);
    return error;
  } catch (failure) {
    // Tokens and session of one sign-in can be given back one after the other.
    const before = error instanceof LeftBehindError ? error : undefined;
    const left = failure instanceof StillSignedInError ? failure.remaining : [];
    return new LeftBehindError(before?.ending ?? error, [...(before?.remaining ?? []), ...left]);
  }
}

/** A sign-in that failed, and could not be undone. */
class LeftBehindError extends FxaPairError {
  /** What the sign-in had failed by. */
  readonly ending: unknown;
  /** What the server may still accept. */
  readonly remaining: readonly string[];

  constructor(ending: unknown, remaining: readonly string[]) {
    const known = ending instanceof FxaPairError ? ending : undefined;
    const message = known?.message ?? "The sign-in failed.";
    super(known?.code ?? "internal", `${message} Nothing was stored, but the server still has it.`, {
      hint: "Remove this device in the account's settings on the web.",
      details: { ...known?.details, remaining },
      cause: ending,
    });
    this.ending = ending;
    this.remaining = remaining;
  }
}

async function complete(
  accounts: AccountsClient,
  redemption: Redemption,
  tokens: TokenResult,
  clock: Clock,
): Promise<Omit<SignedInDevice, "issued">> {
  const { refreshToken, sessionToken, scope, authAt } = tokens;
  redemption.signal.throwIfAborted();
  if (!scope.every((value) => redemption.scope.includes(value))) {
    throw refused("The accounts server granted more than this device asked for.");
  }
  if (sessionToken !== null && !scope.includes(SESSION_SCOPE)) {
    throw refused("The accounts server handed over a session that this device was not granted.");
  }
  if (refreshToken === null) throw refused("The other device granted no lasting sign-in.");
  const keys = await receivedKeys(tokens, redemption);
  const profile = await accounts.profile(tokens.accessToken);
  const account = await checkAccount(accounts, profile, sessionToken, redemption);
  redemption.signal.throwIfAborted();
  const device = await nameDevice(accounts, { refreshToken, sessionToken, scope }, redemption.deviceName);
  return {
    credentials: {
      version: CREDENTIALS_VERSION,
      server: redemption.server,
      clientId: redemption.clientId,
      ...account,
      refreshToken,
      ...(sessionToken === null ? {} : { sessionToken }),
      keys,
      scope,
      authAt,
      deviceId: device.id,
      deviceName: redemption.deviceName,
      createdAt: new Date(clock.wallTime()).toISOString(),
    },
    warnings: device.warnings,
  };
}

async function receivedKeys(tokens: TokenResult, redemption: Redemption): Promise<ScopedKeys> {
  const received = tokens.keysJwe === null ? {} : await openKeys(tokens.keysJwe, redemption.privateJwk);
  const selected = selectReceivedKeys(received, redemption.scope, tokens.scope);
  if ("keys" in selected) return selected.keys;
  throw refused(`The keys for this device are not as they should be: ${selected.problem}.`);
}

/** The account must be the announced one, the expected one, the session's one and the one already here. */
async function checkAccount(
  accounts: AccountsClient,
  { email, uid }: ProfileResult,
  sessionToken: string | null,
  redemption: Redemption,
): Promise<{ uid: string; email: string }> {
  if (email === null || uid === null)
    throw refused("The accounts server does not say which account this is.");
  if (!sameEmail(email, redemption.announcedEmail)) {
    throw refused("The account signed in is not the one the other device announced.");
  }
  if (redemption.expectEmail !== undefined && !sameEmail(email, redemption.expectEmail)) {
    throw refused("The account signed in is not the expected one.");
  }
  const { knownUid } = redemption;
  if (knownUid !== undefined && !equalText(uid, knownUid)) {
    throw refused("The account signed in is not the one this device already has.");
  }
  if (sessionToken !== null && !equalText(uid, (await accounts.sessionStatus(sessionToken)).uid)) {
    throw refused("The session handed over belongs to another account.");
  }
  return { uid, email };
}

function refused(message: string): FxaPairError {
  return new FxaPairError("refused", message, {
    hint: "Start again, and only with a device of your own in front of you.",
  });
}
