/** The new device's own P-256 key pair: fresh for each pairing, or kept in a file so that a host can pin it. */

import { createECDH } from "node:crypto";
import * as v from "valibot";
import { encodeBase64url } from "../lib/base64url.ts";
import { FxaPairError } from "../lib/errors.ts";
import { createPrivateFile, errorCode, readPrivateFile } from "../lib/private-file.ts";
import type { RandomSource } from "../lib/random.ts";
import { wipe } from "./key-material.ts";
import type { PublicJwk } from "./public-jwk.ts";
import { CoordinateSchema, encodeKeysJwk, jwkThumbprint } from "./public-jwk.ts";

/** d is the private scalar: 32 bytes, base64url. */
export interface PrivateJwk extends PublicJwk {
  readonly d: string;
}

export interface RecipientKey {
  readonly privateJwk: PrivateJwk;
  /** What a pairing request carries: base64url of the public JWK, 168 characters. */
  readonly keysJwk: string;
  /** RFC 7638, SHA-256: 43 base64url characters, for a host to pin. */
  readonly thumbprint: string;
}

const PrivateJwkSchema = v.object({
  kty: v.literal("EC"),
  crv: v.literal("P-256"),
  d: CoordinateSchema,
  x: CoordinateSchema,
  y: CoordinateSchema,
});

/** A fresh key pair for ECDH on P-256. */
export function createRecipientKey(random: RandomSource): RecipientKey {
  const scalar = random(32);
  const ecdh = createECDH("prime256v1");
  try {
    ecdh.setPrivateKey(scalar);
    return recipientKey(privateJwk(scalar, ecdh.getPublicKey()));
  } catch (error) {
    // Zero, or not below the order of the group: one draw in 2^32.
    if (errorCode(error) === "ERR_CRYPTO_INVALID_KEYTYPE") return createRecipientKey(random);
    throw error;
  } finally {
    wipe(scalar);
  }
}

/**
 * The key pair kept in a file, a private JWK; made and stored with mode 0600 when the file does not exist.
 *
 * @throws FxaPairError `usage` when the file is open to others, holds no P-256 key, or cannot be made.
 */
export async function loadRecipientKey(path: string, random: RandomSource): Promise<RecipientKey> {
  const kept = await readPrivateFile(path);
  if (kept !== undefined) return recipientKey(parsePrivateJwk(kept, path));
  const key = createRecipientKey(random);
  try {
    await createPrivateFile(path, `${JSON.stringify(key.privateJwk)}\n`);
    return key;
  } catch (error) {
    throw new FxaPairError(
      "usage",
      `The key file ${path} cannot be made (${errorCode(error) ?? "unknown"}).`,
      {
        hint: "Give another path with --key.",
        cause: error,
      },
    );
  }
}

function recipientKey(privateJwk: PrivateJwk): RecipientKey {
  return { privateJwk, keysJwk: encodeKeysJwk(privateJwk), thumbprint: jwkThumbprint(privateJwk) };
}

function parsePrivateJwk(text: string, path: string): PrivateJwk {
  try {
    const jwk = v.parse(PrivateJwkSchema, JSON.parse(text));
    const ecdh = createECDH("prime256v1");
    ecdh.setPrivateKey(jwk.d, "base64url");
    const { x, y } = privateJwk(Buffer.from(jwk.d, "base64url"), ecdh.getPublicKey());
    if (jwk.x === x && jwk.y === y) return jwk;
  } catch {
    // One answer for every way of being wrong: the parser's own words could quote the key.
  }
  throw new FxaPairError("usage", `${path} holds no P-256 private key in JWK form.`, {
    hint: "Give the path of a key that fxa-pair made, or of a file that does not exist yet.",
  });
}

/** `point` is uncompressed: 04, x, y. */
function privateJwk(scalar: Uint8Array, point: Uint8Array): PrivateJwk {
  return {
    kty: "EC",
    crv: "P-256",
    x: encodeBase64url(point.subarray(1, 33)),
    y: encodeBase64url(point.subarray(33, 65)),
    d: encodeBase64url(scalar),
  };
}
