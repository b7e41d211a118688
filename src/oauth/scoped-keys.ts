/**
 * Scoped keys: what a device needs to read the account's encrypted data, derived from kB. Sync's key predates the
 * scheme and has its own derivation and its own unit of time in `kid`.
 */

import { createHash } from "node:crypto";
import * as v from "valibot";
import { decodeBase64url, encodeBase64url } from "../lib/base64url.ts";
import { equalText } from "../lib/constant-time.ts";
import { hkdf, NAMESPACE, wipe } from "./key-material.ts";
import { SYNC_SCOPES } from "./scopes.ts";

/** A scoped key as a symmetric JWK (RFC 7517, RFC 7518 §6.4). */
export interface ScopedKey {
  readonly kty: "oct";
  /** Time of the last key rotation, `-`, base64url of 16 fingerprint bytes. */
  readonly kid: string;
  /** base64url: 64 bytes for the Sync scopes, 32 otherwise. */
  readonly k: string;
  readonly scope: string;
}

export type ScopedKeys = Readonly<Record<string, ScopedKey>>;

const KID = /^([0-9]+)-([A-Za-z0-9_-]+)$/;

const ScopedKeySchema = v.pipe(
  v.object({
    kty: v.literal("oct"),
    kid: v.pipe(
      v.string(),
      v.check((kid) => parseKid(kid) !== undefined),
    ),
    k: v.pipe(
      v.string(),
      v.nonEmpty(),
      v.check((k) => decodeBase64url(k) !== undefined),
    ),
    scope: v.string(),
  }),
  v.readonly(),
);

/** A map of scoped keys, structurally sound: each entry's `scope` is its map key. Unknown members are dropped. */
export const ScopedKeysSchema = v.pipe(
  v.unknown(),
  v.check((document) => !Array.isArray(document)),
  v.record(v.string(), ScopedKeySchema),
  v.check((keys) => Object.entries(keys).every(([scope, key]) => key.scope === scope)),
  v.readonly(),
);

/** The structural check of a received map; `undefined` when anything in it is wrong. */
export function parseScopedKeys(document: unknown): ScopedKeys | undefined {
  const result = v.safeParse(ScopedKeysSchema, document);
  return result.success ? result.output : undefined;
}

/** Whether the scope's key is Sync's: 64 bytes, `kid` in milliseconds. */
export function isSyncScope(scope: string): boolean {
  return SYNC_SCOPES.includes(scope);
}

/** Inputs of a derivation; the last three come from the server's scoped-key data. */
export interface ScopedKeyInputs {
  /** 32 bytes. */
  readonly kB: Uint8Array;
  /** 16 bytes. */
  readonly uid: Uint8Array;
  readonly scope: string;
  /** Normally the scope itself; at least 10 characters. */
  readonly identifier: string;
  /** 32 bytes. */
  readonly keyRotationSecret: Uint8Array;
  /** Unix milliseconds, 13 digits. */
  readonly keyRotationTimestamp: number;
}

/** Derives a scope's key: by the general rule, or Sync's own for {@link SYNC_SCOPES}. */
export function deriveScopedKey(inputs: ScopedKeyInputs): ScopedKey {
  const { kB, uid, scope, identifier, keyRotationSecret, keyRotationTimestamp } = inputs;
  if (isSyncScope(scope)) return deriveOldsyncKey(kB, keyRotationTimestamp, scope);
  checkInputs(inputs);
  const keyMaterial = new Uint8Array(Buffer.concat([kB, keyRotationSecret]));
  const derived = hkdf(keyMaterial, `${NAMESPACE}scoped_key\n${identifier}`, 48, uid);
  const key: ScopedKey = {
    kty: "oct",
    // Seconds, rounded: truncating gives another kid for half of all accounts.
    kid: `${String(Math.round(keyRotationTimestamp / 1000))}-${encodeBase64url(derived.subarray(0, 16))}`,
    k: encodeBase64url(derived.subarray(16)),
    scope,
  };
  wipe(keyMaterial, derived);
  return key;
}

/** Sync's key: 64 bytes from kB alone; `kid` holds milliseconds and the start of SHA-256(kB). */
export function deriveOldsyncKey(kB: Uint8Array, keyRotationTimestamp: number, scope: string): ScopedKey {
  if (kB.length !== 32) throw new RangeError("kB has 32 bytes");
  checkTimestamp(keyRotationTimestamp);
  const derived = hkdf(kB, `${NAMESPACE}oldsync`, 64);
  const fingerprint = createHash("sha256").update(kB).digest().subarray(0, 16);
  const key: ScopedKey = {
    kty: "oct",
    kid: `${String(keyRotationTimestamp)}-${encodeBase64url(fingerprint)}`,
    k: encodeBase64url(derived),
    scope,
  };
  wipe(derived);
  return key;
}

/**
 * A `kid`'s parts: the number before its first `-` (seconds, or milliseconds for Sync) and the bytes after it, which
 * may hold further `-` in base64url. `undefined` when malformed or when the number is 0.
 */
export function parseKid(kid: string): { timestamp: number; fingerprint: Uint8Array } | undefined {
  const match = KID.exec(kid);
  const timestamp = Number(match?.[1]);
  const fingerprint = decodeBase64url(match?.[2] ?? "");
  if (!match || !Number.isSafeInteger(timestamp) || timestamp === 0 || !fingerprint) return undefined;
  return { timestamp, fingerprint };
}

/** Whether a kept key is still the current one: its `kid` carries the server's rotation time (Unix milliseconds). */
export function isCurrentKey(key: ScopedKey, keyRotationTimestamp: number): boolean {
  const current = isSyncScope(key.scope) ? keyRotationTimestamp : Math.round(keyRotationTimestamp / 1000);
  return equalText(key.kid.split("-")[0] ?? "", String(current));
}

function checkInputs({
  kB,
  uid,
  identifier,
  keyRotationSecret,
  keyRotationTimestamp,
}: ScopedKeyInputs): void {
  if (kB.length !== 32) throw new RangeError("kB has 32 bytes");
  if (uid.length !== 16) throw new RangeError("a uid has 16 bytes");
  if (keyRotationSecret.length !== 32) throw new RangeError("a key rotation secret has 32 bytes");
  if (identifier.length < 10) throw new RangeError("a key identifier has at least 10 characters");
  checkTimestamp(keyRotationTimestamp);
}

function checkTimestamp(milliseconds: number): void {
  if (!/^[0-9]{13}$/.test(String(milliseconds))) throw new RangeError("a key rotation time has 13 digits");
}
