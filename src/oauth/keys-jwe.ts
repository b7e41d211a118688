/**
 * The key bundle that crosses the accounts server: compact JWE (RFC 7516), ECDH-ES in direct agreement on P-256 with
 * AES-256-GCM (RFC 7518 §4.6, §5.3). The server passes it on and cannot read it.
 */

import * as v from "valibot";
import { decodeBase64url } from "../lib/base64url.ts";
import { FxaPairError } from "../lib/errors.ts";
import { parseJsonBytes } from "../lib/json.ts";
import type { PublicJwk } from "./public-jwk.ts";
import { parsePublicJwk, publicJwkOf } from "./public-jwk.ts";
import type { PrivateJwk } from "./recipient-key.ts";
import type { ScopedKeys } from "./scoped-keys.ts";
import { parseScopedKeys } from "./scoped-keys.ts";

/** The accounts server takes no more, in characters: room for two keys, not for three. */
export const MAX_KEYS_JWE_LENGTH = 1024;

const HeaderSchema = v.pipe(
  v.looseObject({
    alg: v.literal("ECDH-ES"),
    enc: v.literal("A256GCM"),
    epk: v.unknown(),
  }),
  // Compressed and extended forms have no use here and have been ways to attack.
  v.check((header) => !("zip" in header) && !("crit" in header)),
  v.check((header) => parsePublicJwk(header.epk) !== undefined),
);

/**
 * Encrypts scoped keys to a P-256 public key, with a fresh ephemeral key each time.
 *
 * @throws FxaPairError `refused` when the result is longer than the server takes: count before a code is asked for.
 */
export async function sealKeys(recipient: PublicJwk, keys: ScopedKeys): Promise<string> {
  const { CompactEncrypt } = await import("jose");
  const plaintext = new TextEncoder().encode(JSON.stringify(keys));
  try {
    const jwe = await new CompactEncrypt(plaintext)
      .setProtectedHeader({ alg: "ECDH-ES", enc: "A256GCM" })
      .encrypt({ ...publicJwkOf(recipient) });
    if (jwe.length <= MAX_KEYS_JWE_LENGTH) return jwe;
  } finally {
    plaintext.fill(0);
  }
  throw new FxaPairError("refused", "The new device asks for more keys than the accounts server passes on.", {
    hint: "Ask for fewer key-bearing scopes at a time; two fit.",
  });
}

/**
 * Opens a bundle with the private key it was made for and checks the structure of the map of keys.
 *
 * @throws FxaPairError `refused`, always the same one, whatever is wrong with the bundle.
 */
export async function openKeys(jwe: string, recipient: PrivateJwk): Promise<ScopedKeys> {
  const plaintext = await decryptKeys(jwe, recipient);
  try {
    const keys = parseScopedKeys(parseJsonBytes(plaintext));
    if (keys) return keys;
  } finally {
    plaintext.fill(0);
  }
  throw badBundle();
}

/** The decrypted bytes, for {@link openKeys}; throws as it does. */
export async function decryptKeys(jwe: string, recipient: PrivateJwk): Promise<Uint8Array> {
  if (!hasExpectedForm(jwe)) throw badBundle();
  const { compactDecrypt } = await import("jose");
  try {
    const { plaintext } = await compactDecrypt(
      jwe,
      { ...recipient },
      { keyManagementAlgorithms: ["ECDH-ES"], contentEncryptionAlgorithms: ["A256GCM"] },
    );
    return plaintext;
  } catch {
    throw badBundle();
  }
}

/** Five parts of canonical base64url: header, nothing (direct agreement), 12-byte iv, ciphertext, 16-byte tag. */
function hasExpectedForm(jwe: string): boolean {
  const parts = jwe.split(".");
  if (jwe.length > MAX_KEYS_JWE_LENGTH || parts.length !== 5) return false;
  const [header, encryptedKey, iv, ciphertext, tag] = parts.map(decodeBase64url);
  if (!header || encryptedKey?.length !== 0 || iv?.length !== 12 || tag?.length !== 16) return false;
  if (ciphertext === undefined || ciphertext.length === 0) return false;
  return v.is(HeaderSchema, parseJsonBytes(header));
}

function badBundle(): FxaPairError {
  return new FxaPairError(
    "refused",
    "The keys for this device cannot be read: they are damaged or not for it.",
    {
      hint: "Start the pairing again on both devices.",
    },
  );
}
