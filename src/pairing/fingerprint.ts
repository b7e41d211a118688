/**
 * The request fingerprint: what two people compare to know that the request on one screen is the one that the other
 * device sent. 65 bits of a hash over the request's bytes, because whoever holds the channel key can try requests
 * for as long as the channel lives.
 */
import { createHash } from "node:crypto";
import { equalText } from "../lib/constant-time.ts";

const LABEL = "fxa-pair request 1\0";
const LENGTH = 13;
/** Crockford's base32: no I, L, O, U. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/**
 * The fingerprint of a `pair:supp:request` document exactly as it crossed the channel: the first 65 bits, most
 * significant first, of SHA-256(label ‖ UTF-8 bytes), as 13 characters.
 */
export function requestFingerprint(document: string): string {
  const digest = createHash("sha256").update(LABEL, "utf8").update(document, "utf8").digest();
  // 72 bits hold the 65; the 7 low ones fall off.
  let bits = BigInt(`0x${digest.toString("hex", 0, 9)}`) >> 7n;
  let text = "";
  for (let i = 0; i < LENGTH; i++) {
    text = ALPHABET.charAt(Number(bits & 31n)) + text;
    bits >>= 5n;
  }
  return text;
}

/** 13 characters as people see them: `XXXX-XXXXX-XXXX`. */
export function formatFingerprint(fingerprint: string): string {
  return `${fingerprint.slice(0, 4)}-${fingerprint.slice(4, 9)}-${fingerprint.slice(9)}`;
}

/** Characters of the last group that people see. */
const END = 4;

/** Whether somebody typed the last four characters of a formatted fingerprint, or all of it, as forgivingly as below. */
export function isEndOf(typed: string, formatted: string): boolean {
  const whole = formatted.replaceAll("-", "");
  const start = whole.slice(0, -END);
  return equalText(normalizeFingerprint(start + typed) ?? normalizeFingerprint(typed) ?? "", whole);
}

/**
 * What somebody typed, as the 13 characters of {@link requestFingerprint}: letter case, hyphens and spaces do not
 * matter, O is 0, I and L are 1. `undefined` if it cannot be a fingerprint.
 */
export function normalizeFingerprint(input: string): string | undefined {
  const compact = input.replace(/[- ]/g, "");
  if (!/^[0-9A-Za-z]{13}$/.test(compact)) return undefined;
  const text = compact.toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1");
  return text.includes("U") ? undefined : text;
}
