/**
 * One-time codes: HOTP (RFC 4226) and TOTP (RFC 6238) with SHA-1, as authenticator apps compute them. The codes the
 * server mails are TOTP too, with a step of ten minutes.
 */
import { createHmac } from "node:crypto";
import { equalText } from "../lib/constant-time.ts";

/** Authenticator apps: a step of 30 s, and a tolerance of one step to either side. */
export const AUTHENTICATOR: OneTimeCodeRules = { step: 30, earlier: 1, later: 1 };
/** Mailed codes change every 10 minutes; the previous one still counts, so that a code lives 10 to 20 minutes. */
export const MAILED_CODE: OneTimeCodeRules = { step: 600, earlier: 1, later: 0 };

export interface OneTimeCodeRules {
  /** Seconds. */
  readonly step: number;
  /** How many steps before and after the present one are accepted. */
  readonly earlier: number;
  readonly later: number;
}

/** RFC 4226 §5.3: the decimal code of a counter, with leading zeros. */
export function hotp(secret: Uint8Array, counter: number, digits = 6): string {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const mac = createHmac("sha1", secret).update(message).digest();
  const offset = mac.readUInt8(19) & 0x0f;
  const truncated = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(truncated % 10 ** digits).padStart(digits, "0");
}

/** RFC 6238 §4.2 at a wall-clock time in milliseconds. */
export function totp(secret: Uint8Array, wallTime: number, step = AUTHENTICATOR.step, digits = 6): string {
  return hotp(secret, Math.floor(wallTime / 1000 / step), digits);
}

/** Whether a code is right at a wall-clock time in milliseconds, within the rules' tolerance. */
export function isOneTimeCode(
  code: string,
  secret: Uint8Array,
  wallTime: number,
  rules: OneTimeCodeRules,
): boolean {
  const present = Math.floor(wallTime / 1000 / rules.step);
  for (let counter = present - rules.earlier; counter <= present + rules.later; counter++) {
    if (counter >= 0 && equalText(hotp(secret, counter), code)) return true;
  }
  return false;
}
