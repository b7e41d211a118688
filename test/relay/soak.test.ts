import { describe, expect, it } from "vitest";
import { soak } from "./soak.ts";

describe("R7: after 1 000 pairings and 300 half-open connections", () => {
  it("every map is empty, and the heap is as it was", async () => {
    const { before, after } = await soak(1_000, 300);
    expect(after.stats).toEqual({ channels: 0, connections: 0, remembered: 0, heartbeats: 0 });
    expect(after.objects).toEqual([0, 0]);
    expect(after.held).toBeLessThan(before.held * 1.1);
  });
});
