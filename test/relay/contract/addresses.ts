/** What one address may ask for. */
import { describe, expect, it } from "vitest";
import { ENDINGS } from "../../../src/relay/endings.ts";
import type { Refusal } from "../../../src/relay/refusals.ts";
import { REFUSALS } from "../../../src/relay/refusals.ts";
import type { BackplaneSubject } from "./world.ts";
import { fresh, freshWorld } from "./world.ts";

/** Refused for that reason, with a whole number of seconds to wait. */
const refused = ({ status, error }: Refusal) => ({
  ...{ status, error, message: expect.stringMatching(/\.$/) },
  retryAfter: expect.toSatisfy((seconds: number) => Number.isInteger(seconds) && seconds >= 1),
});

/** Three texts each, the first two of one client in the eyes of the limits. */
const CLIENTS = [
  ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:3::1"],
  ["::ffff:192.0.2.9", "192.0.2.9", "::ffff:192.0.2.10"],
] as const;

export function addressContract(subject: BackplaneSubject): void {
  describe("R6: requests of one address", () => {
    const world = freshWorld(subject, { connectRate: 2 });
    const address = "198.51.100.7";
    const other = "198.51.100.8";

    it("are refused past three seconds' worth at once, whatever they ask for, and allowed again in time", async () => {
      const first = await world().open();
      const second = await world().join(first.id);
      await world().asksToOpen({ address });
      await world().asksToJoin(first.id, { address });
      await world().asksToJoin(fresh(), { address });
      await world().asksByNameplate("1", { address });
      await world().asksToResume(first.id, fresh(), { address });
      await world().asksToResume(first.id, second.token, { address });
      const tooMany = refused(REFUSALS.tooManyRequests);
      expect(await world().asksToOpen({ address })).toEqual(tooMany);
      expect(await world().asksToJoin(first.id, { address })).toEqual(tooMany);
      expect(await world().asksByNameplate("1", { address })).toEqual(tooMany);
      expect(await world().asksToResume(first.id, second.token, { address })).toEqual(tooMany);
      expect(await world().asksToJoin(first.id, { address: other })).toEqual(REFUSALS.full);
      world().clock.advance(500);
      expect(await world().asksToJoin(first.id, { address })).toEqual(REFUSALS.full);
      expect(await world().asksToJoin(first.id, { address })).toEqual(tooMany);
      await world().passes(60_000);
      for (let count = 0; count < 6; count++) {
        expect(await world().asksToJoin(fresh(), { address })).toEqual(REFUSALS.unknown);
      }
      expect(await world().asksToJoin(fresh(), { address })).toEqual(tooMany);
    });

    it.each(CLIENTS)("are counted together from %s and %s, not from %s", async (one, same, another) => {
      for (let count = 0; count < 3; count++) {
        await world().asksToJoin(fresh(), { address: one });
        await world().asksToJoin(fresh(), { address: same });
      }
      expect(await world().asksToJoin(fresh(), { address: one })).toMatchObject({ status: 429 });
      expect(await world().asksToJoin(fresh(), { address: same })).toMatchObject({ status: 429 });
      expect(await world().asksToJoin(fresh(), { address: another })).toEqual(REFUSALS.unknown);
    });

    it("may be without limit", async () => {
      await world().start({ connectRate: Infinity });
      for (let count = 0; count < 200; count++) {
        expect(await world().asksToJoin(fresh(), { address })).toEqual(REFUSALS.unknown);
      }
    });
  });

  describe("R6: open channels of one address", () => {
    const world = freshWorld(subject, { channelsPerAddress: 2, maxChannels: 3 });
    const address = "2001:db8::7";

    it("are refused past the limit, but not to others, until one has ended", async () => {
      const first = await world().open({ address });
      await world().open({ address: "2001:db8::8" });
      expect(await world().asksToOpen({ address })).toEqual(refused(REFUSALS.tooManyChannels));
      await world().open({ address: "2001:db8:0:1::7" });
      expect(await world().asksToJoin(first.id, { address })).toMatchObject({ seat: 1 });
      await first.endsAll(ENDINGS.binary);
      await world().open({ address });
    });

    it("are looked at before the total: the flooder gets 429, others 503, and running channels go on", async () => {
      const [first, second] = await world().pair();
      await world().open({ address });
      await world().open({ address });
      expect(await world().asksToOpen({ address })).toEqual(refused(REFUSALS.tooManyChannels));
      expect(await world().asksToOpen()).toEqual(REFUSALS.relayFull);
      await first.says(["hello"]);
      expect(second.heard).toEqual(["hello"]);
    });

    it("are counted until they end, whoever has left them and however they end", async () => {
      const [one, two] = [await world().open({ address }), await world().open({ address })];
      const guest = await world().join(one.id);
      await one.leaves();
      expect(await world().asksToOpen({ address })).toMatchObject({ status: 429 });
      await guest.leaves();
      await two.isLost();
      expect(await world().asksToOpen({ address })).toMatchObject({ seat: 0 });
      expect(await world().asksToOpen({ address })).toMatchObject({ status: 429 });
      await world().passes(300_250);
      await world().open({ address });
      await world().open({ address });
    });
  });

  describe("W6: joins by nameplate of one address", () => {
    const world = freshWorld(subject);
    const address = "198.51.100.7";

    it("are ten within any minute, whether they find anything or not", async () => {
      const { admission } = await world().open({ nameplate: true });
      const plate = admission.nameplate ?? "";
      const ask = () => world().asksByNameplate("no such nameplate", { address });
      expect(await world().asksByNameplate(plate, { address })).toMatchObject({ seat: 1 });
      for (let count = 0; count < 4; count++) expect(await ask()).toEqual(REFUSALS.unknown);
      await world().passes(50_000);
      for (let count = 0; count < 5; count++) expect(await ask()).toEqual(REFUSALS.unknown);
      await world().passes(9_900);
      expect(await ask()).toEqual(refused(REFUSALS.tooManyRequests));
      expect(await world().asksByNameplate(plate)).toEqual(REFUSALS.unknown);
      await world().passes(100);
      for (let count = 0; count < 5; count++) expect(await ask()).toEqual(REFUSALS.unknown);
      expect(await ask()).toEqual(refused(REFUSALS.tooManyRequests));
    });

    it("leave joins by id alone", async () => {
      const first = await world().open();
      for (let count = 0; count < 11; count++) await world().asksByNameplate("0", { address });
      expect(await world().asksToJoin(first.id, { address })).toMatchObject({ seat: 1 });
    });
  });
}
