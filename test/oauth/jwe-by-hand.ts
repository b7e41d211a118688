/** A second implementation of ECDH-ES + AES-256-GCM on node:crypto, to hold the first against. */

import { createCipheriv, createDecipheriv, createECDH, createHash } from "node:crypto";

export interface EcJwk {
  kty: string;
  crv: string;
  x: string;
  y: string;
  d?: string;
}

const bytes = (text: string) => Buffer.from(text, "base64url");
const b64u = (data: Uint8Array | string) => Buffer.from(data).toString("base64url");

function lengthPrefixed(data: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, data]);
}

export function sharedSecret(privateJwk: EcJwk, publicJwk: EcJwk): Buffer {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(bytes(privateJwk.d!));
  return ecdh.computeSecret(Buffer.concat([Buffer.of(4), bytes(publicJwk.x), bytes(publicJwk.y)]));
}

export function otherInfo(algorithm: string, apu: Uint8Array, apv: Uint8Array, bits: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bits);
  return Buffer.concat([
    lengthPrefixed(Buffer.from(algorithm)),
    lengthPrefixed(apu),
    lengthPrefixed(apv),
    length,
  ]);
}

export function concatKdf(z: Uint8Array, info: Uint8Array, bits: number): Buffer {
  const round = Buffer.of(0, 0, 0, 1);
  return createHash("sha256")
    .update(Buffer.concat([round, z, info]))
    .digest()
    .subarray(0, bits / 8);
}

export function contentKey(z: Uint8Array, header: { apu?: string; apv?: string }): Buffer {
  return concatKdf(z, otherInfo("A256GCM", bytes(header.apu ?? ""), bytes(header.apv ?? ""), 256), 256);
}

/** Seals with any header, also a wrong one. */
export function sealByHand(
  plaintext: string,
  recipient: EcJwk,
  ephemeral: EcJwk,
  header: Record<string, unknown> = {},
): string {
  const { kty, crv, x, y } = ephemeral;
  const full: Record<string, unknown> & { apu?: string; apv?: string } = {
    alg: "ECDH-ES",
    enc: "A256GCM",
    epk: { kty, crv, x, y },
    ...header,
  };
  const protectedHeader = b64u(JSON.stringify(full));
  const iv = Buffer.alloc(12, 7);
  const cipher = createCipheriv("aes-256-gcm", contentKey(sharedSecret(ephemeral, recipient), full), iv);
  cipher.setAAD(Buffer.from(protectedHeader, "ascii"));
  const ciphertext = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
  return [protectedHeader, "", b64u(iv), b64u(ciphertext), b64u(cipher.getAuthTag())].join(".");
}

export function openByHand(jwe: string, recipient: EcJwk): string {
  const [header, , iv, ciphertext, tag] = jwe.split(".") as [string, string, string, string, string];
  const parsed = JSON.parse(bytes(header).toString()) as { epk: EcJwk };
  const key = contentKey(sharedSecret(recipient, parsed.epk), {});
  const decipher = createDecipheriv("aes-256-gcm", key, bytes(iv));
  decipher.setAAD(Buffer.from(header, "ascii"));
  decipher.setAuthTag(bytes(tag));
  return Buffer.concat([decipher.update(bytes(ciphertext)), decipher.final()]).toString("utf8");
}
