/** Everything from a password, or from a session token, to the credentials of a signed-in device. */

import { decodeHex } from "../lib/hex.ts";
import type { Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient } from "./accounts-client.ts";
import type { AttachedClient } from "./answers.ts";
import type { ConfirmationPorts } from "./confirm-sign-in.ts";
import { confirmSession, isResend, secondsThrottled } from "./confirm-sign-in.ts";
import type { Credentials } from "./credentials.ts";
import { CREDENTIALS_VERSION } from "./credentials.ts";
import { AccountsError } from "./error-table.ts";
import { unwrapKb } from "./key-bundle.ts";
import { wipe } from "./key-material.ts";
import { nameDevice } from "./name-device.ts";
import type { SignedInDevice } from "./redeem.ts";
import { abandon } from "./redeem.ts";
import type { ScopedKeys } from "./scoped-keys.ts";
import { deriveScopedKey } from "./scoped-keys.ts";
import { KEY_BEARING_SCOPES } from "./scopes.ts";
import type { AcceptedSignIn, SignedIn, SignInAttempt } from "./sign-in.ts";
import { readSignIn, signIn } from "./sign-in.ts";
import { endingUnheard, listAttached } from "./unheard-grant.ts";

export interface LoginTarget {
  /** Origin of the accounts server. */
  readonly server: string;
  readonly clientId: string;
  readonly scope: readonly string[];
  readonly deviceName: string;
}

export interface LoginPorts extends ConfirmationPorts {
  /** Asked after the server has blocked the sign-in and mailed an unblock code. Giving up is to throw. */
  askUnblockCode(question: UnblockQuestion): Promise<string>;
}

export interface UnblockQuestion {
  /** What became of the answer before. */
  readonly last: "wrong" | "resent" | "throttled" | null;
  /** Seconds to wait before asking for another mail, once the server has said so. */
  readonly wait: number | null;
  /** As long as there are any, an empty answer, or the letter r, has the code mailed again. */
  readonly resendsLeft: number;
}

const MAX_UNBLOCK_CODES = 3;
const MAX_UNBLOCK_RESENDS = 3;

/**
 * Signs in with the password and keeps the scopes' keys, not kB. On failure nothing of it stays on the server.
 *
 * @throws FxaPairError as the steps do; the password is sent again only together with an unblock code the user typed.
 */
export async function loginWithPassword(
  accounts: AccountsClient,
  attempt: SignInAttempt,
  target: LoginTarget,
  ports: LoginPorts,
): Promise<SignedInDevice> {
  const accepted = await signInUnblocking(accounts, attempt, ports);
  const { email, unwrapBKey } = accepted;
  try {
    const signedIn = readSignIn(accepted);
    const { sessionToken, uid, authAt } = signedIn;
    await confirmSession(accounts, sessionToken, signedIn.confirmation, ports);
    const [keys, before] = await Promise.all([
      deriveKeys(accounts, signedIn, unwrapBKey, target),
      listAttached(accounts, sessionToken, ports.clock),
    ]);
    const account = { sessionToken, email, uid, authAt, keys };
    const device = await equip(accounts, account, before, target, ports.clock);
    return { ...device, issued: { ...device.issued, sessionToken } };
  } catch (error) {
    throw await abandon(accounts, { clientId: target.clientId, ...accepted.issued.tokens }, error);
  } finally {
    wipe(unwrapBKey);
  }
}

/**
 * Takes over a session that was started elsewhere. Without the password there are no keys, so the scopes that need
 * one are left out. The session is not ended on failure: it is not ours.
 *
 * @throws FxaPairError `not_signed_in` when the session is gone or not confirmed.
 */
export async function loginWithSession(
  accounts: AccountsClient,
  sessionToken: string,
  target: LoginTarget,
  clock: Clock,
): Promise<SignedInDevice> {
  const { uid, verified } = await accounts.sessionStatus(sessionToken);
  if (!verified) {
    throw new FxaPairError("not_signed_in", "The session given is not confirmed.", {
      hint: "Confirm it where it was started, or sign in with the password.",
    });
  }
  const scope = target.scope.filter((value) => !KEY_BEARING_SCOPES.includes(value));
  const [{ email }, before] = await Promise.all([
    accounts.emailStatus(sessionToken),
    listAttached(accounts, sessionToken, clock),
  ]);
  const account = { sessionToken, email, uid, authAt: null, keys: {} };
  return await equip(accounts, account, before, { ...target, scope }, clock);
}

/** The password's attempt; more of them, each with an unblock code that the user typed, if the server wants that. */
async function signInUnblocking(
  accounts: AccountsClient,
  attempt: SignInAttempt,
  ports: LoginPorts,
): Promise<AcceptedSignIn> {
  try {
    return await signIn(accounts, attempt);
  } catch (error) {
    if (!(error instanceof AccountsError) || !error.offersUnblockCode || attempt.unblockCode !== undefined)
      throw error;
    return await unblock(accounts, attempt, ports);
  }
}

async function unblock(
  accounts: AccountsClient,
  attempt: SignInAttempt,
  { askUnblockCode }: LoginPorts,
): Promise<AcceptedSignIn> {
  await accounts.sendUnblockCode(attempt.email);
  let resendsLeft = MAX_UNBLOCK_RESENDS;
  let last: UnblockQuestion["last"] = null;
  let wait: number | null = null;
  for (let codes = 0; codes < MAX_UNBLOCK_CODES;) {
    const typed = (await askUnblockCode({ last, wait, resendsLeft })).replace(/[\s-]/g, "");
    if (isResend(typed) && resendsLeft > 0) {
      wait = await secondsThrottled(() => accounts.sendUnblockCode(attempt.email));
      resendsLeft -= 1;
      last = wait === null ? "resent" : "throttled";
      continue;
    }
    codes += 1;
    last = "wrong";
    const accepted = await signInWith(accounts, attempt, typed.toUpperCase());
    if (accepted !== null) return accepted;
  }
  throw new FxaPairError(
    "refused",
    `The sign-in ended after ${String(MAX_UNBLOCK_CODES)} wrong unblock codes.`,
    {
      hint: "Start again, and use the code of the newest mail.",
    },
  );
}

/** Null when the code was wrong. What cannot be one is not sent, and neither is the password with it. */
async function signInWith(
  accounts: AccountsClient,
  attempt: SignInAttempt,
  unblockCode: string,
): Promise<AcceptedSignIn | null> {
  if (!/^[0-9A-Z]{8}$/.test(unblockCode)) return null;
  try {
    return await signIn(accounts, { ...attempt, unblockCode });
  } catch (error) {
    if (error instanceof AccountsError && error.errno === 127) return null;
    throw error;
  }
}

/** The keys of those scopes that the server calls key-bearing. */
async function deriveKeys(
  accounts: AccountsClient,
  { sessionToken, keyFetchToken, uid }: SignedIn,
  unwrapBKey: Uint8Array,
  target: LoginTarget,
): Promise<ScopedKeys> {
  const rotations = await accounts.scopedKeyData(sessionToken, target.clientId, target.scope);
  const { kA, wrapKb } = await accounts.accountKeys(keyFetchToken).catch((error: unknown) => {
    throw keysGone(error);
  });
  const kB = unwrapKb(wrapKb, unwrapBKey);
  try {
    const asked = Object.entries(rotations).filter(([scope]) => target.scope.includes(scope));
    return Object.fromEntries(
      asked.map(([scope, { identifier, keyRotationSecret, keyRotationTimestamp }]) => [
        scope,
        deriveScopedKey({
          kB,
          uid: decodeHex(uid) ?? new Uint8Array(),
          scope,
          identifier,
          keyRotationSecret: decodeHex(keyRotationSecret) ?? new Uint8Array(),
          keyRotationTimestamp,
        }),
      ]),
    );
  } finally {
    wipe(kA, wrapKb, kB);
  }
}

/** The token for the keys is good once, and nobody else has it: the very request has been sent twice. */
function keysGone(error: unknown): unknown {
  if (!(error instanceof AccountsError) || error.code !== "not_signed_in") return error;
  return new FxaPairError(
    "refused",
    "The accounts server says that the account's keys were fetched already.",
    {
      hint: "Try again. If it goes on, something on the way sends requests twice: check HTTPS_PROXY.",
      ...(error.details && { details: error.details }),
      cause: error,
    },
  );
}

type Account = Pick<Credentials, "email" | "uid" | "authAt" | "keys"> & { readonly sessionToken: string };

/** Tokens and a name for a device that has a session. The session is not among what it says was issued. */
async function equip(
  accounts: AccountsClient,
  account: Account,
  before: readonly AttachedClient[] | null,
  target: LoginTarget,
  clock: Clock,
): Promise<SignedInDevice> {
  const { sessionToken } = account;
  const { clientId } = target;
  const answer = await endingUnheard(accounts, { sessionToken, clientId, before }, () =>
    accounts.credentialsGrant(sessionToken, clientId, target.scope),
  );
  const issued = { clientId, ...answer.tokens };
  try {
    const { refreshToken, scope, authAt } = answer.read();
    if (refreshToken === null || !scope.every((value) => target.scope.includes(value))) {
      throw new FxaPairError("refused", "The accounts server granted other tokens than were asked for.", {
        hint: "Check --server.",
      });
    }
    // The session gets the record: one without a device is dropped by the server when idle.
    const device = await nameDevice(accounts, { refreshToken, sessionToken, scope: [] }, target.deviceName);
    const credentials: Credentials = {
      version: CREDENTIALS_VERSION,
      server: target.server,
      clientId: target.clientId,
      ...account,
      refreshToken,
      scope,
      authAt: account.authAt ?? authAt,
      deviceId: device.id,
      deviceName: target.deviceName,
      createdAt: new Date(clock.wallTime()).toISOString(),
    };
    return { credentials, issued, warnings: device.warnings };
  } catch (error) {
    throw await abandon(accounts, issued, error);
  }
}
