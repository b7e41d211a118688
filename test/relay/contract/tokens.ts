/** The tokens that take a seat again: for their seat alone, and once. */
import { describe, expect, it } from "vitest";
import { ENDINGS } from "../../../src/relay/endings.ts";
import { REFUSALS } from "../../../src/relay/refusals.ts";
import type { BackplaneSubject } from "./world.ts";
import { fresh, freshWorld } from "./world.ts";

export function tokenContract(subject: BackplaneSubject): void {
  describe("a resume token", () => {
    const world = freshWorld(subject);

    it("is for its own seat", async () => {
      const [first, second] = await world().pair();
      const [one, two] = [await world().resume(second), await world().resume(first)];
      expect([one.admission.seat, two.admission.seat]).toEqual([1, 0]);
      await one.says(["hello"]);
      expect(two.heard).toEqual(["hello"]);
    });

    it("R2: that is wrong is 403 and changes nothing", async () => {
      const [first, second] = await world().pair();
      const other = await world().open();
      await second.isLost();
      const wrong = [
        ...["", fresh(), other.token, "x".repeat(10_000), `${second.token}=`, second.token.slice(0, 21)],
        ...[second.token.toLowerCase(), "\u0000", "é".repeat(11), first.id],
      ];
      for (const token of wrong) {
        expect(await world().asksToResume(first.id, token)).toEqual(REFUSALS.wrongToken);
      }
      await first.says(["still here"]);
      const again = await world().resume(second);
      expect([again.admission.connection, again.heard]).toEqual([1, ["still here"]]);
      expect(first.heard).toEqual([]);
    });

    it("R12: is good again until the connection it opened has shown life, then dead", async () => {
      const [first, second] = await world().pair();
      await second.isLost();
      const again = await world().resume(second);
      await again.isLost();
      const onceMore = await world().resume(second);
      expect(onceMore.admission).toMatchObject({ seat: 1, connection: 2 });
      expect(await world().asksToResume(first.id, again.token)).toEqual(REFUSALS.wrongToken);
      await onceMore.isAlive();
      expect(await world().asksToResume(first.id, second.token)).toEqual(REFUSALS.wrongToken);
      expect((await world().resume(onceMore)).admission.connection).toBe(3);
    });

    it("is the one of the latest first message as well, life shown or not", async () => {
      const [first, second] = await world().pair();
      const again = await world().resume(second);
      const third = await world().resume(again);
      expect(third.admission.connection).toBe(2);
      expect(await world().asksToResume(first.id, second.token)).toEqual(REFUSALS.wrongToken);
      expect((await world().resume(again)).admission.connection).toBe(3);
    });

    it("is not spent by the life of a connection that was replaced", async () => {
      const [, second] = await world().pair();
      const again = await world().resume(second);
      const third = await world().resume(again);
      await again.isAlive();
      await third.isLost();
      expect((await world().resume(again)).admission.connection).toBe(3);
    });

    it("R2: is dead once its owner has left, or the window is over", async () => {
      const [first, second] = await world().pair();
      await second.leaves();
      expect(await world().asksToResume(first.id, second.token)).toEqual(REFUSALS.wrongToken);
      const [third, fourth] = await world().pair();
      await fourth.isLost();
      world().clock.advance(60_000);
      expect(await world().asksToResume(third.id, fourth.token)).toEqual(REFUSALS.wrongToken);
    });

    it("R2: is worth nothing for a channel that has ended or never was", async () => {
      const [first, second] = await world().pair();
      await first.endsAll(ENDINGS.binary);
      expect(await world().asksToResume(first.id, second.token)).toEqual(REFUSALS.ended);
      expect(await world().asksToResume(fresh(), second.token)).toEqual(REFUSALS.unknown);
    });
  });
}
