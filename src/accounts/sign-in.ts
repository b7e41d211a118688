/** The password check behind `/account/login` and `/session/reauth`, and the answer they share. */
import * as v from "valibot";
import type { Call } from "./call.ts";
import { mailVerification, neededVerification, redeemUnblockCode } from "./confirmation.ts";
import type { Verification } from "./confirmation.ts";
import * as fields from "./fields.ts";
import { AuthProblem, throttled } from "./problems.ts";
import type { Account, Session } from "./records.ts";
import type { Services } from "./services.ts";
import { readBody, readQuery } from "./validate.ts";

const SignInBody = v.object({
  email: fields.email,
  authPW: fields.hex64,
  reason: v.optional(fields.printable(16)),
  service: v.optional(fields.service),
  verificationMethod: v.optional(fields.verificationMethod),
  unblockCode: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9]{8}$/))),
  originalLoginEmail: v.optional(fields.email),
  redirectTo: v.optional(fields.printable(2048)),
  resume: v.optional(v.string()),
  metricsContext: v.optional(fields.metricsContext),
  sendSigninVerificationEmail: v.optional(v.boolean()),
});

const SignInQuery = v.object({
  keys: v.optional(v.picklist(["true", "false"])),
  verificationMethod: v.optional(fields.verificationMethod),
});

/** The offer that goes with a refusal which an unblock code would lift. */
const UNBLOCK_OFFER = { verificationMethod: "email-captcha", verificationReason: "login" };

/** A right password, and what it opens. */
export interface SignIn {
  readonly account: Account;
  readonly verification: Verification | undefined;
  readonly wantsKeys: boolean;
  readonly version: 1 | 2;
  readonly wrapKb: Uint8Array;
}

/**
 * Reads the request and checks its password.
 *
 * @param bodyRequired for the route with session auth
 * @throws AuthProblem 102, 103, 114, 120, 125, 126, 127, 160, 210, and those of the schema
 */
export async function checkSignIn(
  services: Services,
  call: Call,
  bodyRequired?: "bodyRequired",
): Promise<SignIn> {
  const query = readQuery(call, SignInQuery);
  const body = readBody(call, SignInBody, bodyRequired);
  const account = services.store.findAccountByEmail(body.email);
  if (!account) throw new AuthProblem(102, { email: body.email });
  checkAllowed(services, account, body.unblockCode);
  const checked = await checkAuthPW(services, account, body.email, body.authPW);
  const asked = body.verificationMethod ?? query.verificationMethod;
  const verification = neededVerification(account, asked, body.unblockCode !== undefined);
  return { account, verification, wantsKeys: query.keys === "true", ...checked };
}

/** The members both routes answer with; makes the key-fetch token and mails what is left to do. */
export function signInAnswer(services: Services, signIn: SignIn, session: Session): Record<string, unknown> {
  const { account, verification, wantsKeys, version, wrapKb } = signIn;
  if (verification && !session.verified) mailVerification(services, account, verification);
  const keyFetchToken = wantsKeys
    ? services.store.sessions.createKeyFetchToken(account, session, wrapKb)
    : undefined;
  return {
    uid: account.uid,
    ...(keyFetchToken !== undefined && {
      [version === 1 ? "keyFetchToken" : "keyFetchTokenVersion2"]: keyFetchToken,
    }),
    authAt: session.authAt,
    emailVerified: account.emailVerified,
    sessionVerified: session.verified,
    verified: account.emailVerified && session.verified,
    ...(session.verified ? {} : verification),
    metricsEnabled: true,
  };
}

function checkAllowed(services: Services, account: Account, unblockCode: string | undefined): void {
  if (unblockCode === undefined) {
    const wait = services.throttles.signIn.wait(account.uid);
    if (wait !== undefined) throw throttled(wait, UNBLOCK_OFFER);
    if (account.blocked) throw new AuthProblem(125, UNBLOCK_OFFER);
  } else {
    redeemUnblockCode(services, account, unblockCode);
  }
  if (account.locked) throw new AuthProblem(126, { email: account.email });
}

async function checkAuthPW(
  services: Services,
  account: Account,
  email: string,
  authPW: string,
): Promise<Pick<SignIn, "version" | "wrapKb">> {
  if (!account.password) throw new AuthProblem(210);
  // Counted before the slow check: attempts made at the same time must not slip past the limit.
  services.throttles.signIn.count(account.uid);
  const checked = await services.store.checkPassword(account.password, Buffer.from(authPW, "hex"));
  if (!checked) throw new AuthProblem(email === account.email ? 103 : 120, { email: account.email });
  services.throttles.signIn.clear(account.uid);
  return checked;
}
