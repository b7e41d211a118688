/**
 * The primitives of TLS_AES_128_GCM_SHA256 by Node's own cryptography: several times faster than pure JavaScript, and the
 * only place where the TLS connection meets `node:crypto`.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";
import {
  GCM_TAG_BYTES,
  type AeadKey,
  type MacKey,
  type RunningHash,
  type TlsPrimitives,
} from "../tls/primitives.ts";

const ALGORITHM = "aes-128-gcm";

/** As `noblePrimitives`, on `node:crypto`. */
export const nodePrimitives: TlsPrimitives = { sha256, hmacSha256, aes128Gcm };

function sha256(): RunningHash {
  const state = createHash("sha256");
  return {
    update(bytes) {
      state.update(bytes);
    },
    digest: () => plain(state.copy().digest()),
    wipe() {
      // Its memory is OpenSSL's, which overwrites it when the object is collected. A transcript is no secret.
    },
  };
}

function hmacSha256(key: Uint8Array): MacKey {
  return {
    mac: (message) => plain(createHmac("sha256", key).update(message).digest()),
    wipe() {
      key.fill(0);
    },
  };
}

function aes128Gcm(key: Uint8Array): AeadKey {
  return {
    seal(nonce, additionalData, plaintext) {
      const cipher = createCipheriv(ALGORITHM, key, nonce);
      cipher.setAAD(additionalData);
      const sealed = new Uint8Array(plaintext.length + GCM_TAG_BYTES);
      sealed.set(cipher.update(plaintext));
      cipher.final();
      sealed.set(cipher.getAuthTag(), plaintext.length);
      return sealed;
    },
    open(nonce, additionalData, sealed) {
      const tagStart = sealed.length - GCM_TAG_BYTES;
      const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: GCM_TAG_BYTES });
      decipher.setAAD(additionalData);
      decipher.setAuthTag(sealed.subarray(tagStart));
      const plaintext = plain(decipher.update(sealed.subarray(0, tagStart)));
      return verified(decipher) ? plaintext : undefined;
    },
    wipe() {
      key.fill(0);
    },
  };
}

/** Whether the tag matched; Node reports a wrong one by throwing. */
function verified(decipher: { final(): Buffer }): boolean {
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

/** The same memory without Buffer's deviations: its `slice` shares memory where every other array copies. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
