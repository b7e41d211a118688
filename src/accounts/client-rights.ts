/** What a client may have: who it is, and the scopes it can be granted. Throws OAuth numbers. */
import { createHash } from "node:crypto";
import { equalText } from "../lib/constant-time.ts";
import { impliesScope, isScopeValue, KEY_BEARING_SCOPES, parseScope } from "../oauth/scopes.ts";
import type { SessionCaller } from "./auth.ts";
import type { Client } from "./clients.ts";
import { TRUSTED_SCOPES, UNTRUSTED_SCOPES } from "./clients.ts";
import { OAuthProblem } from "./problems.ts";
import type { AccountsStore } from "./store.ts";
import { invalidField } from "./validate.ts";

/** @throws OAuthProblem 101 unknown, 202 disabled */
export function requireClient(store: AccountsStore, id: string): Client {
  const client = store.findClient(id);
  if (!client) throw new OAuthProblem(101, { clientId: id });
  if (client.disabled) throw new OAuthProblem(202, { clientId: id });
  return client;
}

/**
 * A client with a secret has to send it, a public one must not.
 *
 * @throws OAuthProblem 102 wrong or missing secret; AuthProblem 107 a secret of a public client
 */
export function checkClientSecret(client: Client, secret: string | undefined): void {
  if (client.hashedSecret === undefined) {
    if (secret !== undefined) throw invalidField("client_secret");
    return;
  }
  const hashed = createHash("sha256")
    .update(secret ?? "", "hex")
    .digest("hex");
  if (secret === undefined || !equalText(hashed, client.hashedSecret)) {
    throw new OAuthProblem(102, { clientId: client.id });
  }
}

/**
 * The values of a scope string, all of which the client may have.
 *
 * @throws OAuthProblem 114 with those it may not have; AuthProblem 107 for a malformed value
 */
export function grantableScopes(client: Client, scope: string): readonly string[] {
  const values = parseScope(scope);
  if (!values.every(isScopeValue)) throw invalidField("scope");
  const invalidScopes = values.filter((value) => !mayHave(client, value));
  if (invalidScopes.length > 0) throw new OAuthProblem(114, { invalidScopes });
  return values;
}

export function isKeyBearing(scope: string): boolean {
  return KEY_BEARING_SCOPES.includes(scope);
}

/**
 * Keys are only for sessions whose password was entered since they last changed.
 *
 * @throws OAuthProblem 119
 */
export function requireFreshAuthentication(caller: SessionCaller, scopes: readonly string[]): void {
  const { account, session } = caller;
  const stale = session.authAt < Math.floor(account.keysChangedAt / 1000);
  if (stale && scopes.some(isKeyBearing)) throw new OAuthProblem(119, { authAt: session.authAt });
}

/** Registered custom scopes are compared exactly; the short names of the profile family by implication. */
function mayHave(client: Client, value: string): boolean {
  if (client.allowedScopes.includes(value)) return true;
  const shortNames: readonly string[] = client.trusted ? TRUSTED_SCOPES : UNTRUSTED_SCOPES;
  return impliesScope(shortNames.join(" "), value);
}
