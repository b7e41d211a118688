/** What every backplane must do, whatever it keeps its channels in. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../../src/lib/clock.ts";
import type { Admission, Backplane, BackplaneObserver, ChannelSummary } from "../../src/relay/backplane.ts";
import { isRefusal } from "../../src/relay/backplane.ts";
import type { Ending } from "../../src/relay/endings.ts";
import { ENDINGS } from "../../src/relay/endings.ts";
import { REFUSALS } from "../../src/relay/refusals.ts";
import type { RegistryLimits } from "../../src/relay/registry.ts";
import { FakeClock } from "./support.ts";

/** One implementation under test. */
export interface BackplaneSubject {
  start(limits: RegistryLimits, clock: Clock, observer: BackplaneObserver): Promise<Backplane>;
  /** Resolves when everything asked of the backplane so far has had its effects. */
  settled(): Promise<void>;
}

const LIMITS: RegistryLimits = {
  seats: 2,
  lifespan: 300_000,
  maxExchanges: 5,
  maxData: 1_000,
  maxMessage: 500,
  maxChannels: 4,
};

/** A participant that notes what it is told, in order. */
class Witness {
  readonly heard: (string | Ending)[] = [];

  deliver(envelope: string): void {
    this.heard.push(envelope);
  }

  end(ending: Ending): void {
    this.heard.push(ending);
  }
}

export function backplaneContract(name: string, subject: BackplaneSubject): void {
  describe(`${name} as a backplane`, () => {
    const clock = new FakeClock();
    let backplane: Backplane;
    let summaries: ChannelSummary[];
    let counter = 0;

    const start = (limits: Partial<RegistryLimits> = {}): Promise<Backplane> =>
      subject.start({ ...LIMITS, ...limits }, clock, { ended: (summary) => summaries.push(summary) });
    const admitted = async (answer: ReturnType<Backplane["open"]>): Promise<Admission> => {
      const admission = await answer;
      if (isRefusal(admission)) throw new Error(admission.message);
      return admission;
    };
    const freshId = (): string => `channel-${String(++counter).padStart(14, "0")}`;
    const seated = async (id: string, seat: "open" | "join"): Promise<Witness> => {
      const witness = new Witness();
      backplane.attach(id, (await admitted(backplane[seat](id))).seat, witness);
      return witness;
    };
    const pair = async (): Promise<{ id: string; first: Witness; second: Witness }> => {
      const id = freshId();
      return { id, first: await seated(id, "open"), second: await seated(id, "join") };
    };

    beforeEach(async () => {
      summaries = [];
      backplane = await start();
    });

    afterEach(() => backplane.close());

    it("admits two, tells them their seats and time, and refuses a third", async () => {
      const id = freshId();
      expect(await backplane.open(id)).toEqual({ id, seat: 0, expiresIn: 300_000 });
      clock.advance(2_000);
      expect(await backplane.join(id)).toEqual({ id, seat: 1, expiresIn: 298_000 });
      expect(await backplane.join(id)).toEqual(REFUSALS.full);
      expect(backplane.channels).toBe(1);
    });

    it("gives the last seat to one of many who ask at once", async () => {
      const id = freshId();
      await backplane.open(id);
      const answers = await Promise.all(Array.from({ length: 50 }, () => backplane.join(id)));
      expect(answers.filter((answer) => !isRefusal(answer))).toHaveLength(1);
    });

    it("refuses what it does not know, what has ended, and more than it may hold", async () => {
      expect(await backplane.join(freshId())).toEqual(REFUSALS.unknown);
      const { id } = await pair();
      backplane.end(id, ENDINGS.binary);
      await subject.settled();
      expect(await backplane.join(id)).toEqual(REFUSALS.ended);
      for (let count = 0; count < LIMITS.maxChannels; count++) await admitted(backplane.open(freshId()));
      expect(await backplane.open(freshId())).toEqual(REFUSALS.relayFull);
    });

    it("passes messages to the other participant alone, in order", async () => {
      const { id, first, second } = await pair();
      for (const text of ["1", "2", "3"]) backplane.relay(id, 0, text, 1);
      backplane.relay(id, 1, "4", 1);
      await subject.settled();
      expect(second.heard).toEqual(["1", "2", "3"]);
      expect(first.heard).toEqual(["4"]);
    });

    it("keeps channels apart", async () => {
      const one = await pair();
      const two = await pair();
      backplane.relay(one.id, 0, "for one", 7);
      await subject.settled();
      expect(one.second.heard).toEqual(["for one"]);
      expect([...two.first.heard, ...two.second.heard]).toEqual([]);
    });

    it("keeps what comes between admission and attachment", async () => {
      const id = freshId();
      await seated(id, "open");
      const { seat } = await admitted(backplane.join(id));
      backplane.relay(id, 0, "early", 5);
      backplane.relay(id, 0, "earlier than late", 5);
      await subject.settled();
      const second = new Witness();
      backplane.attach(id, seat, second);
      backplane.relay(id, 0, "late", 4);
      await subject.settled();
      expect(second.heard).toEqual(["early", "earlier than late", "late"]);
    });

    it("tells who attaches too late how the channel ended", async () => {
      const id = freshId();
      const { seat } = await admitted(backplane.open(id));
      backplane.end(id, ENDINGS.slowConsumer);
      await subject.settled();
      const late = new Witness();
      backplane.attach(id, seat, late);
      await subject.settled();
      expect(late.heard).toEqual([ENDINGS.slowConsumer]);
    });

    it("counts and drops a message while no other seat is taken", async () => {
      const id = freshId();
      const first = await seated(id, "open");
      for (let count = 0; count < LIMITS.maxExchanges; count++) backplane.relay(id, 0, "to nobody", 9);
      await subject.settled();
      const second = await seated(id, "join");
      backplane.relay(id, 0, "one too many", 12);
      await subject.settled();
      expect(second.heard).toEqual([ENDINGS.maxExchanges]);
      expect(first.heard).toEqual([ENDINGS.maxExchanges]);
    });

    it.each([
      ["max-exchanges", [1, 1, 1, 1, 1], 1, ENDINGS.maxExchanges],
      ["max-data", [500, 500], 1, ENDINGS.maxData],
      ["max-message", [], 501, ENDINGS.maxMessage],
    ])(
      "ends the channel for both past %s, passing nothing more",
      async (_limit, allowed, breaking, ending) => {
        const { id, first, second } = await pair();
        for (const bytes of allowed) backplane.relay(id, 0, "allowed", bytes);
        backplane.relay(id, 1, "breaking", breaking);
        backplane.relay(id, 0, "after", 1);
        await subject.settled();
        expect(first.heard).toEqual([ending]);
        expect(second.heard).toEqual([...allowed.map(() => "allowed"), ending]);
        expect(summaries).toMatchObject([{ id, ending, exchanges: allowed.length, participants: 2 }]);
        expect(backplane.channels).toBe(0);
      },
    );

    it("sends the one that stays away, not sooner than 2 and not later than 5 seconds", async () => {
      const { id, first, second } = await pair();
      backplane.leave(id, 0);
      await subject.settled();
      clock.advance(2_000);
      backplane.sweep();
      await subject.settled();
      expect(second.heard).toEqual([]);
      clock.advance(2_500);
      backplane.sweep();
      await subject.settled();
      expect(second.heard).toEqual([ENDINGS.peerLeft]);
      expect(first.heard).toEqual([]);
    });

    it("gives the seat of one who left to nobody", async () => {
      const { id } = await pair();
      backplane.leave(id, 1);
      await subject.settled();
      expect(await backplane.join(id)).toEqual(REFUSALS.full);
    });

    it("ends a channel that everyone has left, telling nobody", async () => {
      const { id, first, second } = await pair();
      backplane.leave(id, 0);
      backplane.leave(id, 1);
      backplane.leave(id, 1);
      await subject.settled();
      expect([...first.heard, ...second.heard]).toEqual([]);
      expect(summaries).toMatchObject([{ id, ending: ENDINGS.everyoneLeft }]);
    });

    it("ends a channel when its lifespan is over, counted from creation", async () => {
      const { id, first, second } = await pair();
      clock.advance(299_900);
      backplane.relay(id, 0, "still there", 1);
      backplane.sweep();
      await subject.settled();
      expect(second.heard).toEqual(["still there"]);
      clock.advance(350);
      backplane.sweep();
      await subject.settled();
      expect([first.heard.at(-1), second.heard.at(-1)]).toEqual([ENDINGS.lifespanOver, ENDINGS.lifespanOver]);
    });

    it("survives a participant that ends the channel while it is delivered to", async () => {
      const three = await start({ seats: 3 });
      const id = freshId();
      const heard: string[][] = [[], [], []];
      for (const [seat, list] of heard.entries()) {
        await (seat === 0 ? three.open(id) : three.join(id));
        three.attach(id, seat, {
          deliver: (envelope) => {
            list.push(envelope);
            three.end(id, ENDINGS.slowConsumer);
          },
          end: ({ reason }) => list.push(reason),
        });
      }
      three.relay(id, 0, "text", 4);
      await subject.settled();
      expect(heard).toEqual([["slow-consumer"], ["text", "slow-consumer"], ["slow-consumer"]]);
      await three.close();
    });

    it("tells everybody that it goes away when it is closed", async () => {
      const { first, second } = await pair();
      await backplane.close();
      expect([first.heard, second.heard]).toEqual([[ENDINGS.goingAway], [ENDINGS.goingAway]]);
    });

    it("answers that nothing fails", async () => {
      expect(await backplane.failing()).toBeUndefined();
    });
  });
}
