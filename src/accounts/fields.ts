/** The field formats that several routes share. Hex is accepted in both cases unless the name says lower. */
import * as v from "valibot";

const hex = (length: number) => v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-fA-F]{${length}}$`)));
const lowerHex = (length: number) => v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${length}}$`)));

/** Text that can be shown: no control, private-use or unassigned characters, no lone surrogates, no separators but space. */
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]*$/u;

export const printable = (maximum: number) => v.pipe(v.string(), v.maxLength(maximum), v.regex(PRINTABLE));

export const email = v.pipe(v.string(), v.maxLength(255), v.regex(PRINTABLE), v.regex(/^[^@\s]+@[^@\s]+$/));
export const hex32 = hex(32);
export const hex64 = hex(64);
export const lowerHex64 = lowerHex(64);
export const clientId = lowerHex(16);
export const digits = v.pipe(v.string(), v.maxLength(32), v.regex(/^[0-9]+$/));
export const base64url = (length: number) =>
  v.pipe(v.string(), v.regex(new RegExp(`^[A-Za-z0-9_-]{${length}}$`)));
/** The older of the two server validators: what passes it passes both. */
export const scope = v.pipe(
  v.string(),
  v.maxLength(256),
  v.regex(/^[A-Za-z0-9_/.:-]+(?: [A-Za-z0-9_/.:-]+)*$/),
);
export const accessType = v.picklist(["online", "offline"]);
export const service = v.pipe(v.string(), v.maxLength(16), v.regex(/^[A-Za-z0-9-]*$/));
export const verificationMethod = v.picklist([
  "email",
  "email-otp",
  "email-2fa",
  "email-captcha",
  "totp-2fa",
]);
/** Contents the server passes on to its metrics and never looks into. */
export const metricsContext = v.record(v.string(), v.unknown());
/** Schema of a whole number between two bounds. */
export type WholeNumber = (minimum: number, maximum?: number) => v.GenericSchema<unknown, number>;

export const whole: WholeNumber = (minimum, maximum = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(maximum));
/** As {@link whole} where forms are taken, which can only send text. */
export const wholeInForm: WholeNumber = (minimum, maximum = Number.MAX_SAFE_INTEGER) => {
  const digitsAsNumber = v.pipe(v.string(), v.regex(/^[0-9]{1,9}$/), v.transform(Number));
  const bounded = v.pipe(digitsAsNumber, v.minValue(minimum), v.maxValue(maximum));
  return v.union([whole(minimum, maximum), bounded]);
};
