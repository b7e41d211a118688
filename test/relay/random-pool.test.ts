import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pooledRandom } from "../../src/relay/random-pool.ts";

describe("pooledRandom", () => {
  it("gives each byte of its source once, whatever lengths are asked for", () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 1_300 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(lengths, (words) => {
        let counter = 0;
        // Every four bytes are the next number.
        const random = pooledRandom((length) => {
          const numbers = Uint32Array.from({ length: length / 4 }, () => ++counter);
          return new Uint8Array(numbers.buffer);
        });
        const drawn = words.map((count) => [...new Uint32Array(random(count * 4).buffer)]);
        expect(drawn.map(({ length }) => length)).toEqual(words);
        const all = drawn.flat();
        expect(all.includes(0)).toBe(false);
        expect(new Set(all).size).toBe(all.length);
      }),
      { numRuns: 100 },
    );
  });

  it("asks its source seldom", () => {
    let calls = 0;
    const random = pooledRandom((length) => {
      calls++;
      return new Uint8Array(length);
    });
    for (let count = 0; count < 512; count++) random(16);
    expect(calls).toBe(2);
  });

  it("leaves no used byte in the pool", () => {
    const pools: Uint8Array[] = [];
    const random = pooledRandom((length) => {
      const pool = new Uint8Array(length).fill(7);
      pools.push(pool);
      return pool;
    });
    expect([...random(16)]).toEqual(Array.from({ length: 16 }, () => 7));
    expect(pools[0]?.findIndex((byte) => byte !== 0)).toBe(16);
  });
});
