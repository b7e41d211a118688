import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeadlineWheel, SLOT, UNSCHEDULED } from "../../src/relay/deadline-wheel.ts";

/** Milliseconds with a fraction. */
const quarters = (max: number) => fc.nat(max * 4).map((count) => count / 4);
const thing = (name: string) => ({ name, wheelSlot: UNSCHEDULED });

describe("DeadlineWheel", () => {
  it("gives a thing once, not before its deadline and at most a slot after it", () => {
    fc.assert(
      fc.property(
        fc.array(quarters(100_000), { maxLength: 30 }),
        fc.array(quarters(3_000), { minLength: 1, maxLength: 40 }),
        (deadlines, steps) => {
          const wheel = new DeadlineWheel<{ at: number; wheelSlot: number }>();
          const waiting = new Set(deadlines.map((at) => ({ at, wheelSlot: UNSCHEDULED })));
          for (const each of waiting) wheel.schedule(each, each.at);
          let now = 0;
          for (const step of [...steps, 200_000]) {
            now += step;
            for (const each of wheel.take(now)) {
              expect(waiting.delete(each)).toBe(true);
              expect(each.at).toBeLessThanOrEqual(now);
            }
            for (const each of waiting) expect(each.at).toBeGreaterThan(now - SLOT);
            expect(wheel.size).toBe(waiting.size);
          }
          expect(waiting.size).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("gives earlier deadlines first, also after a long pause", () => {
    const wheel = new DeadlineWheel<ReturnType<typeof thing>>();
    wheel.schedule(thing("late"), 900_000);
    wheel.schedule(thing("early"), 1_000);
    expect(wheel.take(1e9).map(({ name }) => name)).toEqual(["early", "late"]);
  });

  it("moves a deadline that is set again", () => {
    const wheel = new DeadlineWheel<ReturnType<typeof thing>>();
    const moved = thing("moved");
    wheel.schedule(moved, 1_000);
    wheel.schedule(moved, 5_000);
    expect(wheel.size).toBe(1);
    expect(wheel.take(4_999)).toEqual([]);
    expect(wheel.take(5_000)).toEqual([moved]);
  });

  it("takes a deadline that has already passed next time", () => {
    const wheel = new DeadlineWheel<ReturnType<typeof thing>>();
    wheel.take(10_000);
    wheel.schedule(thing("past"), 3_000);
    expect(wheel.take(10_000 + SLOT)).toHaveLength(1);
  });

  it("forgets what is cancelled or waits for ever", () => {
    const wheel = new DeadlineWheel<ReturnType<typeof thing>>();
    const cancelled = thing("cancelled");
    wheel.schedule(cancelled, 1_000);
    wheel.cancel(cancelled);
    wheel.cancel(cancelled);
    wheel.schedule(thing("for ever"), Infinity);
    expect(wheel.size).toBe(0);
    expect(wheel.take(1e9)).toEqual([]);
  });
});
