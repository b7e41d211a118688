/**
 * The authority's part at the accounts server: an authorization code for exactly one request, with this device's keys
 * encrypted to the new device.
 */

import { equalText } from "../lib/constant-time.ts";
import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient } from "./accounts-client.ts";
import type { ScopedKeyRotations } from "./answers.ts";
import type { Credentials } from "./credentials.ts";
import { sealKeys } from "./keys-jwe.ts";
import type { PublicJwk } from "./public-jwk.ts";
import type { ScopedKeys } from "./scoped-keys.ts";
import { isCurrentKey } from "./scoped-keys.ts";
import { parseScope } from "./scopes.ts";

/** A checked pairing request. */
export interface GrantRequest {
  readonly clientId: string;
  readonly scope: readonly string[];
  readonly state: string;
  readonly codeChallenge: string;
  readonly publicJwk: PublicJwk | null;
}

export type Granter = Pick<Credentials, "keys"> & { readonly sessionToken: string };

/**
 * Asks the server for a code: 64 hex digits. Everything that can be known to fail fails before that.
 *
 * @throws FxaPairError `not_signed_in` when this device lacks a key or has an outdated one, `refused` when the keys do
 *   not fit, `channel_security` when the server answers with another `state`, besides the client's errors.
 */
export async function grant(
  accounts: AccountsClient,
  granter: Granter,
  request: GrantRequest,
): Promise<string> {
  const rotations = await accounts.scopedKeyData(granter.sessionToken, request.clientId, request.scope);
  const keys = keysToGrant(granter.keys, rotations, request.scope);
  const keysJwe = Object.keys(keys).length === 0 ? null : await sealFor(request.publicJwk, keys);
  const answer = await accounts.authorize(granter.sessionToken, {
    clientId: request.clientId,
    scope: request.scope,
    state: request.state,
    codeChallenge: request.codeChallenge,
    keysJwe,
  });
  if (!equalText(answer.state, request.state)) {
    throw new FxaPairError("channel_security", "The accounts server's code is for another request.", {
      hint: "Start the pairing again; if it happens twice, do not trust this network or server.",
    });
  }
  if (answer.scope !== null && !parseScope(answer.scope).every((scope) => request.scope.includes(scope))) {
    throw new FxaPairError("refused", "The accounts server's code gives more than was asked for.", {
      hint: "Check --server.",
    });
  }
  return answer.code;
}

/** This device's keys for the scopes the server calls key-bearing, each of the account's present generation. */
function keysToGrant(held: ScopedKeys, rotations: ScopedKeyRotations, asked: readonly string[]): ScopedKeys {
  const granted = Object.entries(rotations).map(([scope, { keyRotationTimestamp }]) => {
    if (!asked.includes(scope)) {
      throw new FxaPairError("refused", "The accounts server speaks of a key nobody asked for.", {
        hint: "Check --server.",
      });
    }
    const key = held[scope];
    if (key === undefined) {
      throw new FxaPairError(
        "not_signed_in",
        `This device has no key for ${scope}, so it cannot pass it on.`,
        {
          hint: "Sign in with the password (fxa-pair login), or let the new device ask for less with --scope.",
        },
      );
    }
    if (!isCurrentKey(key, keyRotationTimestamp)) {
      throw new FxaPairError(
        "not_signed_in",
        "The account's keys have changed since this device signed in.",
        {
          hint: "Sign in again with: fxa-pair login",
        },
      );
    }
    return [scope, key] as const;
  });
  return Object.fromEntries(granted);
}

async function sealFor(recipient: PublicJwk | null, keys: ScopedKeys): Promise<string> {
  if (recipient !== null) return await sealKeys(recipient, keys);
  throw new FxaPairError("refused", "The new device asks for keys and sent no key to encrypt them to.", {
    hint: "Update the new device's software.",
  });
}
