/** What becomes of the one that stays. */
import { describe, expect, it } from "vitest";
import { ENDINGS } from "../../../src/relay/endings.ts";
import { REFUSALS } from "../../../src/relay/refusals.ts";
import type { BackplaneSubject } from "./world.ts";
import { freshWorld } from "./world.ts";

export function peerLeftContract(subject: BackplaneSubject): void {
  describe("R10: the one that stays", () => {
    const world = freshWorld(subject);

    it("is sent away not sooner than 2 and not later than 5 seconds after the other's leaving", async () => {
      const [first, second] = await world().pair();
      await first.leaves();
      await world().passes(2_000);
      expect(second.heard).toEqual([]);
      await world().passes(2_500);
      expect(second.heard).toEqual([ENDINGS.peerLeft]);
      expect(first.heard).toEqual([]);
      expect(world().observer.summaries).toMatchObject([{ ending: ENDINGS.peerLeft, duration: 4_500 }]);
    });

    it("is sent away as long after the window of a lost one is over", async () => {
      const [first, second] = await world().pair();
      await second.isLost();
      await world().passes(60_250);
      await world().passes(1_750);
      expect(first.heard).toEqual([]);
      await world().passes(2_750);
      expect(first.heard).toEqual([ENDINGS.peerLeft]);
    });

    it("is not sent away when the lost one comes back in time", async () => {
      const [first, second] = await world().pair();
      await second.isLost();
      await world().passes(59_000);
      const again = await world().resume(second);
      await world().passes(100_000);
      await again.says(["hello"]);
      expect([first.heard, again.heard]).toEqual([["hello"], []]);
    });

    it("is never sent away if it has always been alone", async () => {
      const first = await world().open();
      await world().passes(290_000);
      expect(first.heard).toEqual([]);
    });

    it("finds its messages, then the close, if it was away when the other left", async () => {
      const [first, second] = await world().pair();
      await second.isLost();
      await first.says(["last words"]);
      await first.leaves();
      await world().passes(30_000);
      expect(world().observer.summaries).toEqual([]);
      const again = await world().resume(second);
      await world().passes(250);
      expect(again.heard).toEqual(["last words", ENDINGS.peerLeft]);
    });

    it.each([true, false])(
      "finds its messages even if time passes before it attaches (lost: %s)",
      async (lost) => {
        const [first, second] = await world().pair();
        if (lost) await second.isLost();
        await first.says(["last words"]);
        await first.leaves();
        await world().passes(2_000);
        const again = await world().admitAgain(second, { received: 0 });
        await world().passes(5_000);
        await again.attach();
        expect(again.heard).toEqual(["last words"]);
        await world().passes(250);
        expect(again.heard).toEqual(["last words", ENDINGS.peerLeft]);
      },
    );

    it("is not sent away sooner for having been away", async () => {
      const [first, second] = await world().pair();
      await first.leaves();
      await world().passes(500);
      await second.isLost();
      await world().passes(500);
      const again = await world().resume(second);
      await world().passes(1_000);
      expect(again.heard).toEqual([]);
      await world().passes(2_500);
      expect(again.heard).toEqual([ENDINGS.peerLeft]);
    });

    it("is told nothing if it stays away: the channel ends with its window", async () => {
      const [first, second] = await world().pair();
      await second.isLost();
      await world().passes(10_000);
      await first.leaves();
      await world().passes(49_000);
      expect(world().observer.summaries).toEqual([]);
      await world().passes(1_250);
      expect(world().observer.summaries).toMatchObject([{ ending: ENDINGS.everyoneLeft }]);
      expect(await world().asksToResume(first.id, second.token)).toEqual(REFUSALS.ended);
      expect([first.heard, second.heard]).toEqual([[], []]);
    });

    it("may be nobody: of two that stay away the channel ends with the last window", async () => {
      const [first, second] = await world().pair();
      await first.isLost();
      await world().passes(10_000);
      await second.isLost();
      await world().passes(50_250);
      expect(world().observer.summaries).toEqual([]);
      await world().passes(10_000);
      expect(world().observer.summaries).toMatchObject([{ ending: ENDINGS.everyoneLeft }]);
      expect(await world().asksToJoin(first.id)).toEqual(REFUSALS.ended);
    });

    it("may be nobody, which whoever asks for a seat can be the first to notice", async () => {
      await world().start({ lifespan: Infinity });
      const first = await world().open();
      await first.isLost();
      world().clock.advance(60_000);
      for (let count = 0; count < 2; count++) {
        expect(await world().asksToJoin(first.id)).toEqual(REFUSALS.ended);
        expect(await world().asksToResume(first.id, first.token)).toEqual(REFUSALS.ended);
      }
      await world().passes(250);
      expect(world().observer.summaries).toMatchObject([{ ending: ENDINGS.everyoneLeft }]);
      expect(world().here.channels).toBe(0);
    });

    it("of three is the last of them", async () => {
      await world().start({ seats: 3 });
      const [first, second] = await world().pair();
      const third = await world().join(first.id);
      await first.leaves();
      await world().passes(10_000);
      expect([second.heard, third.heard]).toEqual([[], []]);
      await second.leaves();
      await world().passes(4_500);
      expect(third.heard).toEqual([ENDINGS.peerLeft]);
    });
  });
}
