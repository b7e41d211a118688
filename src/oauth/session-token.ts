/**
 * From a token of the accounts server to what goes on the wire. The token itself is never sent: its derived id is, in
 * a prefixed Bearer header.
 */

import { encodeHex } from "../lib/hex.ts";
import { hkdf, NAMESPACE, wipe } from "./key-material.ts";

export type TokenKind = "sessionToken" | "keyFetchToken";

const BEARER_PREFIX: Readonly<Record<TokenKind, string>> = {
  sessionToken: "fxs",
  keyFetchToken: "fxk",
};

/** 32 bytes each. */
export interface TokenCredentials {
  /** The public id: what the server looks up. */
  readonly tokenId: Uint8Array;
  /** HMAC key of the legacy Hawk scheme. */
  readonly authKey: Uint8Array;
  /** Opens `/account/keys`; used with key-fetch tokens only. */
  readonly bundleKey: Uint8Array;
}

/** Splits a 32-byte token into its three credentials. */
export function deriveTokenCredentials(token: Uint8Array, kind: TokenKind): TokenCredentials {
  if (token.length !== 32) throw new RangeError("a token has 32 bytes");
  const derived = hkdf(token, NAMESPACE + kind, 96);
  const credentials = {
    tokenId: derived.slice(0, 32),
    authKey: derived.slice(32, 64),
    bundleKey: derived.slice(64, 96),
  };
  wipe(derived);
  return credentials;
}

/** The `Authorization` value for a token id of this kind: prefix, underscore, 64 lower-case hex digits. */
export function bearerHeader(tokenId: Uint8Array, kind: TokenKind): string {
  return `Bearer ${BEARER_PREFIX[kind]}_${encodeHex(tokenId)}`;
}
