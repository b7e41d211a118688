/** What becomes of a relay whose Redis, or one of whose nodes, fails. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ENDINGS } from "../../src/relay/endings.ts";
import { channelKeys } from "../../src/relay/redis/keys.ts";
import { REFUSALS } from "../../src/relay/refusals.ts";
import type { RegistryLimits } from "../../src/relay/registry.ts";
import type { Guest } from "./redis-nodes.ts";
import { pair, stopNodes, TestNode } from "./redis-nodes.ts";
import { describeWithRedis, RedisServer, ServerProxy } from "./redis-server.ts";

describeWithRedis("when Redis fails", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  afterEach(stopNodes);

  const nodes = async (limits: Partial<RegistryLimits> = {}): Promise<[TestNode, TestNode]> => [
    await TestNode.start(server.url, { limits }),
    await TestNode.start(server.url, { limits }),
  ];
  const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  describe("by pausing", () => {
    it("for a second or two, nobody notices but by waiting", async () => {
      const [here, there] = await nodes();
      const [first, second] = await pair(here, there);
      server.pause();
      first.says("1", "2");
      const joining = here.open();
      await sleep(1_500);
      first.says("3");
      server.goOn();
      expect(await second.hears(3)).toEqual(["1", "2", "3"]);
      expect((await joining).admission.seat).toBe(0);
      expect(here.observer.messages).toEqual([1, 1, 1]);
      expect([first.heard, here.log.lines]).toEqual([[], []]);
    });

    it("for five, everybody is to try later, and nobody is admitted; then all goes on without a loss", async () => {
      const [here, there] = await nodes();
      const [first, second] = await pair(here, there);
      first.says("1");
      await second.hears(1);
      server.pause();
      first.says("2");
      expect(await first.hears(1)).toEqual([ENDINGS.tryLater]);
      expect(await second.hears(2)).toEqual(["1", ENDINGS.tryLater]);
      const asked = { id: "AAAAAAAAAAAAAAAAAAAAAA", token: "BBBBBBBBBBBBBBBBBBBBBB", address: "" };
      expect(await here.backplane.open({ ...asked, nameplate: false })).toEqual(REFUSALS.unavailable);
      expect(await there.backplane.join(asked)).toEqual(REFUSALS.unavailable);
      const before = performance.now();
      expect(await here.backplane.failing()).toBe("redis");
      expect(performance.now() - before).toBeLessThan(1_500);
      const found = [here.log.next("redis_found"), there.log.next("redis_found")];
      server.goOn();
      await Promise.all(found);
      const again = await there.resume(second, 1);
      const back = await here.resume(first, 0);
      if (back.admission.seen === 1) back.says("2");
      back.says("3");
      expect(await again.hears(2)).toEqual(["2", "3"]);
      expect(await here.backplane.failing()).toBeUndefined();
    });
  });

  it("killed and started empty: everybody is to try later, the channel is unknown, new ones are opened", async () => {
    const [here, there] = await nodes();
    const [first, second] = await pair(here, there);
    await server.kill9();
    expect(await here.backplane.failing()).toBe("redis");
    const found = [here.log.next("redis_found"), there.log.next("redis_found")];
    await server.startAgain();
    await Promise.all(found);
    expect([await first.hears(1), await second.hears(1)]).toEqual([[ENDINGS.tryLater], [ENDINGS.tryLater]]);
    const [third, fourth] = await pair(here, there);
    third.says("hello");
    expect(await fourth.hears(1)).toEqual(["hello"]);
    await expect(there.resume(second)).rejects.toThrow(REFUSALS.unknown.message);
    expect([here.backplane.channels, there.backplane.channels]).toEqual([1, 1]);
  });

  it("cutting connections again and again: nothing is lost, doubled or out of order", async () => {
    const [here, there] = await nodes();
    const [first, second] = await pair(here, there);
    const texts = Array.from({ length: 12 }, (_, index) => String(index));
    for (const text of texts) {
      first.says(text);
      second.says(`re: ${text}`);
      server.cli("CLIENT", "KILL", "TYPE", Number(text) % 2 === 0 ? "normal" : "pubsub", "SKIPME", "yes");
      await sleep(20);
    }
    expect(await second.hears(12)).toEqual(texts);
    expect(await first.hears(12)).toEqual(texts.map((text) => `re: ${text}`));
    expect(here.observer.messages).toHaveLength(12);
  });

  it("R12: taking messages whose answers get lost: they count, and are passed on, once", async () => {
    const proxy = await ServerProxy.start(server);
    const here = await TestNode.start(`redis://127.0.0.1:${proxy.port}`);
    const there = await TestNode.start(server.url);
    const [first, second] = await pair(here, there);
    first.says("1");
    await here.backplane.settled();
    proxy.mute = true;
    first.says("2", "3");
    await second.hears(3);
    proxy.mute = false;
    proxy.cut();
    first.says("4");
    expect(await second.hears(4)).toEqual(["1", "2", "3", "4"]);
    await here.backplane.settled();
    expect(here.observer.messages).toEqual([1, 1, 1, 1]);
    second.says("5");
    expect(await first.hears(1)).toEqual(["5"]);
    proxy.stop();
  });

  it("taking a newcomer whose answer gets lost: the seat is not held for nobody", async () => {
    const proxy = await ServerProxy.start(server);
    const here = await TestNode.start(`redis://127.0.0.1:${proxy.port}`);
    const first = await here.open();
    const publications = await server.publications(channelKeys(first.id)[0]);
    proxy.mute = true;
    const refused = expect(here.join(first.id)).rejects.toThrow(REFUSALS.unavailable.message);
    expect(await publications.next()).toContain('["c",0,');
    proxy.mute = false;
    proxy.cut();
    await refused;
    expect(await publications.next()).toContain('["a",0,');
    expect(first.heard).toEqual([]);
    proxy.stop();
  });

  it("falling silent while it is being connected to, is tried again", async () => {
    const proxy = await ServerProxy.start(server);
    proxy.fallSilentAfter = 1;
    const node = await TestNode.start(`redis://127.0.0.1:${proxy.port}`);
    expect(node.log.lines).toMatchObject([{ event: "redis_lost", fields: { reason: "no answer" } }]);
    const found = node.log.next("redis_found");
    proxy.fallSilentAfter = Infinity;
    await found;
    await node.open();
    proxy.stop();
  });

  it("forgetting its functions, is taught them again", async () => {
    const [here, there] = await nodes();
    const [first, second] = await pair(here, there);
    server.cli("FUNCTION", "FLUSH");
    first.says("1", "2");
    expect(await second.hears(2)).toEqual(["1", "2"]);
  });

  it("R11: for the last seat there is one winner in each of 1,000 races between two nodes", async () => {
    const [here, there] = await nodes({ maxChannels: Infinity });
    const race = async (): Promise<number> => {
      const { id } = await here.open();
      const seats = await Promise.allSettled<Guest>([here.join(id), there.join(id)]);
      return seats.filter(({ status }) => status === "fulfilled").length;
    };
    const winners: number[] = [];
    for (let round = 0; round < 20; round++) {
      winners.push(...(await Promise.all(Array.from({ length: 50 }, race))));
    }
    expect(new Set(winners)).toEqual(new Set([1]));
    expect(winners).toHaveLength(1_000);
  });
});
