import { readFileSync, readdirSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { systemRandom } from "../../src/lib/random.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("random bytes", () => {
  it("C1: are the system's, one draw for each request", () => {
    const drawn = vi.spyOn(globalThis.crypto, "getRandomValues");
    const bytes = systemRandom(32);
    expect(bytes).toHaveLength(32);
    expect(drawn.mock.results).toEqual([{ type: "return", value: bytes }]);
    expect(systemRandom(32)).not.toEqual(bytes);
  });

  it("C1: come from no generator that can be predicted, in the whole source", () => {
    const root = new URL("../../src/", import.meta.url);
    const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.tsx?$/.test(name),
    );
    expect(files.length).toBeGreaterThan(100);
    const predictable = files.filter((name) =>
      /Math\.random|pseudoRandomBytes/.test(readFileSync(new URL(name, root), "utf8")),
    );
    expect(predictable).toEqual([]);
  });
});
