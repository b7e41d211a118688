/** base64url (RFC 4648 §5) as this project's peers use it: written without padding, read as strictly as asked. */

const UNPADDED = /^[A-Za-z0-9_-]*$/;
const PADDED = /^[A-Za-z0-9_-]*={0,2}$/;

/** Bytes to base64url text without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}

/**
 * Canonical unpadded base64url to bytes; `undefined` for anything else: padding, other alphabets, white space, an
 * impossible length, non-zero trailing bits.
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  if (!UNPADDED.test(text) || text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Buffer.from(text, "base64url"));
  return encodeBase64url(bytes) === text ? bytes : undefined;
}

/** As {@link decodeBase64url}, but correct `=` padding is accepted too, as Firefox and the reference send it. */
export function decodePaddedBase64url(text: string): Uint8Array | undefined {
  if (!text.endsWith("=")) return decodeBase64url(text);
  if (!PADDED.test(text) || text.length % 4 !== 0) return undefined;
  return decodeBase64url(text.replace(/=+$/, ""));
}
