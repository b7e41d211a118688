/** CPace itself, by the vectors of its draft, and what no honest peer sends. */
import { ed25519, ristretto255 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  calculateGenerator,
  calculateShare,
  generatorString,
  intermediateKey,
  sampleScalar,
  verifiedMultiply,
} from "../../src/cpace/cpace.ts";
import { systemRandom } from "../../src/lib/random.ts";

const { sets, points } = JSON.parse(
  readFileSync(new URL("../vectors/cpace.json", import.meta.url), "utf8"),
) as {
  sets: Record<string, string>[];
  points: { valid: { s: string; X: string; result: string }; invalid: string[] };
};

const bytes = (hex = "") => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (array: Uint8Array | undefined) => Buffer.from(array ?? []).toString("hex");
const ORDER = ristretto255.Point.Fn.ORDER;
const FIELD = 2n ** 255n - 19n;
const littleEndian = (number: bigint) => bytes(number.toString(16).padStart(64, "0")).reverse();

describe.each(sets)("the draft's vector with CI $CI", (set) => {
  const input = {
    password: bytes(set.PRS),
    channelIdentifier: bytes(set.CI),
    sessionId: bytes(set.sid),
  };
  const generator = bytes(set.g);

  it("has this generator", () => {
    expect(hex(generatorString(input))).toBe(set.generator_string);
    expect(hex(calculateGenerator(input))).toBe(set.g);
  });

  it.each(["a", "b"])("has these shares: Y%s", (side) => {
    expect(hex(calculateShare(bytes(set[`y${side}`]), generator))).toBe(set[`Y${side}`]);
  });

  it("has this key, on either side", () => {
    expect(hex(verifiedMultiply(bytes(set.ya), bytes(set.Yb)))).toBe(set.K);
    expect(hex(verifiedMultiply(bytes(set.yb), bytes(set.Ya)))).toBe(set.K);
    const run = {
      initiatorShare: bytes(set.Ya),
      initiatorData: bytes(set.ADa),
      responderShare: bytes(set.Yb),
      responderData: bytes(set.ADb),
    };
    expect(hex(intermediateKey(input.sessionId, bytes(set.K), run))).toBe(set.ISK_ir);
  });
});

describe("the generator's text", () => {
  it("counts lengths beyond 127 in two bytes, and pads no password that fills its block", () => {
    const input = { channelIdentifier: bytes("01"), sessionId: bytes("02") };
    const text = generatorString({ ...input, password: new Uint8Array(200).fill(0x61) });
    expect(hex(text.subarray(18, 21))).toBe("c80161");
    expect(hex(text.subarray(220))).toBe("0001010102");
    // Padding brings the first three parts to one block of SHA-512, less the byte that says how much there is.
    for (const length of [1, 17, 35, 107, 108, 109]) {
      const { length: total } = generatorString({ ...input, password: new Uint8Array(length) });
      expect(total).toBe(Math.max(128, 18 + 1 + length + 1) + 4);
    }
  });
});

describe("W4: a share that no honest device sends", () => {
  const scalar = bytes(points.valid.s);
  const valid = bytes(points.valid.X);

  it("is told from one that may be used", () => {
    expect(hex(verifiedMultiply(scalar, valid))).toBe(points.valid.result);
  });

  it.each([
    ["of the draft's: not on the curve", bytes(points.invalid[0])],
    ["of the draft's: the neutral element", bytes(points.invalid[1])],
    ["the field's prime, for zero", littleEndian(FIELD)],
    ["beyond the field's prime", littleEndian(FIELD + 2n)],
    ["a negative number", littleEndian(1n)],
    ["all ones", new Uint8Array(32).fill(0xff)],
    ["with the unused bit set", Uint8Array.from(valid, (byte, index) => (index === 31 ? byte | 0x80 : byte))],
    ["a point of Ed25519 that is none here", ed25519.Point.BASE.toBytes()],
    ["31 bytes", valid.subarray(1)],
    ["33 bytes", Uint8Array.of(...valid, 0)],
    ["nothing", new Uint8Array(0)],
  ])("is refused: %s", (_name, share) => {
    expect(verifiedMultiply(scalar, share)).toBeUndefined();
  });

  it("is refused wherever a canonical encoding is changed into another text of the same point", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (share) => {
        const secret = verifiedMultiply(scalar, share);
        // Of 2^256 texts one in sixteen is a point: what is taken is exactly what encodes back.
        if (secret === undefined) return;
        expect(hex(ristretto255.Point.fromBytes(share).toBytes())).toBe(hex(share));
      }),
    );
  });
});

describe("a scalar", () => {
  const drawing = (...draws: Uint8Array[]) => {
    const left = [...draws];
    return (length: number) => {
      expect(length).toBe(64);
      return left.shift() ?? new Uint8Array(64).fill(1);
    };
  };
  const wide = (number: bigint) => Uint8Array.of(...littleEndian(number), ...new Uint8Array(32));

  it("is the remainder of 64 random bytes, and takes their place", () => {
    const drawn = wide(ORDER + 5n);
    drawn[63] = 0;
    const scalar = sampleScalar(drawing(drawn));
    expect(hex(scalar)).toBe(hex(littleEndian(5n)));
    scalar.fill(0);
    expect(drawn).toEqual(new Uint8Array(64));
  });

  it("is drawn again if it is zero", () => {
    expect(hex(sampleScalar(drawing(wide(0n), wide(ORDER), wide(7n))))).toBe(hex(littleEndian(7n)));
  });

  it("gives both sides the same point", () => {
    const generator = calculateGenerator({
      password: bytes("61"),
      channelIdentifier: bytes("62"),
      sessionId: bytes("63"),
    });
    for (let round = 0; round < 10; round++) {
      const [a, b] = [sampleScalar(systemRandom), sampleScalar(systemRandom)];
      const [ya, yb] = [calculateShare(a, generator), calculateShare(b, generator)];
      expect(hex(ya)).not.toBe(hex(yb));
      expect(hex(verifiedMultiply(a, yb))).toBe(hex(verifiedMultiply(b, ya)));
      expect(hex(verifiedMultiply(a, yb))).toHaveLength(64);
    }
  });
});
