import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { openKeyBundle, sealKeyBundle, unwrapKb } from "../../src/oauth/key-bundle.ts";
import { hkdf } from "../../src/oauth/key-material.ts";
import { codeChallengeOf, createPkcePair, createState } from "../../src/oauth/pkce.ts";
import { bearerHeader, deriveTokenCredentials } from "../../src/oauth/session-token.ts";
import { quickStretchedPassword, quickStretchV1, quickStretchV2 } from "../../src/oauth/stretch.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { fromHex, toHex, vectorsOf } from "./vectors.ts";

describe("HKDF and hashing", () => {
  test.each(vectorsOf("hkdf-sha256"))("$id", ({ inputs, expected }) => {
    const okm = hkdf(fromHex(inputs.ikm), fromHex(inputs.info), inputs.length, fromHex(inputs.salt));
    expect(toHex(okm)).toBe(expected.okm);
  });

  test.each(vectorsOf("sha256-base64url"))("$id", ({ inputs, expected }) => {
    expect(codeChallengeOf(inputs.textUtf8)).toBe(expected.value);
  });
});

describe("password stretching", () => {
  test.each(vectorsOf("onepw-v1-stretch"))("$id", async ({ inputs, expected }) => {
    expect(Buffer.from(inputs.email, "utf8").toString("hex")).toBe(inputs.emailUtf8Hex);
    const raw = await quickStretchedPassword(inputs.password, inputs.saltText, inputs.iterations);
    expect(toHex(raw)).toBe(expected.quickStretchedPW);
    if (expected.authPW === undefined) return;
    const { authPW, unwrapBKey } = await quickStretchV1(inputs.email, inputs.password);
    expect(toHex(authPW)).toBe(expected.authPW);
    expect(toHex(unwrapBKey)).toBe(expected.unwrapBKey);
  });

  test.each(vectorsOf("onepw-v2-stretch"))("$id", async ({ inputs, expected }) => {
    if (expected.quickStretchedPW !== undefined) {
      const raw = await quickStretchedPassword(inputs.password, inputs.clientSalt, inputs.iterations);
      expect(toHex(raw)).toBe(expected.quickStretchedPW);
    }
    if (expected.authPW === undefined) return;
    const { authPW, unwrapBKey } = await quickStretchV2(inputs.clientSalt, inputs.password);
    expect(toHex(authPW)).toBe(expected.authPW);
    expect(toHex(unwrapBKey)).toBe(expected.unwrapBKey);
  });

  test.each(["", "0123", "identity.mozilla.com/picl/v1/quickStretch:a@b.c", `x${"0".repeat(32)}`])(
    "refuses the version 2 salt %j",
    async (salt) => {
      await expect(quickStretchV2(salt, "secret")).rejects.toMatchObject({ code: "refused" });
    },
  );
});

describe("tokens", () => {
  test.each(vectorsOf("token-derive"))("$id", ({ inputs, expected }) => {
    const derived = deriveTokenCredentials(fromHex(inputs.token), inputs.tokenKind);
    expect(toHex(derived.tokenId)).toBe(expected.tokenId);
    if (expected.reqHMACkey !== undefined) expect(toHex(derived.authKey)).toBe(expected.reqHMACkey);
    if (expected.keyRequestKey !== undefined) expect(toHex(derived.bundleKey)).toBe(expected.keyRequestKey);
    expect(bearerHeader(derived.tokenId, inputs.tokenKind)).toBe(expected.authorization);
  });

  test("a token of another length is a bug", () => {
    expect(() => deriveTokenCredentials(new Uint8Array(31), "sessionToken")).toThrow(RangeError);
  });
});

describe("account key bundle", () => {
  test.each(vectorsOf("account-keys-bundle"))("$id", ({ inputs, expected }) => {
    const bundleKey = fromHex(inputs.keyRequestKey);
    const { kA, wrapKb } = openKeyBundle(bundleKey, fromHex(inputs.bundle));
    expect(toHex(kA)).toBe(expected.kA);
    expect(toHex(wrapKb)).toBe(expected.wrapKb);
    if (expected.kB !== undefined) {
      expect(toHex(unwrapKb(wrapKb, fromHex(inputs.unwrapBKey)))).toBe(expected.kB);
    }
    expect(toHex(sealKeyBundle(bundleKey, { kA, wrapKb }))).toBe(inputs.bundle);
  });

  test("any changed byte, and any other length, is refused with one message", () => {
    const bundleKey = systemRandom(32);
    const bundle = sealKeyBundle(bundleKey, { kA: systemRandom(32), wrapKb: systemRandom(32) });
    const messages = new Set<string>();
    const attempt = (candidate: Uint8Array) => {
      try {
        openKeyBundle(bundleKey, candidate);
        messages.add("opened");
      } catch (error) {
        messages.add((error as Error).message);
      }
    };
    for (let i = 0; i < bundle.length; i++) attempt(bundle.map((byte, at) => (at === i ? byte ^ 1 : byte)));
    attempt(bundle.subarray(0, 95));
    attempt(new Uint8Array([...bundle, 0]));
    attempt(new Uint8Array(0));
    expect([...messages]).toEqual([expect.stringContaining("tampered")]);
  });
});

describe("PKCE and state", () => {
  test.each(vectorsOf("pkce-s256"))("$id", ({ inputs, expected }) => {
    const pkce = createPkcePair(() => fromHex(inputs.randomOctets));
    expect(pkce).toEqual({ verifier: inputs.codeVerifier, challenge: expected.codeChallenge });
  });

  test("J4: the verifier has 43 characters, which are 32 bytes as they were drawn", () => {
    const drawn: number[] = [];
    const { verifier } = createPkcePair((length) => {
      drawn.push(length);
      return systemRandom(length);
    });
    expect(verifier).toMatch(/^[\w-]{43}$/);
    expect(drawn).toEqual([32]);
  });

  test("each draw is fresh", () => {
    expect(createPkcePair(systemRandom).verifier).not.toBe(createPkcePair(systemRandom).verifier);
    expect(createState(systemRandom)).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });
});

test("the challenge is SHA-256 of the verifier's ASCII bytes", () => {
  expect(codeChallengeOf("abc")).toBe(createHash("sha256").update("abc").digest("base64url"));
});
