/** Which sign-ins need a confirmation, the mails that carry its codes, and what a right code changes. */
import { equalText } from "../lib/constant-time.ts";
import { encodeHex } from "../lib/hex.ts";
import type { SessionCaller } from "./auth.ts";
import { AuthProblem } from "./problems.ts";
import type { Account, Session, SessionVerificationMethod } from "./records.ts";
import type { Services } from "./services.ts";
import { isOneTimeCode, MAILED_CODE, totp } from "./totp.ts";

/** Milliseconds. */
const UNBLOCK_CODE_LIFETIME = 60 * 60_000;
const UNBLOCK_CODE_LENGTH = 8;

/** What is left to do after a right password. */
export interface Verification {
  readonly verificationMethod: string;
  readonly verificationReason: "signup" | "login";
}

/**
 * What a sign-in still needs; `undefined` when nothing. An account whose sign-ins need no confirming counts as signing
 * in from a device that is known.
 *
 * @param asked the `verificationMethod` of the request
 * @throws AuthProblem 160 when TOTP was asked for and the account has none
 */
export function neededVerification(
  account: Account,
  asked: string | undefined,
  unblocked: boolean,
): Verification | undefined {
  if (asked === "totp-2fa" && !account.totpSecret) throw new AuthProblem(160);
  const mailed = asked === "email-otp" || asked === "email-2fa" ? asked : "email";
  if (!account.emailVerified) return { verificationMethod: mailed, verificationReason: "signup" };
  if (account.totpSecret) return { verificationMethod: "totp-2fa", verificationReason: "login" };
  if (!account.mustConfirmSignIns || unblocked) return undefined;
  return { verificationMethod: mailed, verificationReason: "login" };
}

/** Mails six digits, or what a link carries when the method is `email`; nothing for TOTP. */
export function mailVerification(services: Services, account: Account, verification: Verification): void {
  if (verification.verificationMethod === "totp-2fa") return;
  if (verification.verificationMethod !== "email") {
    mailCode(services, account);
    return;
  }
  const time = services.clock.wallTime();
  services.mailbox.send({ to: account.email, kind: "link", code: account.mailLinkCode, time });
}

export function mailCode(services: Services, account: Account): void {
  const time = services.clock.wallTime();
  const code = totp(account.mailCodeSecret, time, MAILED_CODE.step);
  services.mailbox.send({ to: account.email, kind: "code", code, time });
}

/** Whether a mailed six-digit code is the present or the previous one. */
export function isMailedCode(services: Services, account: Account, code: string): boolean {
  return isOneTimeCode(code, account.mailCodeSecret, services.clock.wallTime(), MAILED_CODE);
}

/** Mails eight characters that let one sign-in through, within an hour. */
export function mailUnblockCode(services: Services, account: Account): void {
  const random = BigInt(`0x${encodeHex(services.random(16))}`) % 36n ** BigInt(UNBLOCK_CODE_LENGTH);
  const code = random.toString(36).toUpperCase().padStart(UNBLOCK_CODE_LENGTH, "0");
  account.unblockCode = { code, expiresAt: services.clock.now() + UNBLOCK_CODE_LIFETIME };
  services.mailbox.send({ to: account.email, kind: "unblock", code, time: services.clock.wallTime() });
}

/**
 * Uses an unblock code up.
 *
 * @throws AuthProblem 127 when it is wrong, spent or an hour old
 */
export function redeemUnblockCode(services: Services, account: Account, code: string): void {
  const expected = account.unblockCode;
  const right = expected !== undefined && equalText(expected.code, code.toUpperCase());
  if (!right || services.clock.now() >= expected.expiresAt) throw new AuthProblem(127);
  account.unblockCode = undefined;
}

/** Marks a session, and with a mailed code also the email, as confirmed. */
export function confirmSession(account: Account, session: Session, method: SessionVerificationMethod): void {
  session.verified = true;
  session.verificationMethod = method;
  if (method === "email-2fa") account.emailVerified = true;
}

/** Whether the session reached the level that the account's own settings ask for. */
export function meetsMinimumAssurance(account: Account, session: Session): boolean {
  return account.totpSecret === undefined || assuranceLevel(session) === 2;
}

/** 2 when something besides password and mailbox was proven. */
export function assuranceLevel(session: Session): 1 | 2 {
  return session.verificationMethod === "totp-2fa" || session.verificationMethod === "recovery-code" ? 2 : 1;
}

/** @throws AuthProblem 104 email not confirmed, 138 session not confirmed */
export function requireConfirmed({ account, session }: SessionCaller): void {
  if (!account.emailVerified) throw new AuthProblem(104);
  if (!session.verified) throw new AuthProblem(138);
}
