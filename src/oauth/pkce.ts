/** Proof key for code exchange (RFC 7636), method S256 only, and the `state` that ties an answer to its request. */

import { createHash } from "node:crypto";
import { encodeBase64url } from "../lib/base64url.ts";
import type { RandomSource } from "../lib/random.ts";

export interface PkcePair {
  /** 43 base64url characters: 32 random bytes. Stays here until the code is redeemed. */
  readonly verifier: string;
  /** 43 base64url characters: SHA-256 of the verifier's ASCII bytes. */
  readonly challenge: string;
}

/** A fresh verifier and its challenge. */
export function createPkcePair(random: RandomSource): PkcePair {
  const verifier = encodeBase64url(random(32));
  return { verifier, challenge: codeChallengeOf(verifier) };
}

/** The S256 challenge of a verifier (RFC 7636 §4.2). */
export function codeChallengeOf(verifier: string): string {
  return createHash("sha256").update(verifier, "ascii").digest("base64url");
}

/** A fresh `state`: 16 random bytes, 22 base64url characters. */
export function createState(random: RandomSource): string {
  return encodeBase64url(random(16));
}
