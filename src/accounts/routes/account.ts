/** Signing up and in: `/account/create`, `/account/credentials/status`, `/account/login`, unblocking, `/account/keys`. */
import * as v from "valibot";
import { encodeHex } from "../../lib/hex.ts";
import { requireKeyFetchToken } from "../auth.ts";
import type { Answer, Call, Route } from "../call.ts";
import { authRoute, ok, userAgentOf } from "../call.ts";
import { mailUnblockCode, neededVerification } from "../confirmation.ts";
import * as fields from "../fields.ts";
import { AuthProblem, throttled } from "../problems.ts";
import type { Account } from "../records.ts";
import type { Services } from "../services.ts";
import { checkSignIn, signInAnswer } from "../sign-in.ts";
import { readBody, readQuery } from "../validate.ts";

const CreateBody = v.object({
  email: fields.email,
  authPW: fields.hex64,
  service: v.optional(fields.service),
  verificationMethod: v.optional(fields.verificationMethod),
  metricsContext: v.optional(fields.metricsContext),
});
const CreateQuery = v.object({ keys: v.optional(v.picklist(["true", "false"])) });
const EmailBody = v.object({
  email: fields.email,
  metricsContext: v.optional(fields.metricsContext),
});

/** The routes of this group. */
export function accountRoutes(services: Services): readonly Route[] {
  return [
    authRoute("POST", "/account/create", (call) => create(services, call)),
    authRoute("POST", "/account/credentials/status", (call) => credentialsStatus(services, call)),
    authRoute("POST", "/account/login", (call) => login(services, call)),
    authRoute("POST", "/account/login/send_unblock_code", (call) => sendUnblockCode(services, call)),
    authRoute("GET", "/account/keys", (call) => keys(services, call)),
  ];
}

/** Makes a version 1 account whose email waits for its confirmation. */
async function create(services: Services, call: Call): Promise<Answer> {
  const query = readQuery(call, CreateQuery);
  const body = readBody(call, CreateBody);
  const authPW = Buffer.from(body.authPW, "hex");
  const account = await services.store.registerAccount(body.email, authPW);
  if (!account) throw new AuthProblem(101);
  const checked = account.password && (await services.store.checkPassword(account.password, authPW));
  if (!checked) throw new Error("a new account refused its own password");
  const verification = neededVerification(account, body.verificationMethod, false);
  const { session, token } = newSession(services, account, call, verification === undefined);
  const signIn = { account, verification, wantsKeys: query.keys === "true", ...checked };
  return ok({ ...signInAnswer(services, signIn, session), sessionToken: token });
}

function credentialsStatus(services: Services, call: Call): Answer {
  const { email } = readBody(call, EmailBody);
  const key = email.toLowerCase();
  const wait = services.throttles.credentialStatus.wait(key);
  if (wait !== undefined) throw throttled(wait);
  services.throttles.credentialStatus.count(key);
  const { password } = requireAccount(services, email);
  if (!password) throw new AuthProblem(210);
  return password.version2
    ? ok({ currentVersion: "v2", clientSalt: password.version2.clientSalt, upgradeNeeded: false })
    : ok({ currentVersion: "v1", upgradeNeeded: true });
}

async function login(services: Services, call: Call): Promise<Answer> {
  const signIn = await checkSignIn(services, call);
  const { session, token } = newSession(services, signIn.account, call, signIn.verification === undefined);
  return ok({ ...signInAnswer(services, signIn, session), sessionToken: token });
}

function sendUnblockCode(services: Services, call: Call): Answer {
  const account = requireAccount(services, readBody(call, EmailBody).email);
  const wait = services.throttles.unblockMail.wait(account.uid);
  if (wait !== undefined) throw throttled(wait);
  services.throttles.unblockMail.count(account.uid);
  mailUnblockCode(services, account);
  return ok();
}

/** Hands the bundle out once; an unconfirmed session keeps its key-fetch token for later. */
function keys(services: Services, call: Call): Answer {
  const token = requireKeyFetchToken(services.store, call);
  const confirmed = services.store.sessions.find(token.sessionId)?.verified === true;
  const account = services.store.findAccount(token.uid);
  if (!confirmed || account?.emailVerified !== true) throw new AuthProblem(104);
  services.store.sessions.destroyKeyFetchToken(token.id);
  return ok({ bundle: encodeHex(token.bundle) });
}

function newSession(services: Services, account: Account, call: Call, verified: boolean) {
  const start = { verified, verificationMethod: null, userAgent: userAgentOf(call) };
  return services.store.sessions.create(account.uid, start);
}

function requireAccount(services: Services, email: string): Account {
  const account = services.store.findAccountByEmail(email);
  if (!account) throw new AuthProblem(102, { email });
  return account;
}
