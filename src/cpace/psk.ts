/** From CPace's key to the pre-shared key of TLS. */
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";

const INFO = new TextEncoder().encode("fxa-pair psk 1");
const PSK_BYTES = 32;

/** HKDF-SHA256 (RFC 5869) without salt: 32 bytes. */
export function derivePsk(intermediateKey: Uint8Array): Uint8Array {
  return hkdf(sha256, intermediateKey, undefined, INFO, PSK_BYTES);
}
