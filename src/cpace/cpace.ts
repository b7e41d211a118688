/**
 * CPace in the suite CPACE-RISTR255-SHA512 (draft-irtf-cfrg-cpace), initiator-responder setting, without I/O: two
 * devices that know one password get one key, and everybody else, the relay among them, one guess.
 *
 *     generator = map(SHA-512(password, context, session id))      both sides
 *     Ya = ya·generator, Yb = yb·generator                         these cross, the scalars never do
 *     K = ya·Yb = yb·Ya, ISK = SHA-512(session id, K, Ya, Yb)
 *
 * Values are named as in the draft. All are byte strings: scalars 32 bytes little-endian, points 32 bytes in the
 * canonical encoding of RFC 9496. Scalars are the caller's to wipe; inside the curve's arithmetic they are big integers,
 * which the language cannot overwrite.
 */
import { ristretto255, ristretto255_hasher } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import type { RandomSource } from "../lib/random.ts";

const { Point } = ristretto255;
type Point = InstanceType<typeof Point>;

export const POINT_BYTES = 32;
export const SCALAR_BYTES = 32;
/** Random bytes for one scalar: so many more than it has that the remainder is as good as uniform. */
const WIDE_SCALAR_BYTES = 64;
/** Bytes that SHA-512 takes in at a time (`s_in_bytes`). */
const HASH_BLOCK_BYTES = 128;

const DSI = ascii("CPaceRistretto255");
const DSI_ISK = ascii("CPaceRistretto255_ISK");

/** What both sides bring along. */
export interface CpaceInput {
  /** PRS: the password. */
  readonly password: Uint8Array;
  /** CI: where and for what it is used. */
  readonly channelIdentifier: Uint8Array;
  /** sid: fresh for each run. */
  readonly sessionId: Uint8Array;
}

/** The messages of one run, with what is said along with them (ADa, ADb). */
export interface CpaceTranscript {
  readonly initiatorShare: Uint8Array;
  readonly initiatorData: Uint8Array;
  readonly responderShare: Uint8Array;
  readonly responderData: Uint8Array;
}

/** `generator_string`: what is hashed to the generator, the password's block filled up with zeros. */
export function generatorString({ password, channelIdentifier, sessionId }: CpaceInput): Uint8Array {
  const filled = lengthWithPrefix(password) + lengthWithPrefix(DSI);
  const padding = new Uint8Array(Math.max(0, HASH_BLOCK_BYTES - 1 - filled));
  return joinWithLengths(DSI, password, padding, channelIdentifier, sessionId);
}

/** `calculate_generator`: the password's point, by the element derivation of RFC 9496 §4.3.4. */
export function calculateGenerator(input: CpaceInput): Uint8Array {
  const text = generatorString(input);
  const hash = sha512(text);
  const generator = deriveElement(hash).toBytes();
  text.fill(0);
  hash.fill(0);
  return generator;
}

/** `sample_scalar`: from 1 to the group's order less 1. Draws 64 bytes, whose memory becomes the scalar's. */
export function sampleScalar(random: RandomSource): Uint8Array {
  for (;;) {
    const wide = random(WIDE_SCALAR_BYTES);
    const scalar = Point.Fn.create(readLittleEndian(wide));
    wide.fill(0);
    if (scalar === 0n) continue;
    const encoded = Point.Fn.toBytes(scalar);
    wide.set(encoded);
    encoded.fill(0);
    return wide.subarray(0, SCALAR_BYTES);
  }
}

/** `scalar_mult`: this side's share, what it sends. The generator is the own one, and so a valid point. */
export function calculateShare(scalar: Uint8Array, generator: Uint8Array): Uint8Array {
  return Point.fromBytes(generator).multiply(readLittleEndian(scalar)).toBytes();
}

/**
 * `scalar_mult_vfy`: the secret point K. `undefined`, and the run must end, if `share` is not the canonical encoding of
 * a point or is the neutral element, from which everybody would know K.
 */
export function verifiedMultiply(scalar: Uint8Array, share: Uint8Array): Uint8Array | undefined {
  const point = decodePoint(share);
  // The group has prime order: only the neutral element is multiplied to the neutral element.
  if (point === undefined || point.is0()) return undefined;
  return point.multiply(readLittleEndian(scalar)).toBytes();
}

/** ISK of the initiator-responder setting: 64 bytes. */
export function intermediateKey(
  sessionId: Uint8Array,
  secretPoint: Uint8Array,
  run: CpaceTranscript,
): Uint8Array {
  const secrets = joinWithLengths(DSI_ISK, sessionId, secretPoint);
  const initiator = joinWithLengths(run.initiatorShare, run.initiatorData);
  const responder = joinWithLengths(run.responderShare, run.responderData);
  const key = sha512.create().update(secrets).update(initiator).update(responder).digest();
  secrets.fill(0);
  return key;
}

function deriveElement(uniform: Uint8Array): Point {
  const element = ristretto255_hasher.deriveToCurve?.(uniform);
  if (element === undefined) throw new Error("the curve's package derives no elements");
  return element;
}

/** The package throws at every encoding that is none. */
function decodePoint(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== POINT_BYTES) return undefined;
  try {
    return Point.fromBytes(bytes);
  } catch {
    return undefined;
  }
}

/** `lv_cat`: each part behind its length. */
function joinWithLengths(...parts: readonly Uint8Array[]): Uint8Array {
  const pieces = parts.map(withLength);
  const joined = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
    piece.fill(0);
  }
  return joined;
}

/** `prepend_len`: a copy behind its length. */
function withLength(bytes: Uint8Array): Uint8Array {
  const prefix = encodeLength(bytes.length);
  const piece = new Uint8Array(prefix.length + bytes.length);
  piece.set(prefix);
  piece.set(bytes, prefix.length);
  return piece;
}

/** How long {@link withLength} makes it, without a copy of what is secret. */
function lengthWithPrefix({ length }: Uint8Array): number {
  return encodeLength(length).length + length;
}

/** LEB128: seven bits a byte, the lowest first. */
function encodeLength(length: number): readonly number[] {
  const encoded: number[] = [];
  let left = length;
  for (; left >= 0x80; left >>>= 7) encoded.push((left & 0x7f) | 0x80);
  encoded.push(left);
  return encoded;
}

function readLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
