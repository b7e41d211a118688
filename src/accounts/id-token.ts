/** OpenID Connect's `id_token`: a JWT (RFC 7519) signed with RS256, and the key to check it with. */
import type { KeyObject } from "node:crypto";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { encodeBase64url } from "../lib/base64url.ts";

/** Signs with a key of its own, made at first use: most runs never need one. */
export class IdTokenSigner {
  #keys: { privateKey: KeyObject; jwk: Record<string, unknown> } | undefined;

  /** The compact JWT of some claims. */
  sign(claims: Readonly<Record<string, unknown>>): string {
    const { privateKey, jwk } = this.#keyPair();
    const header = { alg: "RS256", kid: jwk.kid, typ: "JWT" };
    const signed = `${encodeJson(header)}.${encodeJson(claims)}`;
    return `${signed}.${encodeBase64url(sign("sha256", Buffer.from(signed), privateKey))}`;
  }

  /** The public key as a JWK (RFC 7517). */
  publicJwk(): Readonly<Record<string, unknown>> {
    return this.#keyPair().jwk;
  }

  #keyPair(): { privateKey: KeyObject; jwk: Record<string, unknown> } {
    if (this.#keys) return this.#keys;
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const exported = publicKey.export({ format: "jwk" });
    const kid = createHash("sha256").update(JSON.stringify(exported)).digest("hex").slice(0, 32);
    this.#keys = { privateKey, jwk: { ...exported, kid, alg: "RS256", use: "sig" } };
    return this.#keys;
  }
}

function encodeJson(value: unknown): string {
  return encodeBase64url(Buffer.from(JSON.stringify(value), "utf8"));
}
