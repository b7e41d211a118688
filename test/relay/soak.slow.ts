import { describe, expect, it } from "vitest";
import { soak } from "./soak.ts";

describe("R7: after 100 000 pairings and 10 000 half-open connections", () => {
  it("every map is empty, and the heap is as it was", { timeout: 1_200_000 }, async () => {
    const { before, after } = await soak(100_000, 10_000);
    console.log(`heap: ${before.held} bytes before, ${after.held} after`);
    expect(after.stats).toEqual({ channels: 0, connections: 0, remembered: 0, heartbeats: 0 });
    expect(after.objects).toEqual([0, 0]);
    expect(after.held).toBeLessThan(before.held * 1.1);
  });
});
