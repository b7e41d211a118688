/**
 * Stand-ins for the cryptography of TLS that take next to no time, so that runs are spent on what is fuzzed. Neither
 * protects anything.
 */
import type { TlsPrimitives } from "../../../../src/tls/primitives.ts";
import { GCM_TAG_BYTES } from "../../../../src/tls/primitives.ts";

const HASH_BYTES = 32;

/** Everything is zero: whoever knows that can seal any record and finish any handshake. */
export const openPrimitives: TlsPrimitives = {
  sha256: () => ({
    update: () => undefined,
    digest: () => new Uint8Array(HASH_BYTES),
    wipe: () => undefined,
  }),
  hmacSha256: () => ({ mac: () => new Uint8Array(HASH_BYTES), wipe: () => undefined }),
  aes128Gcm: () => ({
    seal: (_nonce, _header, plaintext) => withTag(plaintext, new Uint8Array(GCM_TAG_BYTES)),
    open: (_nonce, _header, sealed) =>
      sealed.subarray(-GCM_TAG_BYTES).every((byte) => byte === 0)
        ? sealed.slice(0, -GCM_TAG_BYTES)
        : undefined,
    wipe: () => undefined,
  }),
};

/** What nobody gets right by chance: each value depends on every bit that goes into it, and on nothing else. */
export const mixedPrimitives: TlsPrimitives = {
  sha256() {
    const mixer = new Mixer();
    return {
      update(bytes) {
        mixer.add(bytes);
      },
      digest: () => mixer.output(HASH_BYTES),
      wipe: () => undefined,
    };
  },
  hmacSha256(key) {
    const keyed = new Mixer().add(key);
    return {
      mac: (message) => keyed.clone().separate().add(message).output(HASH_BYTES),
      wipe() {
        key.fill(0);
      },
    };
  },
  aes128Gcm(key) {
    const keyed = new Mixer().add(key);
    const tag = (nonce: Uint8Array, header: Uint8Array, plaintext: Uint8Array): Uint8Array =>
      keyed.clone().add(nonce).separate().add(header).separate().add(plaintext).output(GCM_TAG_BYTES);
    return {
      seal: (nonce, header, plaintext) => withTag(plaintext, tag(nonce, header, plaintext)),
      open(nonce, header, sealed) {
        const plaintext = sealed.slice(0, -GCM_TAG_BYTES);
        const expected = tag(nonce, header, plaintext);
        return expected.every((byte, at) => byte === sealed[plaintext.length + at]) ? plaintext : undefined;
      },
      wipe() {
        key.fill(0);
      },
    };
  },
};

function withTag(plaintext: Uint8Array, tag: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(plaintext.length + tag.length);
  sealed.set(plaintext);
  sealed.set(tag, plaintext.length);
  return sealed;
}

/** 64 bits of state. */
class Mixer {
  #a: number;
  #b: number;

  constructor(a = 0xdeadbeef, b = 0x41c6ce57) {
    this.#a = a;
    this.#b = b;
  }

  add(bytes: Uint8Array): this {
    let [a, b] = [this.#a, this.#b];
    for (let at = 0, { length } = bytes; at < length; at++) {
      const byte = bytes[at] ?? 0;
      a = Math.imul(a ^ byte, 2_654_435_761);
      b = Math.imul(b ^ byte, 1_597_334_677);
      a ^= b >>> 15;
      b ^= a >>> 13;
    }
    this.#a = a;
    this.#b = b;
    return this;
  }

  /** What comes next is another argument. */
  separate(): this {
    this.#a = Math.imul(this.#a ^ 0x1_0001, 2_246_822_507);
    this.#b = Math.imul(this.#b ^ 0x2_0003, 3_266_489_909);
    return this;
  }

  clone(): Mixer {
    return new Mixer(this.#a, this.#b);
  }

  output(length: number): Uint8Array {
    const output = new Uint8Array(length);
    let [a, b] = [this.#a, this.#b];
    for (let at = 0; at < length; at += 4) {
      a = Math.imul(a ^ (b >>> 16) ^ at, 2_246_822_507);
      b = Math.imul(b ^ (a >>> 13), 3_266_489_909);
      const word = a ^ b;
      output[at] = word;
      output[at + 1] = word >>> 8;
      output[at + 2] = word >>> 16;
      output[at + 3] = word >>> 24;
    }
    return output;
  }
}
