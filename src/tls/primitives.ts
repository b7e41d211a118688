/**
 * The three primitives of TLS_AES_128_GCM_SHA256, as an interface: the connection runs on {@link noblePrimitives}
 * everywhere, and on a platform's own where one is injected.
 *
 * Ownership: a key handed to `hmacSha256` or `aes128Gcm` belongs to the returned object, whose `wipe()` overwrites it.
 * Everything returned belongs to the caller.
 */
import { gcm } from "@noble/ciphers/aes.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** SHA-256 over everything given so far. */
export interface RunningHash {
  update(bytes: Uint8Array): void;
  /** The 32-byte digest so far; more may be added afterwards. */
  digest(): Uint8Array;
  wipe(): void;
}

/** HMAC-SHA256 under one key. */
export interface MacKey {
  /** The 32-byte MAC. */
  mac(message: Uint8Array): Uint8Array;
  wipe(): void;
}

/** AES-128-GCM under one key, with 12-byte nonces and 16-byte tags. */
export interface AeadKey {
  /** Ciphertext followed by the tag. `plaintext` is left as it is. */
  seal(nonce: Uint8Array, additionalData: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** The plaintext, or `undefined` if the tag does not match. `sealed` has at least 16 bytes. */
  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  wipe(): void;
}

export interface TlsPrimitives {
  sha256(): RunningHash;
  hmacSha256(key: Uint8Array): MacKey;
  aes128Gcm(key: Uint8Array): AeadKey;
}

export const GCM_TAG_BYTES = 16;

/** Pure JavaScript, by the noble packages. */
export const noblePrimitives: TlsPrimitives = {
  sha256() {
    const state = sha256.create();
    return {
      update(bytes) {
        state.update(bytes);
      },
      digest: () => state.clone().digest(),
      wipe() {
        state.destroy();
      },
    };
  },

  hmacSha256(key) {
    // Both key blocks are hashed here once; each MAC starts from a copy of that state.
    const keyed = hmac.create(sha256, key);
    return {
      mac: (message) => keyed.clone().update(message).digest(),
      wipe() {
        keyed.destroy();
        key.fill(0);
      },
    };
  },

  aes128Gcm(key) {
    return {
      seal: (nonce, additionalData, plaintext) => gcm(key, nonce, additionalData).encrypt(plaintext),
      open(nonce, additionalData, sealed) {
        const cipher = gcm(key, nonce, additionalData);
        try {
          return cipher.decrypt(sealed);
        } catch {
          // The package reports a wrong tag by throwing, and lengths were checked before.
          return undefined;
        }
      },
      wipe() {
        key.fill(0);
      },
    };
  },
};
