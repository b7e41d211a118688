import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hex, IMPLEMENTATIONS, toHex, utf8 } from "./helpers.ts";

const [NOBLE, NODE] = IMPLEMENTATIONS.map(({ primitives }) => primitives);

describe.each(IMPLEMENTATIONS)("$name", ({ primitives }) => {
  it("hashes as it goes along (FIPS 180-4 example)", () => {
    const state = primitives.sha256();
    expect(toHex(state.digest())).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    state.update(utf8("a"));
    state.digest();
    state.update(utf8("bc"));
    expect(toHex(state.digest())).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  it("makes MACs (RFC 4231, test case 2), more than one under a key", () => {
    const keyed = primitives.hmacSha256(utf8("Jefe"));
    for (let i = 0; i < 2; i++) {
      expect(toHex(keyed.mac(utf8("what do ya want for nothing?")))).toBe(
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      );
    }
  });

  // McGrew and Viega's GCM specification, test case 4.
  it("seals and opens", () => {
    const aead = primitives.aes128Gcm(hex("feffe9928665731c6d6a8f9467308308"));
    const nonce = hex("cafebabefacedbaddecaf888");
    const additionalData = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const plaintext = hex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    );
    const sealed = aead.seal(nonce, additionalData, plaintext);
    expect(toHex(sealed)).toBe(
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47",
    );
    expect(aead.open(nonce, additionalData, sealed)).toEqual(plaintext);
    sealed[0]! ^= 1;
    expect(aead.open(nonce, additionalData, sealed)).toBeUndefined();
    expect(aead.open(nonce, additionalData, new Uint8Array(16))).toBeUndefined();
  });

  it("returns plain arrays, whose slices are copies", () => {
    const aead = primitives.aes128Gcm(new Uint8Array(16));
    const nonce = new Uint8Array(12);
    const sealed = aead.seal(nonce, nonce, utf8("x"));
    const results = [sealed, aead.open(nonce, nonce, sealed), primitives.sha256().digest()];
    for (const bytes of [...results, primitives.hmacSha256(utf8("k")).mac(nonce)]) {
      expect(bytes?.constructor).toBe(Uint8Array);
    }
  });

  it("overwrites keys", () => {
    const mac = utf8("a key for MACs");
    const aead = new Uint8Array(16).fill(7);
    primitives.hmacSha256(mac).wipe();
    primitives.aes128Gcm(aead).wipe();
    expect(toHex(mac) + toHex(aead)).toMatch(/^0+$/);
  });
});

it("both implementations agree on everything", () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(
      bytes(16),
      bytes(12),
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 200 }),
      (key, nonce, additionalData, message) => {
        const [one, other] = [NOBLE!, NODE!].map((primitives) => ({
          sealed: toHex(primitives.aes128Gcm(new Uint8Array(key)).seal(nonce, additionalData, message)),
          mac: toHex(primitives.hmacSha256(new Uint8Array(key)).mac(message)),
        }));
        expect(one).toEqual(other);
        const sealed = hex(one!.sealed);
        for (const primitives of [NOBLE!, NODE!]) {
          expect(primitives.aes128Gcm(new Uint8Array(key)).open(nonce, additionalData, sealed)).toEqual(
            message,
          );
        }
      },
    ),
    { numRuns: 40 },
  );
});
