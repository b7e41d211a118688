/** Proof key for code exchange (RFC 7636), method S256 only, and the `state` that ties an answer to its request. */

import { createHash } from "node:crypto";
import { encodeBase64url } from "../lib/base64url.ts";
import type { RandomSource } from "../lib/random.ts";

export interface Pkce {
  /** 43 base64url characters: 32 random bytes. Stays here until the code is redeemed. */
  readonly codeVerifier: string;
  /** 43 base64url characters: SHA-256 of the verifier's ASCII bytes. */
  readonly codeChallenge: string;
}

/** A fresh verifier and its challenge. */
export function createPkce(random: RandomSource): Pkce {
  const codeVerifier = encodeBase64url(random(32));
  return { codeVerifier, codeChallenge: codeChallengeOf(codeVerifier) };
}

/** The S256 challenge of a verifier (RFC 7636 §4.2). */
export function codeChallengeOf(codeVerifier: string): string {
  return createHash("sha256").update(codeVerifier, "ascii").digest("base64url");
}

/** A fresh `state`: 16 random bytes, 22 base64url characters. */
export function createState(random: RandomSource): string {
  return encodeBase64url(random(16));
}
