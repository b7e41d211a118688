/** Seats that are lost and taken again: nothing lost, nothing doubled. */
import { describe, expect, it } from "vitest";
import { ENDINGS } from "../../../src/relay/endings.ts";
import { REFUSALS } from "../../../src/relay/refusals.ts";
import type { BackplaneSubject } from "./world.ts";
import { fresh, freshWorld } from "./world.ts";

export function resumeContract(subject: BackplaneSubject): void {
  describe("a lost seat", () => {
    const world = freshWorld(subject);

    it("R2: is kept: the other notices nothing, and nobody else gets it", async () => {
      const [first, second] = await world().pair();
      await second.isLost();
      await world().passes(59_000);
      expect(first.heard).toEqual([]);
      expect(await world().asksToJoin(first.id)).toEqual(REFUSALS.full);
      expect(world().observer.summaries).toEqual([]);
    });

    it("is taken again by its owner, as its next connection with a fresh token", async () => {
      const [first, second] = await world().pair();
      await second.says(["1", "2"]);
      await second.isLost();
      world().clock.advance(10_000);
      const again = await world().resume(second);
      expect(again.admission).toEqual({
        ...{ id: first.id, seat: 1, connection: 1, seen: 2, expiresIn: 290_000 },
        ...{ resume: again.token, nameplate: undefined },
      });
      expect([first.token, second.token]).not.toContain(again.token);
      await again.says(["3"]);
      await first.says(["4"]);
      expect(first.heard).toEqual(["1", "2", "3"]);
      expect(again.heard).toEqual(["4"]);
      expect(second.heard).toEqual([]);
    });

    it("R12: gets what came meanwhile, in order, and nothing twice", async () => {
      const [first, second] = await world().pair();
      await first.says(["before"]);
      await second.says(["own"]);
      await second.isLost();
      await first.says(["while", "away"]);
      const again = await world().resume(second, { node: world().there });
      await first.says(["after"]);
      expect(again.heard).toEqual(["while", "away", "after"]);
    });

    it.each([
      [0, ["1", "2", "3", "4"]],
      [1, ["2", "3", "4"]],
      [4, []],
    ])("R12: gets what follows the %i messages it has received", async (received, missed) => {
      const [first, second] = await world().pair();
      await first.says(["1", "2"]);
      await second.says(["own"]);
      await first.says(["3"]);
      await second.isLost();
      await first.says(["4"]);
      expect((await world().resume(second, { received })).heard).toEqual(missed);
    });

    it("R12: counts what it has received over all its connections", async () => {
      const [first, second] = await world().pair();
      await first.says(["1"]);
      await second.isLost();
      await first.says(["2"]);
      const again = await world().resume(second, { received: 0 });
      await again.isAlive();
      await first.says(["3"]);
      await again.isLost();
      expect((await world().resume(again, { received: 2 })).heard).toEqual(["3"]);
    });

    it("counts only from its own first admission", async () => {
      await world().start({ seats: 3 });
      const [first, second] = await world().pair();
      await first.says(["before the third"]);
      const third = await world().join(first.id);
      await first.says(["1"]);
      await second.says(["2"]);
      await third.isLost();
      expect((await world().resume(third, { received: 1 })).heard).toEqual(["2"]);
    });

    it("is refused to who has received more than there was, and can be taken with the same token still", async () => {
      const [first, second] = await world().pair();
      await first.says(["1"]);
      await second.isLost();
      const asked = { received: 2 };
      expect(await world().asksToResume(first.id, second.token, asked)).toEqual(REFUSALS.badReceived);
      const again = await world().resume(second, { received: 0 });
      expect([again.admission.connection, again.heard]).toEqual([1, ["1"]]);
    });

    it("R12: is told how many of its messages were accepted, also of those that nobody was there to get", async () => {
      const first = await world().open();
      await first.says(["to nobody"]);
      await world().join(first.id);
      await first.says(["to somebody", "and again"]);
      await first.isLost();
      expect((await world().resume(first)).admission.seen).toBe(3);
    });

    it("may be that of who is alone: another can join meanwhile, whose messages are kept", async () => {
      const first = await world().open();
      await first.isLost();
      const second = await world().join(first.id);
      await second.says(["hello"]);
      expect((await world().resume(first, { received: 0 })).heard).toEqual(["hello"]);
    });

    it("gets what comes between its admission and attachment behind what it has missed", async () => {
      const [first, second] = await world().pair();
      await second.isLost();
      await first.says(["missed"]);
      const again = await world().admitAgain(second, { node: world().there });
      await first.says(["early"]);
      await again.attach();
      await first.says(["late"]);
      expect(again.heard).toEqual(["missed", "early", "late"]);
    });

    it("R12: loses nothing to a connection that is lost before it is attached or has shown life", async () => {
      const [first, second] = await world().pair();
      await second.isLost();
      await first.says(["1"]);
      const unattached = await world().admitAgain(second);
      await unattached.isLost();
      await first.says(["2"]);
      const silent = await world().resume(unattached);
      expect(silent.heard).toEqual(["1", "2"]);
      await silent.isLost();
      const lively = await world().resume(silent);
      expect(lively.heard).toEqual(["1", "2"]);
      await lively.isAlive();
      await lively.isLost();
      await first.says(["3"]);
      expect((await world().resume(lively)).heard).toEqual(["3"]);
    });

    it("R5: counts towards the limits: a broken one ends the channel while its owner is away", async () => {
      await world().start({ maxExchanges: 1 });
      const [first, second] = await world().pair();
      await second.isLost();
      await first.says(["1", "2"]);
      expect(first.heard).toEqual([ENDINGS.maxExchanges]);
      expect(await world().asksToResume(first.id, second.token)).toEqual(REFUSALS.ended);
    });

    it("R3: does not make the channel live longer", async () => {
      const [first, second] = await world().pair();
      await world().passes(299_000);
      await second.isLost();
      await world().passes(1_250);
      expect(first.heard).toEqual([ENDINGS.lifespanOver]);
      expect(await world().asksToResume(first.id, second.token)).toEqual(REFUSALS.ended);
    });
  });

  describe("the lifespan of a channel", () => {
    const world = freshWorld(subject);

    it("R3: is the same when a lost seat is taken again", async () => {
      const [first, second] = await world().pair();
      await world().passes(250_000);
      await second.isLost();
      await world().passes(30_000);
      const again = await world().resume(second);
      expect(again.admission.expiresIn).toBe(20_000);
      await world().passes(20_250);
      expect([first.heard, again.heard]).toEqual([[ENDINGS.lifespanOver], [ENDINGS.lifespanOver]]);
    });
  });

  describe("a seat taken again while its socket still looks open", () => {
    const world = freshWorld(subject);

    it("is the new connection's: the old one is told so and counts no more", async () => {
      const [first, second] = await world().pair();
      await first.says(["1"]);
      const again = await world().resume(second, { received: 1 });
      expect(second.heard).toEqual(["1", ENDINGS.replaced]);
      await second.says(["from the grave"]);
      await second.endsAll(ENDINGS.slowConsumer);
      await second.isAlive();
      await second.isLost();
      await second.leaves();
      await world().passes(10_000);
      await first.says(["2"]);
      await again.says(["3"]);
      expect(first.heard).toEqual(["3"]);
      expect(again.heard).toEqual(["2"]);
      expect(second.heard).toEqual(["1", ENDINGS.replaced]);
    });

    it("gets nothing again of which it does not say that it has not got it", async () => {
      const [first, second] = await world().pair();
      await first.says(["1"]);
      const again = await world().resume(second);
      await first.says(["2"]);
      expect(again.heard).toEqual(["2"]);
    });

    it("is nobody else's: who was admitted before and attaches after is told so", async () => {
      const [first, second] = await world().pair();
      await second.isLost();
      const slow = await world().admitAgain(second);
      const fast = await world().resume(slow);
      await slow.attach();
      await first.says(["1"]);
      expect([slow.heard, fast.heard]).toEqual([[ENDINGS.replaced], ["1"]]);
    });

    it("R11: is in the end one connection's of many who ask at once", async () => {
      const [first, second] = await world().pair();
      const nodes = Array.from({ length: 20 }, (_, index) => (index % 2 ? world().here : world().there));
      const answers = await Promise.all(
        nodes.map((node) => world().asksToResume(first.id, second.token, { node })),
      );
      const all = answers.map((answer, index) => world().admitted(nodes[index]!, answer));
      for (const each of all) await each.attach();
      await first.says(["1"]);
      const numbers = all.map(({ admission }) => admission.connection).sort((a, b) => a - b);
      expect(numbers).toEqual(Array.from(all, (_, index) => index + 1));
      const last = all.find(({ admission }) => admission.connection === all.length);
      expect(last?.heard).toEqual(["1"]);
      for (const each of all) if (each !== last) expect(each.heard).toEqual([ENDINGS.replaced]);
    });
  });

  describe("where resuming is off", () => {
    const world = freshWorld(subject, { resumeWindow: 0 });

    it("nobody gets a token, and no token is right", async () => {
      const [first, second] = await world().pair();
      expect([first.admission.resume, second.admission.resume]).toEqual([undefined, undefined]);
      expect(await world().asksToResume(first.id, "")).toEqual(REFUSALS.wrongToken);
      const token = fresh();
      const { id } = await world().open({ token });
      expect(await world().asksToResume(id, token)).toEqual(REFUSALS.wrongToken);
    });

    it("who is lost has left", async () => {
      const [first, second] = await world().pair();
      await second.isLost();
      await world().passes(2_000);
      expect(first.heard).toEqual([]);
      await world().passes(2_500);
      expect(first.heard).toEqual([ENDINGS.peerLeft]);
    });

    it("the channel ends with the last", async () => {
      const [first, second] = await world().pair();
      await second.isLost();
      await first.isLost();
      expect(world().observer.summaries).toMatchObject([{ ending: ENDINGS.everyoneLeft }]);
    });
  });
}
