/**
 * The supplicant's public key as a request carries it: base64url of the JSON of a P-256 key (RFC 7517, RFC 7518 §6.2.1).
 * The account's keys will be encrypted to it, so it is checked down to the curve equation before anybody is asked.
 */
import { decodeBase64url } from "../lib/base64url.ts";
import { isJsonObject, parseJsonBytes } from "../lib/json.ts";
import { parsePublicJwk } from "../oauth/public-jwk.ts";
import type { PublicJwk } from "../oauth/public-jwk.ts";

/** The minimal form has 168 characters; the rest is room for `kid` and the like. */
const MAX_LENGTH = 2048;

/** Reads a `keys_jwk` value; otherwise says, as the end of a sentence, what is wrong with it. */
export function parseKeysJwk(encoded: string): PublicJwk | { readonly reason: string } {
  const bytes = encoded.length > MAX_LENGTH ? undefined : decodeBase64url(encoded);
  if (bytes === undefined || bytes.length === 0)
    return { reason: "is not unpadded base64url of usual length" };
  const document = parseJsonBytes(bytes);
  if (!isJsonObject(document)) return { reason: "is not a JSON object" };
  if (Object.hasOwn(document, "d")) return { reason: "holds a private key" };
  return parsePublicJwk(document) ?? { reason: "is not a point on P-256 with coordinates of 32 bytes" };
}
