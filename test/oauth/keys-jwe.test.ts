import fc from "fast-check";
import { compactDecrypt, CompactEncrypt } from "jose";
import { describe, expect, test } from "vitest";
import { systemRandom } from "../../src/lib/random.ts";
import { decryptKeys, MAX_KEYS_JWE_LENGTH, openKeys, sealKeys } from "../../src/oauth/keys-jwe.ts";
import { publicJwkOf } from "../../src/oauth/public-jwk.ts";
import { createRecipientKey } from "../../src/oauth/recipient-key.ts";
import { deriveOldsyncKey, deriveScopedKey } from "../../src/oauth/scoped-keys.ts";
import { OLDSYNC_SCOPE } from "../../src/oauth/scopes.ts";
import { concatKdf, contentKey, openByHand, otherInfo, sealByHand, sharedSecret } from "./jwe-by-hand.ts";
import { toHex, vectorsOf } from "./vectors.ts";

const recipient = createRecipientKey(systemRandom).privateJwk;
const ephemeral = createRecipientKey(systemRandom).privateJwk;
const oldsync = deriveOldsyncKey(systemRandom(32), 1510726317123, OLDSYNC_SCOPE);
const keys = { [OLDSYNC_SCOPE]: oldsync };
const scopedKey = (name: string) => {
  const scope = `https://identity.mozilla.com/apps/${name}`;
  return deriveScopedKey({
    kB: systemRandom(32),
    uid: systemRandom(16),
    scope,
    identifier: scope,
    keyRotationSecret: new Uint8Array(32),
    keyRotationTimestamp: 1510726317123,
  });
};

describe("published vectors", () => {
  test.each(vectorsOf("keys-jwe"))("$id", async ({ inputs, expected }) => {
    const plaintext = await decryptKeys(inputs.jwe, inputs.recipientPrivateJwk);
    expect(new TextDecoder().decode(plaintext)).toBe(expected.plaintextUtf8);
    const header = JSON.parse(Buffer.from(inputs.jwe.split(".")[0], "base64url").toString());
    const z = sharedSecret(inputs.recipientPrivateJwk, header.epk);
    expect(toHex(contentKey(z, header))).toBe(expected.contentEncryptionKey);
  });

  test("a bundle of Sync's key opens to a map", async () => {
    const { inputs, expected } = vectorsOf("keys-jwe").find(({ id }) => id === "keys-jwe-3")!;
    expect(await openKeys(inputs.jwe, inputs.recipientPrivateJwk)).toEqual(
      JSON.parse(expected.plaintextUtf8),
    );
  });

  test.each(vectorsOf("ecdh-es-concat-kdf"))("$id: the second implementation", ({ inputs, expected }) => {
    const z = sharedSecret(inputs.consumerPrivateJwk, inputs.producerEphemeralPrivateJwk);
    expect(toHex(z)).toBe(expected.z);
    const bits = inputs.keyDataLenBits;
    const info = otherInfo(
      inputs.algorithmId,
      Buffer.from(inputs.apuUtf8),
      Buffer.from(inputs.apvUtf8),
      bits,
    );
    expect(toHex(info)).toBe(expected.otherInfo);
    expect(concatKdf(z, info, bits).toString("base64url")).toBe(expected.derivedKeyB64u);
  });
});

describe("sealing", () => {
  test("the second implementation reads what we seal", async () => {
    const jwe = await sealKeys(publicJwkOf(recipient), keys);
    expect(JSON.parse(openByHand(jwe, recipient))).toEqual(keys);
    const header = JSON.parse(Buffer.from(jwe.split(".")[0]!, "base64url").toString());
    expect(Object.keys(header).sort()).toEqual(["alg", "enc", "epk"]);
    expect(Object.keys(header.epk).sort()).toEqual(["crv", "kty", "x", "y"]);
    expect(jwe.length).toBeLessThan(680);
  });

  test("a fresh ephemeral key each time", async () => {
    const jwes = await Promise.all([sealKeys(recipient, keys), sealKeys(recipient, keys)]);
    expect(jwes[0].split(".")[0]).not.toBe(jwes[1].split(".")[0]);
  });

  test("two keys fit, three are refused", async () => {
    const [a, b] = [scopedKey("notes"), scopedKey("other")];
    const two = await sealKeys(recipient, { ...keys, [a.scope]: a });
    expect(two.length).toBeLessThanOrEqual(MAX_KEYS_JWE_LENGTH);
    expect(await openKeys(two, recipient)).toEqual({ ...keys, [a.scope]: a });
    const three = sealKeys(recipient, { ...keys, [a.scope]: a, [b.scope]: b });
    await expect(three).rejects.toMatchObject({ code: "refused" });
  });
});

describe("opening", () => {
  const plaintext = JSON.stringify(keys);
  const jwe = sealByHand(plaintext, recipient, ephemeral);
  const parts = jwe.split(".");
  const epk = publicJwkOf(ephemeral);
  const replaced = (index: number, part: string) => parts.map((p, i) => (i === index ? part : p)).join(".");
  const withHeader = (header: Record<string, unknown>) => sealByHand(plaintext, recipient, ephemeral, header);
  const b64u = (length: number) => Buffer.alloc(length, 1).toString("base64url");

  test.each([
    ["our own form", jwe],
    ["a kid", withHeader({ kid: "x" })],
    ["apu and apv", withHeader({ apu: "QWxpY2U", apv: "Qm9i" })],
  ])("accepts %s", async (_, good) => {
    expect(await openKeys(good, recipient)).toEqual(keys);
  });

  test.each([
    ["another encryption", { alg: "ECDH-ES", enc: "A128GCM" }],
    ["an older encryption", { alg: "ECDH-ES", enc: "A256CBC-HS512" }],
    ["key wrapping", { alg: "ECDH-ES+A256KW", enc: "A256GCM" }],
    ["compression", { alg: "ECDH-ES", enc: "A256GCM", zip: "DEF" }],
  ])("J5: refuses a bundle that is sound, by %s", async (_, header) => {
    const sound = await new CompactEncrypt(Buffer.from(plaintext))
      .setProtectedHeader(header)
      .encrypt({ ...publicJwkOf(recipient) });
    const opened = await compactDecrypt(sound, { ...recipient });
    expect(Buffer.from(opened.plaintext).toString()).toBe(plaintext);
    await expect(openKeys(sound, recipient)).rejects.toMatchObject({ code: "refused" });
  });

  test.each([
    ["dir", withHeader({ alg: "dir" })],
    ["none", withHeader({ alg: "none" })],
    ["RSA-OAEP", withHeader({ alg: "RSA-OAEP" })],
    ["ECDH-ES with key wrapping", withHeader({ alg: "ECDH-ES+A128KW" })],
    ["A128GCM", withHeader({ enc: "A128GCM" })],
    ["A256CBC-HS512", withHeader({ enc: "A256CBC-HS512" })],
    ["compression", withHeader({ zip: "DEF" })],
    ["crit", withHeader({ crit: ["exp"], exp: 1 })],
    ["an empty crit", withHeader({ crit: [] })],
    ["no epk", withHeader({ epk: undefined })],
    ["an epk off the curve", withHeader({ epk: { ...epk, y: epk.x } })],
    [
      "an epk beyond the field",
      withHeader({ epk: { ...epk, x: Buffer.alloc(32, 255).toString("base64url") } }),
    ],
    ["an epk at infinity", withHeader({ epk: { ...epk, x: b64u(0), y: b64u(0) } })],
    ["a zero epk", withHeader({ epk: { ...epk, x: Buffer.alloc(32).toString("base64url") } })],
    ["an epk on P-384", withHeader({ epk: { ...epk, crv: "P-384" } })],
    ["an epk of 31 bytes", withHeader({ epk: { ...epk, x: b64u(31) } })],
    ["a private epk", withHeader({ epk: ephemeral })],
    ["an OKP epk", withHeader({ epk: { kty: "OKP", crv: "X25519", x: epk.x } })],
    ["four parts", parts.slice(0, 4).join(".")],
    ["six parts", `${jwe}.AAAA`],
    ["an encrypted key", replaced(1, b64u(32))],
    ["an iv of 11 bytes", replaced(2, b64u(11))],
    ["an iv of 16 bytes", replaced(2, b64u(16))],
    [
      "a tag of 12 bytes",
      replaced(4, Buffer.from(parts[4]!, "base64url").subarray(0, 12).toString("base64url")),
    ],
    ["another tag", replaced(4, b64u(16))],
    ["no ciphertext", replaced(3, "")],
    ["padding", `${jwe}==`],
    ["a header that is no JSON", replaced(0, b64u(20))],
    ["another recipient", sealByHand(plaintext, ephemeral, recipient)],
    ["nothing", ""],
    ["too much", `${jwe}${"A".repeat(1024)}`],
    ["plaintext that is no JSON", sealByHand("{", recipient, ephemeral)],
    ["plaintext that is an array", sealByHand("[]", recipient, ephemeral)],
    [
      "a map without scopes in its keys",
      sealByHand('{"a":{"kty":"oct","k":"AA","kid":"1-AA"}}', recipient, ephemeral),
    ],
  ])("refuses %s, always with the same words", async (_, bad) => {
    const reference = await openKeys("", recipient).catch((error: unknown) => error);
    const error = await openKeys(bad, recipient).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "refused", message: (reference as Error).message });
    expect((error as Error).cause).toBeUndefined();
  });

  test("any changed character is refused", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(jwe.length - 1), fc.constantFrom("A", "Q", "_", "."), async (at, character) => {
        if (jwe[at] === character) return;
        const changed = jwe.slice(0, at) + character + jwe.slice(at + 1);
        await expect(openKeys(changed, recipient)).rejects.toMatchObject({ code: "refused" });
      }),
      { numRuns: 200 },
    );
  });
});
