import { describe, expect, it } from "vitest";
import { within } from "../../src/lib/within.ts";
import { FakeClock } from "../relay/support.ts";

const never = new Promise<string>(() => undefined);

describe("within a time", () => {
  it("is what the promise gives, and no timer is left", async () => {
    const clock = new FakeClock();
    await expect(within(clock, 10, Promise.resolve("here"), () => "late")).resolves.toBe("here");
    await expect(within(clock, 10, Promise.reject(new Error("broken")), () => "late")).rejects.toThrow(
      "broken",
    );
    expect(clock.pending).toBe(0);
  });

  it("is what is said of a late one, and not a moment sooner", async () => {
    const clock = new FakeClock();
    const said: string[] = [];
    const waiting = within<unknown>(clock, 10, never, () => said.push("late"));
    clock.advance(9);
    await Promise.resolve();
    expect(said).toEqual([]);
    clock.advance(1);
    expect(await waiting).toBe(1);
  });

  it("fails as a late one is said to fail", async () => {
    const clock = new FakeClock();
    const waiting = within(clock, 10, never, () => {
      throw new Error("too late");
    });
    clock.advance(10);
    await expect(waiting).rejects.toThrow("too late");
  });

  it("ends once: what comes after it is nobody's concern", async () => {
    const clock = new FakeClock();
    let fail: (error: Error) => void = () => undefined;
    const slow = new Promise<string>((_resolve, reject) => {
      fail = reject;
    });
    const waiting = within(clock, 10, slow, () => "late");
    clock.advance(10);
    expect(await waiting).toBe("late");
    fail(new Error("nobody listens"));
    await new Promise(setImmediate);
  });
});
