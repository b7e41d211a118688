/** Confirming a session, asking for its state, renewing, doubling and ending it. */
import * as v from "valibot";
import { equalText } from "../../lib/constant-time.ts";
import type { SessionCaller } from "../auth.ts";
import { requireSession } from "../auth.ts";
import type { Answer, Call, Route } from "../call.ts";
import { authRoute, ok, userAgentOf } from "../call.ts";
import { confirmSession, isMailedCode, mailCode, meetsMinimumAssurance } from "../confirmation.ts";
import * as fields from "../fields.ts";
import { AuthProblem, throttled } from "../problems.ts";
import type { Services } from "../services.ts";
import { checkSignIn, signInAnswer } from "../sign-in.ts";
import type { Throttle } from "../throttle.ts";
import { AUTHENTICATOR, isOneTimeCode } from "../totp.ts";
import { readBody, readOptionalBody } from "../validate.ts";

const CodeBody = v.object({
  code: fields.digits,
  service: v.optional(fields.service),
  scopes: v.optional(v.array(v.string())),
});
const BackupCodeBody = v.object({ code: v.pipe(v.string(), v.maxLength(20), v.regex(/^[0-9A-Za-z]+$/)) });
const LinkBody = v.object({ uid: fields.hex32, code: fields.hex32 });
const ResendBody = v.object({ service: v.optional(fields.service) });
const DuplicateBody = v.object({ reason: v.optional(fields.printable(16)) });
const DestroyBody = v.object({ customSessionToken: v.optional(fields.hex64) });

/** The routes of this group. */
export function sessionRoutes(services: Services): readonly Route[] {
  return [
    authRoute("POST", "/session/verify_code", (call) => verifyCode(services, call)),
    authRoute("POST", "/session/resend_code", (call) => resendCode(services, call)),
    authRoute("POST", "/session/verify/totp", (call) => verifyTotp(services, call)),
    authRoute("POST", "/session/verify/recoveryCode", (call) => verifyBackupCode(services, call)),
    authRoute("GET", "/session/status", (call) => status(services, call)),
    authRoute("POST", "/session/reauth", (call) => reauthenticate(services, call)),
    authRoute("POST", "/session/duplicate", (call) => duplicate(services, call)),
    authRoute("POST", "/session/destroy", (call) => destroy(services, call)),
    authRoute("GET", "/recovery_email/status", (call) => emailStatus(services, call)),
    authRoute("POST", "/recovery_email/verify_code", (call) => verifyLink(services, call)),
  ];
}

function verifyCode(services: Services, call: Call): Answer {
  const caller = requireSession(services.store, call);
  const { code } = readBody(call, CodeBody, "bodyRequired");
  countAttempt(services.throttles.sessionCode, caller);
  // Whoever reads the mails of an account with TOTP must not get past it that way.
  const enough = caller.account.totpSecret === undefined;
  if (!enough || !isMailedCode(services, caller.account, code)) throw new AuthProblem(183);
  services.throttles.sessionCode.clear(caller.account.uid);
  confirmSession(caller.account, caller.session, "email-2fa");
  return ok();
}

function resendCode(services: Services, call: Call): Answer {
  const { account } = requireSession(services.store, call);
  readBody(call, ResendBody, "bodyRequired");
  if (!account.totpSecret) mailCode(services, account);
  return ok();
}

/** A wrong code is no error: 200 with `success: false`. */
function verifyTotp(services: Services, call: Call): Answer {
  const caller = requireSession(services.store, call);
  const { code } = readBody(call, CodeBody, "bodyRequired");
  const { totpSecret } = caller.account;
  if (!totpSecret) throw new AuthProblem(155);
  countAttempt(services.throttles.totp, caller);
  const success = isOneTimeCode(code, totpSecret, services.clock.wallTime(), AUTHENTICATOR);
  if (success) {
    services.throttles.totp.clear(caller.account.uid);
    confirmSession(caller.account, caller.session, "totp-2fa");
  }
  return ok({ success });
}

function verifyBackupCode(services: Services, call: Call): Answer {
  const caller = requireSession(services.store, call);
  const code = readBody(call, BackupCodeBody, "bodyRequired").code.toUpperCase();
  countAttempt(services.throttles.totp, caller);
  const { backupCodes } = caller.account;
  if (!backupCodes.delete(code)) throw new AuthProblem(156);
  services.throttles.totp.clear(caller.account.uid);
  confirmSession(caller.account, caller.session, "recovery-code");
  return ok({ remaining: backupCodes.size });
}

function status(services: Services, call: Call): Answer {
  const { account, session } = requireSession(services.store, call);
  const verified = account.emailVerified && session.verified;
  return ok({
    state: verified ? "verified" : "unverified",
    uid: account.uid,
    details: {
      accountEmailVerified: account.emailVerified,
      sessionVerified: session.verified,
      sessionVerificationMethod: session.verificationMethod,
      sessionVerificationMeetsMinimumAAL: meetsMinimumAssurance(account, session),
      mustVerify: !session.verified,
      verified,
    },
  });
}

function emailStatus(services: Services, call: Call): Answer {
  const { account, session } = requireSession(services.store, call);
  const { email, emailVerified } = account;
  const sessionVerified = session.verified;
  return ok({ email, emailVerified, sessionVerified, verified: emailVerified && sessionVerified });
}

/** What following a mailed link does: confirms the email and the sessions that wait for a mail. */
function verifyLink(services: Services, call: Call): Answer {
  const body = readBody(call, LinkBody);
  const account = services.store.findAccount(body.uid.toLowerCase());
  if (!account) throw new AuthProblem(102);
  if (!equalText(account.mailLinkCode, body.code.toLowerCase())) throw new AuthProblem(105);
  account.emailVerified = true;
  if (account.totpSecret) return ok();
  const waiting = services.store.sessions.of(account.uid).filter((session) => !session.verified);
  for (const session of waiting) confirmSession(account, session, "email-2fa");
  return ok();
}

/** The password again on the same session; its confirmation stays what it was. */
async function reauthenticate(services: Services, call: Call): Promise<Answer> {
  const { account, session } = requireSession(services.store, call);
  const signIn = await checkSignIn(services, call, "bodyRequired");
  if (!equalText(signIn.account.uid, account.uid)) throw new AuthProblem(102);
  // The session may have ended while the password was being checked.
  if (!services.store.sessions.find(session.id)) throw new AuthProblem(110);
  session.authAt = Math.floor(services.clock.wallTime() / 1000);
  return ok(signInAnswer(services, signIn, session));
}

function duplicate(services: Services, call: Call): Answer {
  const { account, session } = requireSession(services.store, call);
  readBody(call, DuplicateBody, "bodyRequired");
  const sessionToken = services.store.sessions.copy(session, userAgentOf(call));
  return ok({
    uid: account.uid,
    sessionToken,
    authAt: session.authAt,
    emailVerified: account.emailVerified,
    sessionVerified: session.verified,
    verified: account.emailVerified && session.verified,
  });
}

/** Ends this session, or another one of the account by its id. */
function destroy(services: Services, call: Call): Answer {
  const { account, session } = requireSession(services.store, call);
  const { customSessionToken } = readOptionalBody(call, DestroyBody);
  const id = customSessionToken?.toLowerCase() ?? session.id;
  if (!equalText(services.store.sessions.find(id)?.uid ?? "", account.uid)) throw new AuthProblem(110);
  services.store.destroySession(id);
  return ok();
}

function countAttempt(throttle: Throttle, { account }: SessionCaller): void {
  const wait = throttle.wait(account.uid);
  if (wait !== undefined) throw throttled(wait);
  throttle.count(account.uid);
}
