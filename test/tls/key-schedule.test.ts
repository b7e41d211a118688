import { describe, expect, it } from "vitest";
import { EarlySecret, expandInput, Secret } from "../../src/tls/key-schedule.ts";
import type { TlsPrimitives } from "../../src/tls/primitives.ts";
import { concat, hex, IMPLEMENTATIONS, toHex, vector } from "./helpers.ts";

describe.each(IMPLEMENTATIONS)("the key schedule on $name", ({ primitives }) => {
  const hash = (...parts: Uint8Array[]): Uint8Array => {
    const state = primitives.sha256();
    state.update(concat(...parts));
    return state.digest();
  };

  it("derives the recorded secrets", () => {
    const keys: string[] = [];
    const noting: TlsPrimitives = {
      ...primitives,
      hmacSha256(key) {
        keys.push(toHex(key));
        return primitives.hmacSha256(key);
      },
    };
    const early = EarlySecret.fromPsk(noting, vector("PSK"));
    early.binder(hash());
    const plaintext = vector("KEYS_PLAINTEXT_TRANSCRIPT");
    const handshake = early.intoHandshake(hash(plaintext));
    handshake.intoApplication(hash(plaintext, vector("KEYS_ENCRYPTED_TRANSCRIPT")));
    for (const name of [
      "KEYS_EXT_BINDER",
      "KEYS_CLIENT_HANDSHAKE_TRAFFIC_SECRET",
      "KEYS_SERVER_HANDSHAKE_TRAFFIC_SECRET",
      "KEYS_CLIENT_APPLICATION_TRAFFIC_SECRET_0",
      "KEYS_SERVER_APPLICATION_TRAFFIC_SECRET_0",
    ]) {
      expect(keys, name).toContain(toHex(vector(name)));
    }
  });

  // RFC 8448 §3, "{server} derive write traffic keys for handshake data" and "{server} calculate finished".
  it("expands traffic keys as RFC 8448 §3 does", () => {
    const secret = new Secret(
      primitives,
      hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"),
    );
    const keys = secret.recordKeys();
    expect(toHex(keys.key)).toBe("3fce516009c21727d0f2e4e86ee403bc");
    expect(toHex(keys.iv)).toBe("5d313eb2671276ee13000b30");
    expect(toHex(secret.mac(expandInput(32, "finished", new Uint8Array(0))))).toBe(
      "008d3b66f816ea559f96b537e885c31fc068bf492c652f01f288a1d8cdc19fc8",
    );
  });

  // RFC 8448 §3: early secret without a key, and the salt of the next stage.
  it("extracts as RFC 8448 §3 does", () => {
    const salt = new Secret(primitives, new Uint8Array(32));
    const derived = expandInput(32, "derived", hash());
    expect(toHex(salt.mac(new Uint8Array(32)))).toBe(
      "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a",
    );
    expect(toHex(salt.extract(new Uint8Array(32)).mac(derived))).toBe(
      "6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba",
    );
  });

  // RFC 8448 §4: the binder of the resumption key; only its label differs from an external key's.
  it("makes binders as RFC 8448 §4 does", () => {
    const psk = hex("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3");
    const early = new Secret(primitives, new Uint8Array(32)).extract(psk);
    const binderKey = early.derive(expandInput(32, "res binder", hash()));
    const binderHash = hex("63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14");
    expect(toHex(binderKey.verifyData(binderHash))).toBe(
      "3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d",
    );
  });
});
