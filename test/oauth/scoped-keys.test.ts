import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { selectReceivedKeys } from "../../src/oauth/received-keys.ts";
import type { ScopedKey } from "../../src/oauth/scoped-keys.ts";
import {
  deriveOldsyncKey,
  deriveScopedKey,
  isCurrentKey,
  parseKid,
  parseScopedKeys,
} from "../../src/oauth/scoped-keys.ts";
import { OLDSYNC_SCOPE } from "../../src/oauth/scopes.ts";
import { decodeBase64url, encodeBase64url } from "../../src/lib/base64url.ts";
import { fromHex, toHex, vectorsOf } from "./vectors.ts";

const NOTES = "https://identity.mozilla.com/apps/notes";

describe("derivation", () => {
  test.each(vectorsOf("scoped-key"))("$id", ({ inputs, expected }) => {
    const key = deriveScopedKey({
      kB: fromHex(inputs.kB),
      uid: fromHex(inputs.uid),
      scope: inputs.identifier,
      identifier: inputs.identifier,
      keyRotationSecret: fromHex(inputs.keyRotationSecret),
      keyRotationTimestamp: inputs.keyRotationTimestamp,
    });
    expect(key).toEqual({ kty: "oct", kid: expected.kid, k: expected.k, scope: inputs.identifier });
    expect(isCurrentKey(key, inputs.keyRotationTimestamp)).toBe(true);
    expect(isCurrentKey(key, Number(inputs.keyRotationTimestamp) + 1000)).toBe(false);
  });

  test.each(vectorsOf("oldsync-key"))("$id", ({ inputs, expected }) => {
    const key = deriveOldsyncKey(fromHex(inputs.kB), inputs.keyRotationTimestamp, inputs.identifier);
    expect(key).toEqual({ kty: "oct", kid: expected.kid, k: expected.k, scope: inputs.identifier });
    expect(isCurrentKey(key, inputs.keyRotationTimestamp)).toBe(true);
    expect(isCurrentKey(key, Number(inputs.keyRotationTimestamp) + 1)).toBe(false);
    const general = deriveScopedKey({
      kB: fromHex(inputs.kB),
      uid: new Uint8Array(16),
      scope: inputs.identifier,
      identifier: inputs.identifier,
      keyRotationSecret: new Uint8Array(32),
      keyRotationTimestamp: inputs.keyRotationTimestamp,
    });
    expect(general).toEqual(key);
  });

  test.each(vectorsOf("oldsync-legacy-form"))("$id", ({ inputs, expected }) => {
    const key = deriveOldsyncKey(fromHex(inputs.kB), 1510726317123, OLDSYNC_SCOPE);
    expect(toHex(decodeBase64url(key.k)!)).toBe(expected.kSync);
    expect(toHex(parseKid(key.kid)!.fingerprint)).toBe(expected.kXCS);
  });

  const inputs = {
    kB: new Uint8Array(32),
    uid: new Uint8Array(16),
    scope: NOTES,
    identifier: NOTES,
    keyRotationSecret: new Uint8Array(32),
    keyRotationTimestamp: 1510726317000,
  };
  test.each([
    { kB: new Uint8Array(31) },
    { uid: new Uint8Array(17) },
    { keyRotationSecret: new Uint8Array(33) },
    { identifier: "short" },
    { keyRotationTimestamp: 1510726317 },
    { keyRotationTimestamp: 1510726317000.5 },
  ])("rejects inputs of a wrong size: %o", (wrong) => {
    expect(() => deriveScopedKey({ ...inputs, ...wrong })).toThrow(RangeError);
  });
});

describe("structure of a received map", () => {
  test.each(vectorsOf("scoped-keys-map-validity"))("$id", ({ inputs, expected }) => {
    expect(parseScopedKeys(inputs.scopedKeys) !== undefined).toBe(expected.valid);
  });

  test("kid takes apart at its first dash, and never throws", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), fc.uint8Array({ minLength: 1, maxLength: 20 }), (time, bytes) => {
        const kid = `${time}-${encodeBase64url(bytes)}`;
        expect(parseKid(kid)).toEqual({ timestamp: time, fingerprint: bytes });
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseKid(text);
      }),
    );
    expect(parseKid("0-AAAA")).toBeUndefined();
  });

  test("anything else is not a map of keys", () => {
    fc.assert(fc.property(fc.anything(), (value) => parseScopedKeys({ s: value }) === undefined));
    for (const value of [null, "x", 3, undefined]) expect(parseScopedKeys(value)).toBeUndefined();
  });
});

describe("keys a new device accepts", () => {
  const oldsync = deriveOldsyncKey(new Uint8Array(32).fill(7), 1510726317123, OLDSYNC_SCOPE);
  const notes: ScopedKey = {
    kty: "oct",
    kid: "1510726317-IqQv4onc7VcVE1kTQkyyOw",
    k: encodeBase64url(new Uint8Array(32).fill(1)),
    scope: NOTES,
  };
  const both = { [OLDSYNC_SCOPE]: oldsync, [NOTES]: notes };
  const asked = ["profile", OLDSYNC_SCOPE, NOTES];

  test("all asked and granted: all kept", () => {
    expect(selectReceivedKeys(both, asked, asked)).toEqual({ keys: both });
  });
  test("asked but not granted: dropped", () => {
    const answer = selectReceivedKeys(both, asked, ["profile", OLDSYNC_SCOPE]);
    expect(answer).toEqual({ keys: { [OLDSYNC_SCOPE]: oldsync } });
  });
  test("never asked: refused", () => {
    expect(selectReceivedKeys(both, ["profile", OLDSYNC_SCOPE], asked)).toHaveProperty("problem");
  });
  test("granted without a key: refused", () => {
    expect(selectReceivedKeys({}, asked, ["profile", OLDSYNC_SCOPE])).toHaveProperty("problem");
  });
  test.each([
    ["63 bytes for Sync", { [OLDSYNC_SCOPE]: { ...oldsync, k: encodeBase64url(new Uint8Array(63)) } }],
    ["32 bytes for Sync", { [OLDSYNC_SCOPE]: { ...oldsync, k: encodeBase64url(new Uint8Array(32)) } }],
    ["64 bytes for notes", { [NOTES]: { ...notes, k: encodeBase64url(new Uint8Array(64)) } }],
    ["a short fingerprint", { [OLDSYNC_SCOPE]: { ...oldsync, kid: "1510726317123-IqQv" } }],
  ])("%s: refused", (_, keys) => {
    expect(selectReceivedKeys({ ...both, ...keys }, asked, asked)).toHaveProperty("problem");
  });
});
