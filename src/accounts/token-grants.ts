/**
 * The grants of `/oauth/token` and `/v1/token`. They throw OAuth numbers; the two servers differ in what a session scope
 * brings: a session token on the auth server, only the id of the issuing session on the other.
 */
import * as v from "valibot";
import { equalText } from "../lib/constant-time.ts";
import { codeChallengeOf } from "../oauth/pkce.ts";
import { formatScope, impliesScope, OLDSYNC_SCOPE, parseScope, SESSION_SCOPE } from "../oauth/scopes.ts";
import type { SessionCaller } from "./auth.ts";
import {
  checkClientSecret,
  grantableScopes,
  requireClient,
  requireFreshAuthentication,
} from "./client-rights.ts";
import type { Client } from "./clients.ts";
import { requireConfirmed } from "./confirmation.ts";
import * as fields from "./fields.ts";
import { OAuthProblem } from "./problems.ts";
import type { AuthorizationCode, Grant, RefreshToken, Session } from "./records.ts";
import type { Services } from "./services.ts";
import { invalidField } from "./validate.ts";

const lifetime = (whole: fields.WholeNumber) => ({
  /** Seconds. */
  ttl: v.optional(whole(1)),
  resource: v.optional(v.pipe(v.string(), v.url())),
});

const codeGrant = (whole: fields.WholeNumber, verifier: RegExp) =>
  v.object({
    client_id: fields.clientId,
    code: fields.hex64,
    code_verifier: v.optional(v.pipe(v.string(), v.regex(verifier))),
    client_secret: v.optional(fields.hex64),
    redirect_uri: v.optional(v.pipe(v.string(), v.maxLength(256))),
    ppid_seed: v.optional(whole(0, 1024)),
    ...lifetime(whole),
  });

const refreshGrant = (whole: fields.WholeNumber) =>
  v.object({
    client_id: fields.clientId,
    refresh_token: fields.hex64,
    client_secret: v.optional(fields.hex64),
    scope: v.optional(fields.scope),
    ...lifetime(whole),
  });

/** With RFC 7636's alphabet. */
export const CodeGrantBody = codeGrant(fields.whole, /^[A-Za-z0-9._~-]{43,128}$/);
export const RefreshGrantBody = refreshGrant(fields.whole);
/** The OAuth host's, whose alphabet lacks two characters and which takes forms. */
export const OAuthHostCodeGrantBody = codeGrant(fields.wholeInForm, /^[A-Za-z0-9_-]{43,128}$/);
export const OAuthHostRefreshGrantBody = refreshGrant(fields.wholeInForm);
export const CredentialsGrantBody = v.object({
  client_id: fields.clientId,
  scope: v.optional(fields.scope),
  access_type: v.optional(fields.accessType),
  ...lifetime(fields.whole),
});
/** Tells which of them a request is. */
export const GrantTypeBody = v.object({ grant_type: v.optional(v.string()), code: v.optional(v.string()) });

type CodeGrant = v.InferOutput<typeof CodeGrantBody>;
type RefreshGrant = v.InferOutput<typeof RefreshGrantBody>;
type CredentialsGrant = v.InferOutput<typeof CredentialsGrantBody>;
type TokenAnswer = Record<string, unknown>;

/** The grant type of a request that may leave it to be guessed. */
export function grantTypeOf(body: v.InferOutput<typeof GrantTypeBody>): string {
  return body.grant_type ?? (body.code === undefined ? "fxa-credentials" : "authorization_code");
}

/**
 * Redeems a code. Nothing is awaited between finding and deleting it, so of two simultaneous redemptions one succeeds
 * and the other finds no code. A wrong verifier leaves the code in place.
 */
export function redeemCode(
  services: Services,
  body: CodeGrant,
  sessionAnswer: (issuer: Session) => TokenAnswer,
): TokenAnswer {
  const { grants, sessions } = services.store;
  const client = requireClient(services.store, body.client_id);
  if (body.code_verifier !== undefined && body.client_secret !== undefined)
    throw invalidField("client_secret");
  if (body.code_verifier !== undefined && !client.publicClient) throw new OAuthProblem(116);
  checkClientSecret(client, body.client_secret);
  checkRedirectUri(client, body.redirect_uri);
  const code = requireCode(services, client, body.code);
  checkVerifier(code, body.code_verifier);
  grants.deleteCode(code.id);
  const issuer = sessions.find(code.sessionId);
  const wantsSession = code.scope.includes(SESSION_SCOPE);
  if (wantsSession && !issuer) throw new OAuthProblem(105);
  return {
    ...issueTokens(services, code, code.offline, body.ttl),
    ...(code.keysJwe !== undefined && { keys_jwe: code.keysJwe }),
    ...(wantsSession && issuer && sessionAnswer(issuer)),
  };
}

/** A fresh access token; neither `openid` nor a session ever comes of a refresh. */
export function refresh(services: Services, body: RefreshGrant): TokenAnswer {
  const client = requireClient(services.store, body.client_id);
  checkClientSecret(client, body.client_secret);
  const token = services.store.grants.findRefreshToken(body.refresh_token);
  if (token?.clientId !== client.id) throw new OAuthProblem(108);
  const scope = refreshableScopes(client, token, body.scope);
  services.store.markUsed({ refreshTokenId: token.id });
  const milliseconds = lifetimeOf(services, body.ttl);
  const grant = { uid: token.uid, clientId: client.id, scope, authAt: token.authAt };
  const accessToken = services.store.grants.issueAccessToken(grant, milliseconds, token.id);
  return accessTokenAnswer(accessToken, grant, milliseconds);
}

/** Tokens for the session's own client; keys are never part of it. */
export function grantFromSession(
  services: Services,
  caller: SessionCaller,
  body: CredentialsGrant,
  sessionAnswer: (issuer: Session) => TokenAnswer,
): TokenAnswer {
  requireConfirmed(caller);
  const client = requireClient(services.store, body.client_id);
  if (!client.canGrant) throw new OAuthProblem(121);
  const scope = grantableScopes(client, body.scope ?? "profile");
  requireFreshAuthentication(caller, scope);
  const { account, session } = caller;
  const grant = { uid: account.uid, clientId: client.id, scope, authAt: session.authAt };
  return {
    ...issueTokens(services, grant, body.access_type === "offline", body.ttl),
    ...(scope.includes(SESSION_SCOPE) && sessionAnswer(session)),
  };
}

function requireCode(services: Services, client: Client, text: string): AuthorizationCode {
  const code = services.store.grants.findCode(text);
  if (!code) throw new OAuthProblem(105);
  if (code.clientId !== client.id) throw new OAuthProblem(106);
  if (services.clock.now() >= code.expiresAt) throw new OAuthProblem(107);
  return code;
}

function checkVerifier(code: AuthorizationCode, verifier: string | undefined): void {
  if (code.codeChallenge === undefined) return;
  if (verifier === undefined) throw new OAuthProblem(118);
  if (!equalText(codeChallengeOf(verifier), code.codeChallenge)) throw new OAuthProblem(117);
}

function checkRedirectUri(client: Client, redirectUri: string | undefined): void {
  if (redirectUri !== undefined && !client.redirectUris.includes(redirectUri)) {
    throw new OAuthProblem(103, { redirectUri });
  }
}

function issueTokens(
  services: Services,
  grant: Grant,
  offline: boolean,
  ttl: number | undefined,
): TokenAnswer {
  const { grants, devices } = services.store;
  const milliseconds = lifetimeOf(services, ttl);
  const { uid, clientId, scope, authAt } = grant;
  const refreshToken = offline ? grants.issueRefreshToken({ uid, clientId, scope, authAt }) : undefined;
  const accessGrant = { uid, clientId, scope, authAt };
  const accessToken = grants.issueAccessToken(accessGrant, milliseconds, refreshToken?.record.id);
  // A Sync client shows up in the device list at once, without a name until it gives one.
  if (refreshToken && scope.includes(OLDSYNC_SCOPE)) {
    devices.create(uid, { refreshTokenId: refreshToken.record.id });
  }
  return {
    ...accessTokenAnswer(accessToken, grant, milliseconds),
    ...(refreshToken && { refresh_token: refreshToken.token }),
    ...(scope.includes("openid") && { id_token: signIdToken(services, grant, milliseconds) }),
  };
}

function accessTokenAnswer(accessToken: string, grant: Grant, milliseconds: number): TokenAnswer {
  return {
    access_token: accessToken,
    token_type: "bearer",
    scope: formatScope(grant.scope),
    expires_in: Math.floor(milliseconds / 1000),
    auth_at: grant.authAt,
  };
}

function signIdToken(services: Services, grant: Grant, milliseconds: number): string {
  const iat = Math.floor(services.clock.wallTime() / 1000);
  const exp = iat + Math.floor(milliseconds / 1000);
  return services.idTokens.sign({ iss: services.origin(), sub: grant.uid, aud: grant.clientId, iat, exp });
}

function refreshableScopes(
  client: Client,
  token: RefreshToken,
  wanted: string | undefined,
): readonly string[] {
  const carried = token.scope.filter((value) => value !== "openid" && value !== SESSION_SCOPE);
  if (wanted === undefined) return carried;
  const values = parseScope(wanted);
  const more = client.trusted ? client.allowedScopes.filter((value) => value !== SESSION_SCOPE) : [];
  const available = formatScope([...carried, ...more]);
  const invalidScopes = values.filter((value) => !impliesScope(available, value));
  if (invalidScopes.length > 0) throw new OAuthProblem(114, { invalidScopes });
  return values;
}

/** Milliseconds: what was asked for, but never more than the server gives. */
function lifetimeOf(services: Services, ttl: number | undefined): number {
  return Math.min(ttl === undefined ? Infinity : ttl * 1000, services.accessTokenLifetime);
}
