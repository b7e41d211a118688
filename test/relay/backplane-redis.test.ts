/** What every backplane must do, done by nodes around a real Redis. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Clock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import type { BackplaneObserver } from "../../src/relay/backplane.ts";
import { silentLog } from "../../src/relay/log.ts";
import type { Endpoint } from "../../src/relay/redis/address.ts";
import { parseRedisAddress } from "../../src/relay/redis/address.ts";
import { RedisBackplane } from "../../src/relay/redis/backplane.ts";
import { NODES_KEY, slotOf, SLOTS } from "../../src/relay/redis/keys.ts";
import type { RegistryLimits } from "../../src/relay/registry.ts";
import type { BackplaneSubject } from "./backplane-contract.ts";
import { backplaneContract } from "./backplane-contract.ts";
import { LIMITS } from "./contract/world.ts";
import { clusterUrl, describeWithRedis, RedisServer, startCluster } from "./redis-server.ts";
import { FakeClock, RecordingObserver } from "./support.ts";

/** Where the time of the test's clock starts in the store's time. */
const EPOCH = 1_790_000_000_000;

/** A relay of so many nodes. */
function nodesAround(count: number, address: () => string, empty: () => Promise<unknown>): BackplaneSubject {
  let nodes: RedisBackplane[] = [];
  return {
    async start(limits: RegistryLimits, clock: Clock, observer: BackplaneObserver) {
      await empty();
      const options = {
        ...{ address: parseRedisAddress(address()), limits, heartbeat: 5_000, clock, observer },
        ...{ random: systemRandom, log: silentLog, storeTime: () => Promise.resolve(EPOCH + clock.now()) },
      };
      const first = await RedisBackplane.start(options);
      const others = [];
      for (let more = 1; more < count; more++) others.push(await RedisBackplane.start(options));
      nodes = [first, ...others];
      return [first, ...others];
    },
    async settled() {
      // What one has asked for another hears, and may ask for more.
      for (let round = 0; round < 2; round++) await Promise.all(nodes.map((node) => node.settled()));
    },
  };
}

describeWithRedis("around one Redis", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  for (const count of [1, 2]) {
    const subject = nodesAround(count, () => server.url, () => server.empty()); // prettier-ignore
    backplaneContract(`RedisBackplane of ${count}`, subject);
  }
});

describeWithRedis("around a Redis cluster", () => {
  let servers: RedisServer[] = [];
  beforeAll(async () => {
    servers = await startCluster();
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  const holder = (key: string): RedisServer | undefined =>
    servers[Math.floor(slotOf(key) / Math.ceil(SLOTS / servers.length))];
  const empty = () => Promise.all(servers.map((server) => server.empty()));
  backplaneContract("RedisBackplane of 2", nodesAround(2, () => clusterUrl(servers), empty)); // prettier-ignore

  it("whose clocks differ, all nodes go by the same one", async () => {
    await empty();
    const clock = new FakeClock();
    let told: () => void = () => undefined;
    const isTold = new Promise<void>((resolve) => (told = resolve));
    /** The other servers are a minute ahead, and tell later. */
    const storeTime = async ({ port }: Endpoint): Promise<number> => {
      if (port !== holder(NODES_KEY)?.port) return isTold.then(() => EPOCH + clock.now() + 60_000);
      setImmediate(told);
      return Promise.resolve(EPOCH + clock.now());
    };
    const options = {
      ...{ address: parseRedisAddress(clusterUrl(servers)), limits: LIMITS, heartbeat: 5_000, clock },
      ...{ random: systemRandom, log: silentLog, observer: new RecordingObserver() },
    };
    const right = await RedisBackplane.start({
      ...options,
      storeTime: () => Promise.resolve(EPOCH + clock.now()),
    });
    const misled = await RedisBackplane.start({ ...options, storeTime });
    const asked = { id: "AAAAAAAAAAAAAAAAAAAAAA", address: "", nameplate: false };
    await right.open({ ...asked, token: "one" });
    expect(await misled.join({ ...asked, token: "two" })).toMatchObject({ seat: 1, expiresIn: 300_000 });
    await Promise.all([right.close(), misled.close()]);
  });
});
