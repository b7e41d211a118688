/** Short numbers that lead to a channel, once. */
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../../src/relay/backplane.ts";
import { ENDINGS } from "../../../src/relay/endings.ts";
import { REFUSALS } from "../../../src/relay/refusals.ts";
import type { BackplaneSubject } from "./world.ts";
import { freshWorld } from "./world.ts";

export function nameplateContract(subject: BackplaneSubject): void {
  describe("a nameplate", () => {
    const world = freshWorld(subject);

    /** From another address each time, as one may ask ten times a minute only. */
    let asked = 0;
    const ask = (nameplate: string) =>
      world().asksByNameplate(nameplate, { address: `198.51.100.${++asked % 250}` });

    it("is given to who asks for one, and leads there", async () => {
      expect((await world().open()).admission.nameplate).toBeUndefined();
      const first = await world().open({ nameplate: true });
      const answer = await ask(first.admission.nameplate ?? "");
      expect(answer).toMatchObject({ id: first.id, seat: 1, connection: 0, nameplate: undefined });
      const second = await world().admitted(world().there, answer).attach();
      await second.says(["hello"]);
      expect(first.heard).toEqual(["hello"]);
      await second.isLost();
      expect((await world().resume(second)).admission.seat).toBe(1);
    });

    it("is a number of as few digits as are free, and free again once its channel has ended", async () => {
      const nine = [];
      for (let count = 0; count < 9; count++) nine.push(await world().open({ nameplate: true }));
      const plates = nine.map(({ admission }) => admission.nameplate);
      expect([...plates].sort()).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
      const tenth = await world().open({ nameplate: true });
      expect(tenth.admission.nameplate).toMatch(/^[1-9][0-9]$/);
      await nine[4]?.endsAll(ENDINGS.binary);
      expect((await world().open({ nameplate: true })).admission.nameplate).toBe(plates[4]);
    });

    it("W6: is drawn at random", async () => {
      const drawn = new Set<string | undefined>();
      // One in 9 ** 39 that all are the same.
      for (let count = 0; count < 40; count++) {
        const first = await world().open({ nameplate: true });
        drawn.add(first.admission.nameplate);
        await first.endsAll(ENDINGS.binary);
      }
      expect(drawn.size).toBeGreaterThan(1);
    });

    it("W6: never used, used up, expired or malformed: none can be told from another", async () => {
      const used = await world().open({ nameplate: true });
      const left = await world().open({ nameplate: true });
      const full = await world().open({ nameplate: true });
      const expired = await world().open({ nameplate: true });
      const free = await world().open({ nameplate: true });
      const plateOf = ({ admission }: typeof used): string => admission.nameplate ?? "";
      const second = world().admitted(world().there, await ask(plateOf(used)));
      await second.isLost();
      await left.leaves();
      await world().join(full.id);
      const gone = [used, left, full].map(plateOf);
      const malformed = ["", "0", "01", "-1", "1e0", " 1", "1 ", "+1", "1.0", "0x1", "９", "constructor"];
      const endless = ["9".repeat(10_000), "1\u0000", "*", "?", "1*", "{1}"];
      const unused = ["12345", ...["1", "2", "3", "4", "5", "6", "7", "8", "9"].filter(notIn(free, expired))];
      for (const nameplate of [...gone, ...malformed, ...endless, ...unused]) {
        expect(await ask(nameplate)).toEqual(REFUSALS.unknown);
      }
      expect(await ask(plateOf(free))).toMatchObject({ id: free.id });
      world().clock.advance(300_000);
      expect(await ask(plateOf(expired))).toEqual(REFUSALS.unknown);
      await world().passes(250);
      expect(await ask(plateOf(expired))).toEqual(REFUSALS.unknown);

      function notIn(...seated: (typeof used)[]): (plate: string) => boolean {
        return (plate) => !seated.map(plateOf).includes(plate);
      }
    });

    it("W2: is for one joiner ever, of many who ask at once, even where more have seats", async () => {
      await world().start({ seats: 3 });
      const { admission } = await world().open({ nameplate: true });
      const answers = await Promise.all(Array.from({ length: 50 }, () => ask(admission.nameplate ?? "")));
      expect(answers.filter((answer) => !isRefusal(answer))).toHaveLength(1);
      expect(await world().asksToJoin(admission.id)).toMatchObject({ seat: 2 });
    });
  });
}
