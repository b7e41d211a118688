/** The P-256 public key a new device sends so that keys can be encrypted to it: JWK, `keys_jwk`, thumbprint. */

import { createHash, createPublicKey } from "node:crypto";
import * as v from "valibot";
import { decodeBase64url, encodeBase64url } from "../lib/base64url.ts";

/** x and y are 32 bytes each, base64url. */
export interface PublicJwk {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
}

/** A coordinate or private scalar of P-256: exactly 32 bytes, unpadded base64url. */
export const CoordinateSchema = v.pipe(
  v.string(),
  v.check((text) => decodeBase64url(text)?.length === 32),
);

const PublicJwkSchema = v.pipe(
  v.looseObject({
    kty: v.literal("EC"),
    crv: v.literal("P-256"),
    x: CoordinateSchema,
    y: CoordinateSchema,
  }),
  v.check((jwk) => !("d" in jwk)),
  v.transform(({ kty, crv, x, y }): PublicJwk => ({ kty, crv, x, y })),
  v.check(isOnCurve),
);

/**
 * A public P-256 JWK out of a JSON value, reduced to its four members; `undefined` for another type of key, a private
 * one, a coordinate that is not 32 bytes, or a point off the curve. Further public members may be present.
 */
export function parsePublicJwk(document: unknown): PublicJwk | undefined {
  const result = v.safeParse(PublicJwkSchema, document);
  return result.success ? result.output : undefined;
}

/** The four public members of a key pair, and nothing else. */
export function publicJwkOf({ kty, crv, x, y }: PublicJwk): PublicJwk {
  return { kty, crv, x, y };
}

/** Writes a `keys_jwk`: base64url of the four members in alphabetical order, 168 characters. */
export function encodeKeysJwk(jwk: PublicJwk): string {
  const { crv, kty, x, y } = jwk;
  return encodeBase64url(new TextEncoder().encode(JSON.stringify({ crv, kty, x, y })));
}

/** The SHA-256 thumbprint (RFC 7638 §3): 43 base64url characters. */
export function jwkThumbprint(jwk: PublicJwk): string {
  const { crv, kty, x, y } = jwk;
  return createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
}

function isOnCurve({ kty, crv, x, y }: PublicJwk): boolean {
  try {
    // OpenSSL refuses coordinates beyond the field and points off the curve.
    createPublicKey({ key: { kty, crv, x, y }, format: "jwk" });
    return true;
  } catch {
    return false;
  }
}
