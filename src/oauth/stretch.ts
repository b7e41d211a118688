/**
 * onepw password stretching, versions 1 and 2: what the accounts server sees of a password (`authPW`) and what stays
 * here to unwrap kB (`unwrapBKey`).
 */

import { pbkdf2 } from "node:crypto";
import { promisify } from "node:util";
import { FxaPairError } from "../lib/errors.ts";
import { hkdf, NAMESPACE, wipe } from "./key-material.ts";

const pbkdf2Async = promisify(pbkdf2);

const ROUNDS_V1 = 1000;
const ROUNDS_V2 = 650_000;
const CLIENT_SALT = /^identity\.mozilla\.com\/picl\/v1\/quickStretchV2:[0-9a-f]{32}$/;

/** Both are 32 bytes. Only `authPW` may be sent. */
export interface StretchedPassword {
  readonly authPW: Uint8Array;
  readonly unwrapBKey: Uint8Array;
}

/**
 * Version 1: 1000 rounds, salted with the email. The email must be the registered form, letter case included: another
 * case gives another `authPW`. Neither text is normalised.
 */
export async function quickStretchV1(email: string, password: string): Promise<StretchedPassword> {
  return splitAndWipe(await quickStretchedPassword(password, `${NAMESPACE}quickStretch:${email}`, ROUNDS_V1));
}

/**
 * Version 2: 650 000 rounds (about a third of a second, off the main thread), salted with the whole text of
 * `clientSalt` as the server sent it.
 *
 * @throws FxaPairError `refused` when the salt lacks its form: a server must not choose what the password is hashed with.
 */
export async function quickStretchV2(clientSalt: string, password: string): Promise<StretchedPassword> {
  if (!CLIENT_SALT.test(clientSalt)) {
    throw new FxaPairError("refused", "The accounts server sent a password salt of an unknown form.", {
      hint: "Update fxa-pair, or check --server.",
    });
  }
  return splitAndWipe(await quickStretchedPassword(password, clientSalt, ROUNDS_V2));
}

/** PBKDF2-HMAC-SHA256 (RFC 8018 §5.2) of the password's UTF-8 bytes: quickStretchedPW, 32 bytes. */
export async function quickStretchedPassword(
  password: string,
  salt: string,
  rounds: number,
): Promise<Uint8Array> {
  const passwordBytes = Buffer.from(password, "utf8");
  try {
    return await pbkdf2Async(passwordBytes, Buffer.from(salt, "utf8"), rounds, 32, "sha256");
  } finally {
    wipe(passwordBytes);
  }
}

function splitAndWipe(quickStretchedPW: Uint8Array): StretchedPassword {
  const authPW = hkdf(quickStretchedPW, `${NAMESPACE}authPW`, 32);
  // The published name has a lower-case k here and nowhere else.
  const unwrapBKey = hkdf(quickStretchedPW, `${NAMESPACE}unwrapBkey`, 32);
  wipe(quickStretchedPW);
  return { authPW, unwrapBKey };
}
