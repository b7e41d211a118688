/** The store's time as a node knows it, whatever the way there is like. */
import { describe, expect, it } from "vitest";
import { StoreTime } from "../../src/relay/redis/store-time.ts";
import { FakeClock } from "./fake-clock.ts";

/** How far the store's clock is ahead of the node's, in milliseconds. */
const AHEAD = 1_000_000;

/** A node's clock, and a store whose answers to the question for its time are so many milliseconds on their way. */
function subject() {
  const clock = new FakeClock();
  const time = new StoreTime(clock);
  const server = {};
  const ask = (there: number, back: number, ahead = AHEAD): Promise<void> =>
    time.set(server, () => {
      clock.advance(there);
      const answer = clock.now() + ahead;
      clock.advance(back);
      return Promise.resolve(answer);
    });
  /** How wrong the node is. */
  const error = (ahead = AHEAD): number => time.now() - Math.floor(clock.now() + ahead);
  const isDue = (): boolean => time.isDue(server);
  return { clock, time, ask, error, isDue };
}

describe("the store's time", () => {
  it("is known once the store has told it, and due again after a minute", async () => {
    const { clock, time, ask, error, isDue } = subject();
    expect([time.known, isDue()]).toEqual([false, true]);
    await ask(1, 1);
    expect([time.known, isDue(), error()]).toEqual([true, false, 0]);
    clock.advance(60_000);
    expect([isDue(), error()]).toEqual([true, 0]);
  });

  it("is due at once where another server has come to be the one to ask", async () => {
    const { time, ask } = subject();
    await ask(1, 1);
    expect(time.isDue({})).toBe(true);
  });

  it("is not made worse by an answer that the store was long about", async () => {
    const { ask, error } = subject();
    await ask(1, 1);
    await ask(2_900, 1);
    expect(error()).toBe(0);
    await ask(1, 2_900);
    expect(error()).toBe(0);
  });

  it("is set right by the first quick answer after a slow one, and by any that shows it to be wrong", async () => {
    const { ask, error } = subject();
    await ask(2_000, 0);
    expect(error()).toBe(1_000);
    await ask(1, 1);
    expect(error()).toBe(0);
    await ask(1_000, 1_000, AHEAD + 60_000);
    expect(error(AHEAD + 60_000)).toBe(0);
  });

  it("stays what it was if there is no answer, and is due still", async () => {
    const { clock, time, ask, error, isDue } = subject();
    await ask(1, 1);
    clock.advance(60_000);
    await expect(time.set({}, () => Promise.reject(new Error("no answer")))).rejects.toThrow("no answer");
    expect([isDue(), error()]).toEqual([true, 0]);
  });
});
