/** The profile server's one route that matters here: what an access token's scopes let its holder see. */
import { createHash } from "node:crypto";
import { impliesScope } from "../../oauth/scopes.ts";
import { findAccessToken } from "../auth.ts";
import type { Answer, Call, Route } from "../call.ts";
import { ok, PREFIXES } from "../call.ts";
import { ProfileProblem } from "../problems.ts";
import type { AccessToken, Account } from "../records.ts";
import type { Services } from "../services.ts";

/** The routes of this group. */
export function profileRoutes(services: Services): readonly Route[] {
  const path = `${PREFIXES.profile}/v1/profile`;
  return [{ host: "profile", method: "GET", path, handle: (call) => profile(services, call) }];
}

function profile(services: Services, call: Call): Answer {
  const token = findAccessToken(services.store, call);
  const account = token && services.store.findAccount(token.uid);
  if (!token || !account) throw new ProfileProblem(110);
  const members = visibleMembers(services, token, account);
  if (Object.keys(members).length === 0) throw new ProfileProblem(100);
  const etag = `"${createHash("sha256").update(JSON.stringify(members)).digest("hex").slice(0, 32)}"`;
  const headers = { ETag: etag, "Cache-Control": "private, no-cache" };
  if (call.headers["if-none-match"] === etag) return { status: 304, headers, body: undefined };
  return { ...ok(members), headers };
}

function visibleMembers(services: Services, token: AccessToken, account: Account): Record<string, unknown> {
  const held = token.scope.join(" ");
  const amrValues = account.totpSecret ? ["pwd", "otp"] : ["pwd"];
  const avatar = `${services.origin()}/avatar/default`;
  const byScope: readonly (readonly [scope: string, members: Record<string, unknown>])[] = [
    ["profile:uid", { uid: account.uid }],
    ["profile:email", { email: account.email }],
    ["profile:display_name", { displayName: account.displayName }],
    ["profile:avatar", { avatar, avatarDefault: true }],
    ["profile:locale", { locale: "en-US" }],
    ["profile:amr", { amrValues, twoFactorAuthentication: account.totpSecret !== undefined }],
    ["profile:subscriptions", { subscriptions: [] }],
    ["openid", { sub: account.uid }],
  ];
  const visible = byScope.filter(([scope]) => impliesScope(held, scope));
  return Object.fromEntries(visible.flatMap(([, members]) => Object.entries(members)));
}
