/** The OAuth server's own routes, which take JSON or forms and keep the OAuth numbers. */
import * as v from "valibot";
import type { Answer, Call, Route } from "../call.ts";
import { oauthRoute, ok } from "../call.ts";
import { checkClientSecret, requireClient } from "../client-rights.ts";
import * as fields from "../fields.ts";
import { OAuthProblem } from "../problems.ts";
import type { Session } from "../records.ts";
import type { Services } from "../services.ts";
import * as tokens from "../token-grants.ts";
import { readOAuthBody } from "../validate.ts";
import { describeClient } from "./oauth.ts";

const DestroyBody = v.object({
  client_id: v.optional(fields.clientId),
  client_secret: v.optional(fields.hex64),
  token: v.optional(fields.lowerHex64),
  access_token: v.optional(fields.lowerHex64),
  refresh_token: v.optional(fields.lowerHex64),
  refresh_token_id: v.optional(fields.lowerHex64),
});
const IntrospectBody = v.object({
  token: fields.lowerHex64,
  token_type_hint: v.optional(v.picklist(["access_token", "refresh_token"])),
});
const VerifyBody = v.object({ token: fields.lowerHex64 });
const CLIENT_ID = /^[0-9a-f]{16}$/;

/** The routes of this group. */
export function oauthHostRoutes(services: Services): readonly Route[] {
  return [
    oauthRoute("POST", "/token", (call) => token(services, call)),
    oauthRoute("POST", "/destroy", (call) => destroy(services, call)),
    oauthRoute("POST", "/introspect", (call) => introspect(services, call)),
    oauthRoute("POST", "/verify", (call) => verify(services, call)),
    oauthRoute("GET", "/jwks", () => ok({ keys: [services.idTokens.publicJwk()] })),
    oauthRoute("GET", "/client/{id}", (call) => client(services, call)),
  ];
}

/** As on the auth server, without session auth; a session scope brings the issuing session's id only. */
function token(services: Services, call: Call): Answer {
  const grantType = tokens.grantTypeOf(readOAuthBody(call, tokens.GrantTypeBody));
  const sessionAnswer = (issuer: Session) => ({ session_token_id: issuer.id });
  if (grantType === "refresh_token") {
    return ok(tokens.refresh(services, readOAuthBody(call, tokens.OAuthHostRefreshGrantBody)));
  }
  if (grantType !== "authorization_code") throw new OAuthProblem(121);
  const body = readOAuthBody(call, tokens.OAuthHostCodeGrantBody);
  return ok(tokens.redeemCode(services, body, sessionAnswer));
}

function destroy(services: Services, call: Call): Answer {
  const body = readOAuthBody(call, DestroyBody);
  const named = [body.token, body.access_token, body.refresh_token, body.refresh_token_id];
  if (named.filter((value) => value !== undefined).length !== 1) throw new OAuthProblem(109);
  if (body.client_id !== undefined) {
    checkClientSecret(requireClient(services.store, body.client_id), body.client_secret);
  }
  if (!destroyNamed(services, body)) throw new OAuthProblem(108);
  return ok();
}

function destroyNamed(services: Services, body: v.InferOutput<typeof DestroyBody>): boolean {
  const { grants } = services.store;
  const refreshText = body.refresh_token ?? body.token;
  const refreshToken =
    body.refresh_token_id === undefined
      ? refreshText !== undefined && grants.findRefreshToken(refreshText)
      : grants.findRefreshTokenById(body.refresh_token_id);
  const accessText = body.access_token ?? body.token;
  const accessToken = accessText !== undefined && grants.findAccessToken(accessText);
  if (refreshToken) services.store.destroyRefreshToken(refreshToken.id);
  if (accessToken) grants.destroyAccessToken(accessToken.id);
  return Boolean(refreshToken) || Boolean(accessToken);
}

/** RFC 7662, with `exp` and `iat` in milliseconds. */
function introspect(services: Services, call: Call): Answer {
  const body = readOAuthBody(call, IntrospectBody);
  const { grants } = services.store;
  const refreshToken = grants.findRefreshToken(body.token);
  const accessToken = grants.findAccessToken(body.token);
  const active = refreshToken ?? (accessToken && !grants.isExpired(accessToken) ? accessToken : undefined);
  if (!active) return ok({ active: false });
  return ok({
    active: true,
    scope: active.scope.join(" "),
    client_id: active.clientId,
    token_type: refreshToken ? "refresh_token" : "access_token",
    iat: active.createdAt,
    ...(accessToken && { exp: accessToken.createdAt + accessToken.lifetime }),
    sub: active.uid,
    jti: active.id,
    ...(refreshToken && { "fxa-lastUsedAt": refreshToken.lastAccessTime }),
  });
}

function verify(services: Services, call: Call): Answer {
  const body = readOAuthBody(call, VerifyBody);
  const accessToken = services.store.grants.findAccessToken(body.token);
  if (!accessToken) throw new OAuthProblem(108);
  if (services.store.grants.isExpired(accessToken)) throw new OAuthProblem(115);
  const generation = services.store.findAccount(accessToken.uid)?.keysChangedAt;
  return ok({
    user: accessToken.uid,
    client_id: accessToken.clientId,
    scope: accessToken.scope,
    ...(generation !== undefined && { generation }),
  });
}

function client(services: Services, call: Call): Answer {
  const id = call.parameters.id ?? "";
  if (!CLIENT_ID.test(id)) throw new OAuthProblem(109);
  return ok(describeClient(services, id));
}
