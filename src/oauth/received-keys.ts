/** What a new device demands of the keys it was sent, beyond their structure (J5). */

import { decodeBase64url } from "../lib/base64url.ts";
import { KEY_BEARING_SCOPES } from "./scopes.ts";
import type { ScopedKey, ScopedKeys } from "./scoped-keys.ts";
import { isSyncScope, parseKid } from "./scoped-keys.ts";

/**
 * The keys to keep out of a structurally sound map, or why the whole map is refused: a key for a scope never asked, a
 * key or fingerprint of a wrong length, a granted key-bearing scope without a key. A key asked for but not granted is
 * dropped.
 */
export function selectReceivedKeys(
  received: ScopedKeys,
  asked: readonly string[],
  granted: readonly string[],
): { keys: ScopedKeys } | { problem: string } {
  const entries = Object.entries(received);
  if (entries.some(([scope]) => !asked.includes(scope))) return { problem: "a key nobody asked for" };
  if (entries.some(([, key]) => !hasRightLengths(key))) return { problem: "a key of a wrong length" };
  const kept = entries.filter(([scope]) => granted.includes(scope));
  const missing = granted.filter((scope) => KEY_BEARING_SCOPES.includes(scope) && !(scope in received));
  if (missing.length > 0) return { problem: "no key for a scope that was granted" };
  return { keys: Object.fromEntries(kept) };
}

function hasRightLengths(key: ScopedKey): boolean {
  const bytes = decodeBase64url(key.k)?.length;
  return bytes === (isSyncScope(key.scope) ? 64 : 32) && parseKid(key.kid)?.fingerprint.length === 16;
}
