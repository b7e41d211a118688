/**
 * The supplicant's public key (RFC 7517, RFC 7518 §6.2.1): base64url of the JSON of a P-256 key. The account's keys
 * will be encrypted to it, so it is checked down to the curve equation before anybody is asked.
 */
import { createHash } from "node:crypto";
import * as v from "valibot";
import { decodeBase64url } from "../lib/base64url.ts";
import { isJsonObject } from "./json-object.ts";

export interface PublicJwk {
  readonly kty: "EC";
  readonly crv: "P-256";
  /** 32 bytes, base64url without padding. */
  readonly x: string;
  /** 32 bytes, base64url without padding. */
  readonly y: string;
}

/** The minimal form has 168 characters; the rest is room for `kid` and the like. */
const MAX_LENGTH = 2048;

/** The field's prime, and b of y² = x³ - 3x + b (NIST SP 800-186 §3.2.1.3). */
const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

const coordinate = v.pipe(
  v.string(),
  v.check((text) => decodeBase64url(text)?.length === 32),
);
const jwkSchema = v.object({ kty: v.literal("EC"), crv: v.literal("P-256"), x: coordinate, y: coordinate });

/** Reads a `keys_jwk` value; otherwise says, as the end of a sentence, what is wrong with it. */
export function parsePublicJwk(encoded: string): PublicJwk | { readonly reason: string } {
  const bytes = encoded.length > MAX_LENGTH ? undefined : decodeBase64url(encoded);
  if (bytes === undefined || bytes.length === 0)
    return { reason: "is not unpadded base64url of usual length" };
  const document = parseJson(bytes);
  if (!isJsonObject(document)) return { reason: "is not a JSON object" };
  if (Object.hasOwn(document, "d")) return { reason: "holds a private key" };
  const parsed = v.safeParse(jwkSchema, document);
  if (!parsed.success) return { reason: "is not an EC key on P-256 with coordinates of 32 bytes" };
  if (!isOnCurve(parsed.output)) return { reason: "is not a point on the curve" };
  return parsed.output;
}

/** RFC 7638 thumbprint with SHA-256: 43 characters of base64url. */
export function jwkThumbprint({ crv, kty, x, y }: PublicJwk): string {
  // The required members alone, in alphabetical order, without white space (RFC 7638 §3).
  return createHash("sha256").update(JSON.stringify({ crv, kty, x, y }), "utf8").digest("base64url");
}

function isOnCurve({ x: encodedX, y: encodedY }: PublicJwk): boolean {
  const x = toInteger(encodedX);
  const y = toInteger(encodedY);
  return x < P && y < P && (y * y - (x * x * x - 3n * x + B)) % P === 0n;
}

function toInteger(coordinate: string): bigint {
  return BigInt(`0x${Buffer.from(coordinate, "base64url").toString("hex")}`);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
