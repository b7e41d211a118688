/**
 * What the server keeps of a password: scrypt over `authPW`, split into a hash to compare and a key that wraps kB a
 * second time. The cost may be lowered for tests; no client can tell.
 */
import { scrypt } from "node:crypto";
import { encodeHex } from "../lib/hex.ts";
import { equalBytes } from "../lib/constant-time.ts";
import type { RandomSource } from "../lib/random.ts";
import { hkdf, NAMESPACE, xorBytes } from "../oauth/key-material.ts";
import { quickStretchV1, quickStretchV2 } from "../oauth/stretch.ts";
import type { StoredPassword, Verifier } from "./records.ts";

/** The protocol's scrypt N; r = 8, p = 1. Takes 64 MiB and about a quarter of a second. */
export const SCRYPT_COST = 65_536;
/** Bytes: twice what that cost needs, since node's default limit is too low for it. */
const SCRYPT_MEMORY = 128 * 1024 * 1024;

/** Everything that goes into {@link createPassword}. */
export interface PasswordInput {
  readonly email: string;
  readonly password: string;
  /** 32 bytes. */
  readonly kB: Uint8Array;
  /** With a version 2 verifier beside version 1's; costs 650 000 PBKDF2 rounds. */
  readonly withVersion2: boolean;
}

/** Both halves of scrypt's output, 32 bytes each. */
export interface StretchedVerifier {
  readonly verifyHash: Uint8Array;
  readonly wrapwrapKey: Uint8Array;
}

/** verifyHash and wrapwrapKey of a 32-byte `authPW`. */
export async function stretchVerifier(
  authPW: Uint8Array,
  authSalt: Uint8Array,
  cost: number,
): Promise<StretchedVerifier> {
  const bigStretchedPW = await bigStretch(authPW, authSalt, cost);
  return {
    verifyHash: hkdf(bigStretchedPW, `${NAMESPACE}verifyHash`, 32),
    wrapwrapKey: hkdf(bigStretchedPW, `${NAMESPACE}wrapwrapKey`, 32),
  };
}

/** The stored form of a password that wraps a given kB, as if a client had set it. */
export async function createPassword(
  input: PasswordInput,
  random: RandomSource,
  cost: number,
): Promise<StoredPassword> {
  const authSalt = random(32);
  const stretched1 = await quickStretchV1(input.email, input.password);
  const wrap = async (authPW: Uint8Array, unwrapBKey: Uint8Array): Promise<Verifier> => {
    const { verifyHash, wrapwrapKey } = await stretchVerifier(authPW, authSalt, cost);
    return { verifyHash, wrapWrapKb: xorBytes(xorBytes(input.kB, unwrapBKey), wrapwrapKey) };
  };
  const version1 = await wrap(stretched1.authPW, stretched1.unwrapBKey);
  if (!input.withVersion2) return { authSalt, version1, version2: undefined };
  const clientSalt = `${NAMESPACE}quickStretchV2:${encodeHex(random(16))}`;
  const stretched2 = await quickStretchV2(clientSalt, input.password);
  const version2 = { ...(await wrap(stretched2.authPW, stretched2.unwrapBKey)), clientSalt };
  return { authSalt, version1, version2 };
}

/** The stored form of an `authPW` whose password is unknown, with a random kB: what `/account/create` leaves behind. */
export async function createPasswordFromAuthPW(
  authPW: Uint8Array,
  random: RandomSource,
  cost: number,
): Promise<StoredPassword> {
  const authSalt = random(32);
  const { verifyHash } = await stretchVerifier(authPW, authSalt, cost);
  return { authSalt, version1: { verifyHash, wrapWrapKb: random(32) }, version2: undefined };
}

/** The version an `authPW` belongs to, and kB as wrapped by that version's `unwrapBKey`; `undefined` when it is wrong. */
export async function checkPassword(
  stored: StoredPassword,
  authPW: Uint8Array,
  cost: number,
): Promise<{ readonly version: 1 | 2; readonly wrapKb: Uint8Array } | undefined> {
  const { verifyHash, wrapwrapKey } = await stretchVerifier(authPW, stored.authSalt, cost);
  const matches1 = equalBytes(verifyHash, stored.version1.verifyHash);
  const matches2 = stored.version2 !== undefined && equalBytes(verifyHash, stored.version2.verifyHash);
  if (matches1) return { version: 1, wrapKb: xorBytes(stored.version1.wrapWrapKb, wrapwrapKey) };
  if (matches2) return { version: 2, wrapKb: xorBytes(stored.version2.wrapWrapKb, wrapwrapKey) };
  return undefined;
}

function bigStretch(authPW: Uint8Array, authSalt: Uint8Array, cost: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const options = { N: cost, r: 8, p: 1, maxmem: SCRYPT_MEMORY };
    scrypt(authPW, authSalt, 32, options, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
