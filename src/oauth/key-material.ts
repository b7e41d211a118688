/** What every onepw derivation is made of: HKDF-SHA256 (RFC 5869) under one namespace, XOR, and overwriting. */

import { hkdfSync } from "node:crypto";

/** Prefix of every onepw salt and HKDF info (ASCII). */
export const NAMESPACE = "identity.mozilla.com/picl/v1/";

const NO_SALT: Uint8Array = new Uint8Array(0);

/**
 * HKDF-SHA256: `length` bytes; a text `info` counts as UTF-8. Without a salt, or with an empty one, RFC 5869 takes 32
 * zero bytes.
 */
export function hkdf(
  keyMaterial: Uint8Array,
  info: string | Uint8Array,
  length: number,
  salt = NO_SALT,
): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", keyMaterial, salt, info, length));
}

/** The bytewise XOR of two byte strings of one length. */
export function xorBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length !== b.length) throw new RangeError("XOR needs two byte strings of one length");
  return a.map((byte, i) => byte ^ (b[i] ?? 0));
}

/** Overwrites secrets that are no longer needed. Best effort: the runtime may have made copies. */
export function wipe(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}
