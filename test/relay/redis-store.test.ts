/** What a relay keeps in Redis, for how long, and what it makes of what others put there; and nodes that die. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ENDINGS } from "../../src/relay/endings.ts";
import { REFUSALS } from "../../src/relay/refusals.ts";
import { channelKeys } from "../../src/relay/redis/keys.ts";
import { libraryFunction } from "../../src/relay/redis/library.ts";
import type { RegistryLimits } from "../../src/relay/registry.ts";
import { pair, stopNodes, TestNode } from "./redis-nodes.ts";
import { describeWithRedis, RedisServer } from "./redis-server.ts";
import { FakeClock } from "./support.ts";

describeWithRedis("around Redis", () => {
  let server: RedisServer;
  let clock: FakeClock;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await server.empty();
    clock = new FakeClock();
  });
  afterEach(stopNodes);

  const start = (limits: Partial<RegistryLimits> = {}, heartbeat = 5_000): Promise<TestNode> =>
    TestNode.start(server.url, { limits, heartbeat, clock });
  const settled = async (...nodes: TestNode[]): Promise<void> => {
    for (let round = 0; round < 2; round++) for (const node of nodes) await node.backplane.settled();
  };
  /** Lets time pass on some nodes, in steps. */
  const passes = async (milliseconds: number, step: number, ...nodes: TestNode[]): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += step) {
      clock.advance(step);
      for (const node of nodes) node.backplane.sweep();
      await settled(...nodes);
    }
  };
  const keys = (): string[] => server.cli("KEYS", "*").split("\n").filter(Boolean).sort(); // prettier-ignore
  /** Every value in the store, as it is. */
  const everything = (): string => keys().map((key) => valueOf(key)).join("\n"); // prettier-ignore
  const valueOf = (key: string): string => {
    const type = server.cli("TYPE", key);
    if (type === "list") return server.cli("LRANGE", key, "0", "-1");
    if (type === "hash") return server.cli("HGETALL", key);
    return type === "zset" ? server.cli("ZRANGE", key, "0", "-1", "WITHSCORES") : server.cli("GET", key);
  };

  describe("a node that dies", () => {
    it("lets go of its seats: who stays is told within two heartbeats where resuming is off", async () => {
      const [here, there] = [await start({ resumeWindow: 0 }), await start({ resumeWindow: 0 })];
      const [first, second] = await pair(here, there);
      await passes(10_000, 250, here, there);
      // Now the other one is swept no more.
      await passes(9_750, 250, here);
      expect(first.heard).toEqual([ENDINGS.peerLeft]);
      expect(here.observer.summaries).toMatchObject([{ ending: ENDINGS.peerLeft }]);
      // Should it only have slept, it is told.
      await settled(there);
      expect(second.heard).toEqual([ENDINGS.peerLeft]);
    });

    it("keeps no seat from being taken again elsewhere, with what was sent since its last sign of life", async () => {
      const [here, there] = [await start(), await start()];
      const [first, second] = await pair(here, there);
      first.says("before");
      await passes(5_000, 250, here, there);
      clock.advance(500);
      first.says("after");
      await passes(10_000, 250, here);
      expect(first.heard).toEqual([]);
      const again = await here.resume(second);
      expect(again.heard).toEqual(["after"]);
      again.says("back");
      await settled(here, there);
      expect(first.heard).toEqual(["back"]);
      expect(second.heard).toEqual(["before", "after", ENDINGS.tryLater]);
    });

    it("is not taken for dead for sleeping as long as all others", async () => {
      const [here, there] = [await start({ resumeWindow: 0 }), await start({ resumeWindow: 0 })];
      const [first, second] = await pair(here, there);
      await passes(120_000, 30_000, here, there);
      expect([first.heard, second.heard]).toEqual([[], []]);
    });
  });

  describe("R6: a flood from one address", () => {
    it("is refused without asking Redis until its next request may come", async () => {
      const limits = { connectRate: 2 };
      const [here, there] = [await start(limits), await start(limits)];
      const { id } = await there.open();
      const ask = () => here.backplane.join({ id, token: "t", address: "198.51.100.7" });
      for (let count = 0; count < 6; count++) await ask();
      const calls = (): string =>
        /cmdstat_fcall:calls=\d+/.exec(server.cli("INFO", "commandstats"))?.[0] ?? "";
      expect(await ask()).toMatchObject({ status: 429, retryAfter: 1 });
      const before = calls();
      for (let count = 0; count < 50; count++) expect(await ask()).toMatchObject({ status: 429 });
      expect(calls()).toBe(before);
      clock.advance(499);
      expect(await ask()).toMatchObject({ status: 429 });
      clock.advance(1);
      expect(await ask()).toEqual(REFUSALS.full);
      await expect(here.join(id)).rejects.toThrow(REFUSALS.full.message);
    });
  });

  describe("without memory left", () => {
    it("takes no new channels, and lets those that there are be joined, used, lost, resumed and finished", async () => {
      const here = await start({ connectRate: 20 });
      const first = await here.open();
      server.cli("CONFIG", "SET", "maxmemory", "1");
      try {
        await expect(here.open()).rejects.toThrow(REFUSALS.unavailable.message);
        const second = await here.join(first.id);
        first.says("1");
        second.isLost();
        await settled(here);
        const again = await here.resume(second, 0);
        expect(again.heard).toEqual(["1"]);
        again.leaves();
        await passes(3_500, 500, here);
        expect(first.heard).toEqual([ENDINGS.peerLeft]);
        expect(await here.backplane.failing()).toBeUndefined();
      } finally {
        server.cli("CONFIG", "SET", "maxmemory", "0");
      }
      expect((await here.open()).admission.seat).toBe(0);
    });
  });

  describe("R9: what is written", () => {
    const canary = "canary-6b1f0c";

    it("holds contents only in the list of a channel, which is gone with it", async () => {
      const [here, there] = [await start(), await start()];
      const [first, second] = await pair(here, there);
      first.says(canary);
      await settled(here, there);
      const list = `fxa-pair:{${first.id}}:messages`;
      expect(keys().filter((key) => valueOf(key).includes(canary))).toEqual([list]);
      second.leaves();
      first.leaves();
      await settled(here, there);
      expect(keys()).not.toContain(list);
      expect(everything()).not.toContain(canary);
    });

    it("is never a token", async () => {
      const here = await start();
      const { admission } = await here.open();
      expect(admission.resume).toMatch(/^[\w-]{22}$/);
      expect(everything()).not.toContain(admission.resume);
    });

    it("has no list where resuming is off, and none while nobody is there to get anything", async () => {
      const [here, there] = [await start(), await start({ resumeWindow: 0 })];
      const alone = await here.open();
      alone.says("to nobody");
      const [first, second] = await pair(there);
      first.says("hello");
      await settled(here, there);
      expect(second.heard).toEqual(["hello"]);
      expect(keys().filter((key) => key.endsWith(":messages"))).toEqual([]);
    });

    it("expires by itself, whatever becomes of the nodes", async () => {
      const limits = { connectRate: 20, channelsPerAddress: 64 };
      const [here, there] = [await start(limits), await start({ ...limits, lifespan: Infinity })];
      for (const node of [here, there]) {
        const [first] = await pair(node);
        first.says("held");
        await node.backplane.open({ id: `plate-${node === here}`, token: "t", address: "", nameplate: true });
      }
      await settled(here, there);
      expect(keys().length).toBeGreaterThan(10);
      for (const key of keys()) {
        const left = Number(server.cli("PTTL", key));
        expect(left, key).toBeGreaterThan(0);
        expect(left, key).toBeLessThanOrEqual(86_400_000);
      }
    });

    it("is refreshed while a channel without a lifespan is open", async () => {
      const here = await start({ lifespan: Infinity, channelsPerAddress: 1 });
      const asked = { token: "t", address: "192.0.2.1", nameplate: true };
      const first = here.seat(await here.backplane.open({ ...asked, id: "AAAAAAAAAAAAAAAAAAAAAA" }));
      const second = await here.join(first.id);
      first.says("held");
      await settled(here);
      const before = keys();
      for (const key of before) server.cli("PEXPIRE", key, "60000");
      // Longer than the store would remember any of it.
      await passes(700_000, 5_000, here);
      for (const key of before) expect(Number(server.cli("PTTL", key)), key).toBeGreaterThan(300_000);
      expect(await here.backplane.open({ ...asked, id: "other" })).toMatchObject({ status: 429 });
      expect(second.heard).toEqual(["held"]);
      first.leaves();
      second.leaves();
      await settled(here);
      expect(await here.backplane.open({ ...asked, id: "other" })).toMatchObject({ seat: 0 });
    });
  });

  describe("R11: what no relay has written", () => {
    it.each([
      ["text", "hello"],
      ["nothing", ""],
      ["JSON of another kind", '{"message":"hello"}'],
      ["a snapshot that is none", "2 s {}"],
      ["a snapshot of wrong types", '2 s {"q":"2","h":0,"d":0,"s":[]}'],
      ["an unknown ending", "2 e 4999 because"],
      ["a message out of order", "99 1 1790000000000 hello"],
      ["an ending out of order", "99 e 4001 lifespan over"],
      ["a number beyond all", "99999999999999999999 1 1790000000000 hello"],
      ["control characters", "\x01 \x1b[2J"],
    ])("is dropped and counted when it is published: %s", async (_name, text) => {
      const [here, there] = [await start(), await start()];
      const [first, second] = await pair(here, there);
      await settled(here, there);
      server.cli("SPUBLISH", `fxa-pair:{${first.id}}`, text);
      await settled(here, there);
      for (const node of [here, there]) node.backplane.sweep();
      await settled(here, there);
      expect([here.observer.foreigners, there.observer.foreigners]).toEqual([1, 1]);
      first.says("1");
      second.says("2");
      await settled(here, there);
      expect([first.heard, second.heard]).toEqual([["2"], ["1"]]);
    });

    it("is dropped and counted when it stands for a channel", async () => {
      const here = await start();
      const id = "AAAAAAAAAAAAAAAAAAAAAA";
      const key = `fxa-pair:{${id}}`;
      const put = [
        ["SET", key, "text"],
        ["RPUSH", key, "list"],
        ["HSET", key, "field", "value"],
        ["HSET", key, ..."q x n p x x w x".split(" ")],
        ["HSET", key, ..."q 1 n 1 p 1 x 0 w 0 d 0 a 0 h 0".split(" ")],
        ["HSET", key, ..."q 1 n 1 p 1 x 0 d 0 a 0 h 0 s0 c k0 0 g0 node".split(" ")],
        ["HSET", key, "z", "text"],
        ["HSET", key, "z", "4999 because", "y", "9999999999999"],
      ];
      for (const [index, command] of put.entries()) {
        server.cli(...command);
        await expect(here.join(id), command.join(" ")).rejects.toThrow(REFUSALS.unknown.message);
        expect(here.observer.foreigners).toBe(index + 1);
        expect(here.backplane.channels).toBe(0);
        server.cli("DEL", key);
      }
    });

    it.each([
      ["text", ["SET", "text"]],
      ["nothing", []],
      ["a hash without a channel's fields", ["HSET", "field", "value"]],
    ])("in place of an open channel, ends it for everybody with 1013: %s", async (_name, command) => {
      const [here, there] = [await start(), await start()];
      const [first, second] = await pair(here, there);
      const key = `fxa-pair:{${first.id}}`;
      server.cli("DEL", key);
      const [name, ...values] = command;
      if (name !== undefined) server.cli(name, key, ...values);
      first.says("hello");
      second.says("hello");
      await settled(here, there);
      expect([first.heard, second.heard]).toEqual([[ENDINGS.tryLater], [ENDINGS.tryLater]]);
      expect([here.backplane.channels, there.backplane.channels]).toEqual([0, 0]);
    });

    it("in place of a message, or before its turn, reaches nobody", async () => {
      const here = await start();
      const [first, second] = await pair(here);
      first.says("1");
      await settled(here);
      const relay = (number: number): string => {
        const args = ["0", "0", String(number), "5", "wrong", "1790000000000", "9", "99", "9"];
        return server.cli("FCALL", libraryFunction("relay"), "2", ...channelKeys(first.id), ...args);
      };
      expect([relay(1), relay(3)]).toEqual(["1", "-1"]);
      first.says("2");
      await settled(here);
      expect(second.heard).toEqual(["1", "2"]);
    });

    it("of a connection that has been replaced, as its node has not heard yet, does not end the channel", async () => {
      const here = await start();
      const [first, second] = await pair(here);
      await settled(here);
      const keysOfChannel = channelKeys(first.id);
      const now = String(clock.now());
      const digest = server.cli("HGET", keysOfChannel[0], "r0").trim();
      // As another node would; this one hears of it when it is this turn's end.
      server.cli("FCALL", libraryFunction("resume"), "2", ...keysOfChannel, digest, "x", "another", now, "0");
      first.endsAll(ENDINGS.slowConsumer);
      second.says("to the new connection");
      await settled(here);
      expect([first.heard, second.heard]).toEqual([[ENDINGS.slowConsumer], []]);
      expect(here.observer.messages).toEqual([21]);
      expect(here.observer.summaries).toEqual([]);
      second.endsAll(ENDINGS.slowConsumer);
      await settled(here);
      expect(here.observer.summaries).toMatchObject([{ ending: ENDINGS.slowConsumer }]);
    });

    it("in the list of messages, reaches nobody", async () => {
      const here = await start();
      const [first, second] = await pair(here);
      first.says("1");
      second.isLost();
      await settled(here);
      server.cli("RPUSH", `fxa-pair:{${first.id}}:messages`, "garbage");
      await expect(here.resume(second, 0)).rejects.toThrow();
      expect(here.observer.foreigners).toBe(1);
    });

    it("in place of what is counted beside channels, is dropped and counted", async () => {
      const here = await start({ connectRate: 20, channelsPerAddress: 64 });
      const names = [
        "address 192.0.2.1}",
        "address 192.0.2.1}:channels",
        "nameplates}",
        "nameplates}:channels",
      ];
      for (const name of [...names, "nodes}"]) server.cli("SET", `fxa-pair:{${name}`, "text");
      const open = () => here.backplane.open({ id: "A", token: "t", address: "192.0.2.1", nameplate: true });
      await open();
      expect(here.observer.foreigners).toBeGreaterThan(0);
      for (let again = 0; again < 4; again++) await open();
      const answer = await here.backplane.open({
        id: "B",
        token: "t",
        address: "192.0.2.1",
        nameplate: true,
      });
      expect(answer).toMatchObject({ seat: 0, nameplate: expect.stringMatching(/^\d$/) });
      await passes(5_000, 1_250, here);
      expect(await here.backplane.failing()).toBeUndefined();
    });
  });
});
