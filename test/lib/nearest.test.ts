import { describe, expect, it } from "vitest";
import { nearest } from "../../src/lib/nearest.ts";

describe("nearest", () => {
  const names = ["max-data", "max-message", "max-exchanges", "heartbeat", "host"];

  it.each([
    ["max-exchange", "max-exchanges"],
    ["max-dtaa", "max-data"],
    ["heart-beat", "heartbeat"],
    ["hoost", "host"],
    ["hsot", "host"],
    ["ohst", "host"],
    ["host", "host"],
    ["max-mesage", "max-message"],
  ])("takes %s for %s", (name, meant) => {
    expect(nearest(name, names)).toBe(meant);
  });

  it.each(["ghost-writer", "", "port", "x".repeat(1_000_000)])("knows nothing close to %.12s", (name) => {
    expect(nearest(name, names)).toBeUndefined();
  });

  it("prefers the closer one, and the earlier of equals", () => {
    expect(nearest("abcd-efgh1", ["abcd-efgh", "abcd-efgh1x", "abcd-efgh12"])).toBe("abcd-efgh");
    expect(nearest("abcdefgX", ["abcdefgY", "abcdefgX"])).toBe("abcdefgX");
  });
});
