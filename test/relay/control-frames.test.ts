import { describe, expect, it } from "vitest";
import { CONTROL_PERIOD, ControlFrames, MOST_CONTROL_FRAMES } from "../../src/relay/control-frames.ts";

/** How many of the peer's pings or pongs pass, of a thousand at a time. */
function passed(frames: ControlFrames, kind: "ping" | "pong", now: number): number {
  const isTooMany = (): boolean => (kind === "ping" ? frames.isPingTooMany(now) : frames.isPongTooMany(now));
  return Array.from({ length: 1_000 }, isTooMany).filter((tooMany) => !tooMany).length;
}

describe("R4: pings and pongs of one peer", () => {
  it.each(["ping", "pong"] as const)(
    "of which each is a %s are so many in a period, and as many in the next",
    (kind) => {
      const frames = new ControlFrames();
      expect(passed(frames, kind, 1_000)).toBe(MOST_CONTROL_FRAMES);
      expect(passed(frames, kind, 1_000 + CONTROL_PERIOD - 1)).toBe(0);
      expect(passed(frames, kind, 1_000 + CONTROL_PERIOD)).toBe(MOST_CONTROL_FRAMES);
    },
  );

  it("are counted together", () => {
    const frames = new ControlFrames();
    frames.isPingTooMany(0);
    expect(passed(frames, "pong", 0)).toBe(MOST_CONTROL_FRAMES - 1);
  });

  it("are not counted as far as they answer the relay's, however late all at once", () => {
    const frames = new ControlFrames();
    for (let count = 0; count < 100; count++) frames.asked();
    expect(passed(frames, "pong", 0)).toBe(100 + MOST_CONTROL_FRAMES);
    expect(passed(frames, "ping", 0)).toBe(0);
  });
});
