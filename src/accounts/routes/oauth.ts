/** OAuth on the auth server: codes for another device, tokens, their end, rotation data of scoped keys, client names. */
import * as v from "valibot";
import { formatScope } from "../../oauth/scopes.ts";
import type { SessionCaller } from "../auth.ts";
import { requireSession } from "../auth.ts";
import type { Answer, Call, Route } from "../call.ts";
import { authRoute, ok, userAgentOf } from "../call.ts";
import {
  checkClientSecret,
  grantableScopes,
  isKeyBearing,
  requireClient,
  requireFreshAuthentication,
} from "../client-rights.ts";
import type { Client } from "../clients.ts";
import { assuranceLevel, requireConfirmed } from "../confirmation.ts";
import * as fields from "../fields.ts";
import { OAuthProblem } from "../problems.ts";
import type { Session } from "../records.ts";
import type { Services } from "../services.ts";
import * as tokens from "../token-grants.ts";
import { invalidField, readBody, readParameters } from "../validate.ts";

const AuthorizationBody = v.object({
  client_id: fields.clientId,
  state: v.pipe(v.string(), v.nonEmpty(), v.maxLength(512)),
  scope: fields.scope,
  response_type: v.optional(v.string(), "code"),
  access_type: v.optional(fields.accessType, "online"),
  code_challenge: v.optional(fields.base64url(43)),
  code_challenge_method: v.optional(v.literal("S256")),
  keys_jwe: v.optional(
    v.pipe(
      v.string(),
      v.maxLength(1024),
      v.regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/),
    ),
  ),
  redirect_uri: v.optional(v.pipe(v.string(), v.maxLength(256), v.regex(/^https?:\/\//))),
  acr_values: v.optional(v.pipe(v.string(), v.maxLength(256))),
  prompt: v.optional(v.picklist(["none", "login", "consent"])),
  service: v.optional(fields.service),
  max_age: v.optional(fields.whole(0)),
  assertion: v.optional(v.never()),
  resource: v.optional(v.never()),
});
const DestroyBody = v.object({
  client_id: fields.clientId,
  token: fields.lowerHex64,
  token_type_hint: v.optional(v.picklist(["access_token", "refresh_token"])),
  client_secret: v.optional(fields.hex64),
});
const KeyDataBody = v.object({ client_id: fields.clientId, scope: fields.scope });
const ClientParameters = v.object({ id: fields.clientId });

type Authorization = v.InferOutput<typeof AuthorizationBody>;

/** Today's keyRotationSecret: all zeros, 64 hex digits. */
const NO_ROTATION_SECRET = "0".repeat(64);

/** The routes of this group. */
export function oauthRoutes(services: Services): readonly Route[] {
  return [
    authRoute("POST", "/oauth/authorization", (call) => authorize(services, call)),
    authRoute("POST", "/oauth/token", (call) => token(services, call)),
    authRoute("POST", "/oauth/destroy", (call) => destroy(services, call)),
    authRoute("GET", "/oauth/client/{id}", (call) => client(services, call)),
    authRoute("POST", "/account/scoped-key-data", (call) => scopedKeyData(services, call)),
  ];
}

function authorize(services: Services, call: Call): Answer {
  const caller = requireSession(services.store, call);
  const body = readBody(call, AuthorizationBody, "bodyRequired");
  const client = checkAuthorization(services, caller, body);
  const scope = grantableScopes(client, body.scope);
  requireFreshAuthentication(caller, scope);
  checkPkce(client, body);
  const code = services.store.grants.issueCode({
    uid: caller.account.uid,
    clientId: client.id,
    scope,
    authAt: caller.session.authAt,
    codeChallenge: body.code_challenge,
    offline: body.access_type === "offline",
    keysJwe: body.keys_jwe,
    sessionId: caller.session.id,
  });
  const redirect = new URL(body.redirect_uri ?? client.redirectUris[0] ?? services.origin());
  redirect.searchParams.set("code", code);
  redirect.searchParams.set("state", body.state);
  return ok({ code, state: body.state, redirect: redirect.href, scope: formatScope(scope) });
}

/** The checks before the scopes', in the hosted server's order. */
function checkAuthorization(services: Services, caller: SessionCaller, body: Authorization): Client {
  if (services.store.findClient(body.client_id)?.disabled === true) throw new OAuthProblem(202);
  requireConfirmed(caller);
  const client = requireClient(services.store, body.client_id);
  const { redirect_uri: redirectUri } = body;
  if (redirectUri !== undefined && !client.redirectUris.includes(redirectUri)) {
    throw new OAuthProblem(103, { redirectUri });
  }
  const level = assuranceLevel(caller.session);
  const wantsLevel2 = body.acr_values?.split(" ").includes("AAL2") === true;
  if (wantsLevel2 && level < 2) throw new OAuthProblem(120, { foundValue: `AAL${level}` });
  if (body.response_type !== "code") throw new OAuthProblem(110);
  return client;
}

function checkPkce(client: Client, body: Authorization): void {
  const { code_challenge: challenge, code_challenge_method: method } = body;
  if (client.publicClient) {
    if (challenge === undefined || method === undefined) throw new OAuthProblem(118);
  } else if (challenge !== undefined || method !== undefined) {
    throw new OAuthProblem(116);
  }
}

function token(services: Services, call: Call): Answer {
  const grantType = tokens.grantTypeOf(readBody(call, tokens.GrantTypeBody));
  const copy = (issuer: Session) => services.store.sessions.copy(issuer, userAgentOf(call));
  const sessionAnswer = (issuer: Session) => ({ session_token: copy(issuer) });
  switch (grantType) {
    case "authorization_code":
      return ok(tokens.redeemCode(services, readBody(call, tokens.CodeGrantBody), sessionAnswer));
    case "refresh_token":
      return ok(tokens.refresh(services, readBody(call, tokens.RefreshGrantBody)));
    case "fxa-credentials": {
      const caller = requireSession(services.store, call);
      const body = readBody(call, tokens.CredentialsGrantBody);
      return ok(tokens.grantFromSession(services, caller, body, sessionAnswer));
    }
    default:
      throw invalidField("grant_type");
  }
}

/** RFC 7009: an unknown token is as good as a revoked one. A client can only revoke its own. */
function destroy(services: Services, call: Call): Answer {
  const body = readBody(call, DestroyBody);
  const client = requireClient(services.store, body.client_id);
  checkClientSecret(client, body.client_secret);
  const refreshToken = services.store.grants.findRefreshToken(body.token);
  if (refreshToken?.clientId === client.id) services.store.destroyRefreshToken(refreshToken.id);
  const accessToken = services.store.grants.findAccessToken(body.token);
  if (accessToken?.clientId === client.id) services.store.grants.destroyAccessToken(accessToken.id);
  return ok();
}

function client(services: Services, call: Call): Answer {
  const { id } = readParameters(call, ClientParameters);
  return ok(describeClient(services, id));
}

/** What anybody may know of a client. */
export function describeClient(services: Services, id: string): Record<string, unknown> {
  const found = services.store.findClient(id);
  if (!found) throw new OAuthProblem(101, { clientId: id });
  return { id, name: found.name, trusted: found.trusted, redirect_uri: found.redirectUris[0] ?? null };
}

/** Only key-bearing scopes appear: whoever asks has to iterate over the answer. */
function scopedKeyData(services: Services, call: Call): Answer {
  const caller = requireSession(services.store, call);
  const body = readBody(call, KeyDataBody, "bodyRequired");
  requireConfirmed(caller);
  const client = requireClient(services.store, body.client_id);
  const scopes = grantableScopes(client, body.scope).filter(isKeyBearing);
  requireFreshAuthentication(caller, scopes);
  const keyData = (identifier: string) => ({
    identifier,
    keyRotationSecret: NO_ROTATION_SECRET,
    keyRotationTimestamp: caller.account.keysChangedAt,
  });
  return ok(Object.fromEntries(scopes.map((scope) => [scope, keyData(scope)])));
}
