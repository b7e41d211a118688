/** Opening, joining, relaying and ending, while nobody is lost. */
import { describe, expect, it } from "vitest";
import type { Message } from "../../../src/relay/backplane.ts";
import { isRefusal } from "../../../src/relay/backplane.ts";
import type { Ending } from "../../../src/relay/endings.ts";
import { ENDINGS } from "../../../src/relay/endings.ts";
import { REFUSALS } from "../../../src/relay/refusals.ts";
import type { BackplaneSubject } from "./world.ts";
import { fresh, freshWorld } from "./world.ts";

export function channelContract(subject: BackplaneSubject): void {
  describe("admission", () => {
    const world = freshWorld(subject, { maxChannels: 4 });

    it("is for two, tells them their seats, tokens and time, and is refused to a third", async () => {
      const [first, second] = [fresh(), fresh()];
      const opened = await world().asksToOpen({ token: first });
      const { id } = world().admitted(world().here, opened);
      const before = { connection: 0, seen: 0, nameplate: undefined };
      expect(opened).toEqual({ ...before, id, seat: 0, resume: first, expiresIn: 300_000 });
      world().clock.advance(2_000);
      expect(await world().asksToJoin(id, { token: second })).toEqual({
        ...{ ...before, id, seat: 1, resume: second, expiresIn: 298_000 },
      });
      expect(await world().asksToJoin(id)).toEqual(REFUSALS.full);
      expect(world().here.channels).toBe(1);
    });

    it("R11: to the last seat is for one of many who ask at once", async () => {
      const { id } = await world().open();
      const answers = await Promise.all(Array.from({ length: 50 }, () => world().asksToJoin(id)));
      expect(answers.filter((answer) => !isRefusal(answer))).toHaveLength(1);
    });

    it("R1: is refused to what is not known, has ended, or is more than there may be", async () => {
      expect(await world().asksToJoin(fresh())).toEqual(REFUSALS.unknown);
      const [first] = await world().pair();
      await first.endsAll(ENDINGS.binary);
      expect(await world().asksToJoin(first.id)).toEqual(REFUSALS.ended);
      for (let count = 0; count < 4; count++) await world().open();
      expect(await world().asksToOpen()).toEqual(REFUSALS.relayFull);
      expect(world().here.channels).toBe(4);
    });

    it("is refused with 410 for ten minutes after the end, then with 404", async () => {
      const [first] = await world().pair();
      await first.endsAll(ENDINGS.binary);
      await world().passes(599_000);
      expect(await world().asksToJoin(first.id)).toEqual(REFUSALS.ended);
      await world().passes(2_000);
      expect(await world().asksToJoin(first.id)).toEqual(REFUSALS.unknown);
    });

    it("is refused when the lifespan is over, although nobody has noticed yet", async () => {
      const { id } = await world().open();
      world().clock.advance(300_000);
      expect(await world().asksToJoin(id)).toEqual(REFUSALS.ended);
    });

    it("tells of an unlimited lifespan", async () => {
      await world().start({ lifespan: Infinity });
      expect(await world().asksToOpen()).toMatchObject({ expiresIn: null });
    });
  });

  describe("messages", () => {
    const world = freshWorld(subject);

    it("reach the other participant alone, in order, and are told of", async () => {
      const [first, second] = await world().pair();
      await first.says(["1", "22", "333"]);
      await second.says(["4444"]);
      expect(second.heard).toEqual(["1", "22", "333"]);
      expect(first.heard).toEqual(["4444"]);
      expect(world().observer.messages).toEqual([1, 2, 3, 4]);
    });

    it("come as they were sent, whatever is in them, and with their sender, at once or later", async () => {
      const first = await world().open();
      const second = world().admitted(world().there, await world().asksToJoin(first.id));
      const text = '"\\\n\u0000\u001f 一 \ud83d\ude00\nlast line';
      const message = { text, sender: ',"sender":{"ua":"one","city":"北京"}}' };
      const heard: Message[] = [];
      world().here.relay(first.admission, message, 40);
      await world().settled();
      const witness = { deliver: (told: Message) => heard.push(told), end: () => undefined };
      world().there.attach(second.admission, witness);
      await world().settled();
      world().here.relay(first.admission, message, 40);
      await world().settled();
      await second.isLost();
      const again = world().admitted(
        world().here,
        await world().asksToResume(first.id, second.token, { received: 0 }),
      );
      world().here.attach(again.admission, witness);
      await world().settled();
      expect(heard.map(({ text, sender }) => ({ text, sender }))).toEqual(Array(4).fill(message));
    });

    it("keep channels apart", async () => {
      const [one, two] = [await world().pair(), await world().pair()];
      await one[0].says(["for one"]);
      expect(one[1].heard).toEqual(["for one"]);
      expect([...two[0].heard, ...two[1].heard]).toEqual([]);
    });

    it("that come between admission and attachment are kept", async () => {
      const first = await world().open();
      const second = world().admitted(world().there, await world().asksToJoin(first.id));
      await first.says(["early", "earlier than late"]);
      await second.attach();
      await first.says(["late"]);
      expect(second.heard).toEqual(["early", "earlier than late", "late"]);
    });

    it("are counted and dropped while no other seat is taken", async () => {
      await world().start({ maxExchanges: 3 });
      const first = await world().open();
      await first.says(["to", "nobody"]);
      const second = await world().join(first.id);
      await first.says(["heard", "one too many"]);
      expect(second.heard).toEqual(["heard", ENDINGS.maxExchanges]);
      expect(first.heard).toEqual([ENDINGS.maxExchanges]);
      expect(world().observer.messages).toEqual([2, 6, 5]);
    });

    it.each<[string, number[], number, Ending]>([
      ["max-exchanges", [1, 1, 1, 1, 1], 1, ENDINGS.maxExchanges],
      ["max-data", [500, 500], 1, ENDINGS.maxData],
      ["max-message", [], 501, ENDINGS.maxMessage],
    ])(
      "R5: past %s end the channel for both, and pass no more",
      async (_limit, allowed, breaking, ending) => {
        await world().start({ maxExchanges: 5, maxData: 1_000, maxMessage: 500 });
        const [first, second] = await world().pair();
        for (const bytes of allowed) await first.says(["allowed"], bytes);
        await second.says(["breaking"], breaking);
        await first.says(["after"], 1);
        expect(first.heard).toEqual([ending]);
        expect(second.heard).toEqual([...allowed.map(() => "allowed"), ending]);
        expect(world().observer.summaries).toEqual([
          {
            ...{ id: first.id, ending, participants: 2, exchanges: allowed.length, duration: 0 },
            bytes: allowed.reduce((sum, bytes) => sum + bytes, 0),
          },
        ]);
        expect(world().observer.messages).toEqual(allowed);
        expect([world().here.channels, world().there.channels]).toEqual([0, 0]);
      },
    );

    it.each<[string, number, Ending]>([
      ["max-exchanges", 1, ENDINGS.maxExchanges],
      ["max-data", 4_000, ENDINGS.maxData],
      ["max-message", 24_577, ENDINGS.maxMessage],
    ])(
      "R5: past %s end the channel by that limit, however many come at once",
      async (_limit, bytes, ending) => {
        const [first, second] = await world().pair();
        await first.says(Array<string>(2_000).fill("flood"), bytes);
        expect([first.heard.at(-1), second.heard.at(-1)]).toEqual([ending, ending]);
        const passed = world().observer.messages.length;
        expect(second.heard).toHaveLength(passed + 1);
        expect(world().observer.summaries).toMatchObject([{ id: first.id, ending, exchanges: passed }]);
      },
    );

    it("R5: may be a thousand, also all at once, where the limit is that", async () => {
      await world().start({ maxExchanges: 1_000 });
      const [first, second] = await world().pair();
      const texts = Array.from({ length: 500 }, (_, number) => String(number));
      await Promise.all([first.says(texts), second.says(texts)]);
      expect([first.heard, second.heard]).toEqual([texts, texts]);
    });

    it("R5: may be exactly as many and as long as a limit says", async () => {
      await world().start({ maxExchanges: 3, maxData: 100, maxMessage: 60 });
      const [first, second] = await world().pair();
      await first.says(["a"], 60);
      await second.says(["b"], 20);
      await first.says(["c"], 20);
      expect([first.heard, second.heard]).toEqual([["b"], ["a", "c"]]);
    });

    it("reach every other participant where there are three", async () => {
      await world().start({ seats: 3 });
      const [first, second] = await world().pair();
      const third = await world().join(first.id);
      await third.says(["to both"]);
      expect([first.heard, second.heard, third.heard]).toEqual([["to both"], ["to both"], []]);
      expect(await world().asksToJoin(first.id)).toEqual(REFUSALS.full);
    });
  });

  describe("the end of a channel", () => {
    const world = freshWorld(subject);

    it("R2: does not come by a seat that was left, which is given to nobody", async () => {
      const [first, second] = await world().pair();
      await second.leaves();
      expect(await world().asksToJoin(first.id)).toEqual(REFUSALS.full);
      expect(first.heard).toEqual([]);
    });

    it("comes when everyone has left, telling nobody", async () => {
      const [first, second] = await world().pair();
      await first.leaves();
      await second.leaves();
      await second.leaves();
      expect([...first.heard, ...second.heard]).toEqual([]);
      const summary = { id: first.id, ending: ENDINGS.everyoneLeft, participants: 2 };
      expect(world().observer.summaries).toMatchObject([summary]);
      expect(await world().asksToJoin(first.id)).toEqual(REFUSALS.ended);
    });

    it("comes when the last is gone before it was attached", async () => {
      const first = world().admitted(world().here, await world().asksToOpen());
      await first.leaves();
      expect(world().observer.summaries).toMatchObject([{ ending: ENDINGS.everyoneLeft }]);
      expect(world().here.channels).toBe(0);
      const host = await world().open();
      const guest = world().admitted(world().there, await world().asksToJoin(host.id));
      await guest.leaves();
      await world().passes(4_500);
      expect(host.heard).toEqual([ENDINGS.peerLeft]);
      expect([world().here.channels, world().there.channels]).toEqual([0, 0]);
    });

    it("R3: comes when its lifespan is over, counted from creation, and is told of once", async () => {
      const [first, second] = await world().pair();
      await world().passes(299_700);
      await first.says(["still there"]);
      expect(second.heard).toEqual(["still there"]);
      await world().passes(550);
      expect(first.heard).toEqual([ENDINGS.lifespanOver]);
      expect(second.heard).toEqual(["still there", ENDINGS.lifespanOver]);
      await first.endsAll(ENDINGS.binary);
      const summary = { ending: ENDINGS.lifespanOver, exchanges: 1, bytes: 11, duration: 300_250 };
      expect(world().observer.summaries).toMatchObject([summary]);
    });

    it("R3: lets no message through once the lifespan is over, even if nobody has noticed yet", async () => {
      const [first, second] = await world().pair();
      world().clock.advance(300_000);
      await first.says(["too late"]);
      expect([first.heard, second.heard]).toEqual([[ENDINGS.lifespanOver], [ENDINGS.lifespanOver]]);
    });

    it("is told to who attaches too late", async () => {
      const first = world().admitted(world().here, await world().asksToOpen());
      await first.endsAll(ENDINGS.slowConsumer);
      await first.attach();
      expect(first.heard).toEqual([ENDINGS.slowConsumer]);
    });

    it("may come from a participant that is being delivered to", async () => {
      await world().start({ seats: 3 });
      const heard: string[][] = [[], [], []];
      const first = world().admitted(world().here, await world().asksToOpen());
      // All on one node: of what happens on others, none hears at once.
      const join = () => world().here.join({ id: first.id, address: "", token: fresh() });
      const others = [await join(), await join()];
      const seated = [first, ...others.map((answer) => world().admitted(world().here, answer))];
      for (const [seat, list] of heard.entries()) {
        world().here.attach(seated[seat]!.admission, {
          deliver: ({ text }) => {
            list.push(text);
            world().here.end(seated[seat]!.admission, ENDINGS.slowConsumer);
          },
          end: ({ reason }) => list.push(reason),
        });
      }
      await first.says(["text"]);
      // Those on several nodes hear of an end in its turn, and it is not the turn of others yet.
      const [sender, slow, other = []] = heard;
      expect([sender, slow, other.at(-1)]).toEqual([
        ["slow-consumer"],
        ["text", "slow-consumer"],
        "slow-consumer",
      ]);
      expect(other.slice(0, -1).every((text) => text === "text")).toBe(true);
    });

    it("comes for everybody when the relay is closed", async () => {
      const [first, second] = await world().pair();
      await world().close();
      expect([first.heard, second.heard]).toEqual([[ENDINGS.goingAway], [ENDINGS.goingAway]]);
    });

    it("is not told of by a relay that is well", async () => {
      expect(await world().here.failing()).toBeUndefined();
    });
  });
}
