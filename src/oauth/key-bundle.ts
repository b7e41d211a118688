/** The `/account/keys` bundle: kA and the wrapped kB, encrypted and authenticated under a key-fetch token. */

import { createHmac } from "node:crypto";
import { equalBytes } from "../lib/constant-time.ts";
import { FxaPairError } from "../lib/errors.ts";
import { hkdf, NAMESPACE, wipe, xorBytes } from "./key-material.ts";

const CIPHERTEXT_BYTES = 64;
const BUNDLE_BYTES = 96;

/** 32 bytes each. */
export interface AccountKeys {
  readonly kA: Uint8Array;
  readonly wrapKb: Uint8Array;
}

/**
 * Opens a 96-byte bundle with the `bundleKey` of the key-fetch token that fetched it.
 *
 * @throws FxaPairError `refused` for a wrong length or MAC, before anything is decrypted.
 */
export function openKeyBundle(bundleKey: Uint8Array, bundle: Uint8Array): AccountKeys {
  const { hmacKey, xorKey } = bundleSubkeys(bundleKey);
  try {
    const ciphertext = bundle.subarray(0, CIPHERTEXT_BYTES);
    if (bundle.length !== BUNDLE_BYTES || !equalBytes(mac(hmacKey, ciphertext), bundle.subarray(64))) {
      throw new FxaPairError("refused", "The account's keys arrived damaged or were tampered with.", {
        hint: "Sign in again; if it happens twice, do not trust this network or server.",
      });
    }
    const keys = xorBytes(ciphertext, xorKey);
    const opened = { kA: keys.slice(0, 32), wrapKb: keys.slice(32) };
    wipe(keys);
    return opened;
  } finally {
    wipe(hmacKey, xorKey);
  }
}

/** The server's side of {@link openKeyBundle}: 96 bytes. */
export function sealKeyBundle(bundleKey: Uint8Array, keys: AccountKeys): Uint8Array {
  const { hmacKey, xorKey } = bundleSubkeys(bundleKey);
  const plaintext = Buffer.concat([keys.kA, keys.wrapKb]);
  const ciphertext = xorBytes(new Uint8Array(plaintext), xorKey);
  const bundle = new Uint8Array(Buffer.concat([ciphertext, mac(hmacKey, ciphertext)]));
  wipe(hmacKey, xorKey, plaintext);
  return bundle;
}

/** kB from its wrapped form, and back: XOR with `unwrapBKey` of the same stretch version. */
export function unwrapKb(wrapKb: Uint8Array, unwrapBKey: Uint8Array): Uint8Array {
  return xorBytes(wrapKb, unwrapBKey);
}

function bundleSubkeys(bundleKey: Uint8Array): { hmacKey: Uint8Array; xorKey: Uint8Array } {
  const derived = hkdf(bundleKey, `${NAMESPACE}account/keys`, 96);
  const subkeys = { hmacKey: derived.slice(0, 32), xorKey: derived.slice(32) };
  wipe(derived);
  return subkeys;
}

function mac(key: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(ciphertext).digest();
}
