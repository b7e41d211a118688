/** What every backplane must do, done by nodes around a real Redis. */
import { afterAll, beforeAll } from "vitest";
import type { Clock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import type { BackplaneObserver } from "../../src/relay/backplane.ts";
import { silentLog } from "../../src/relay/log.ts";
import { parseRedisAddress } from "../../src/relay/redis/address.ts";
import { RedisBackplane } from "../../src/relay/redis/backplane.ts";
import type { RegistryLimits } from "../../src/relay/registry.ts";
import type { BackplaneSubject } from "./backplane-contract.ts";
import { backplaneContract } from "./backplane-contract.ts";
import { clusterUrl, describeWithRedis, RedisServer, startCluster } from "./redis-server.ts";

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

  const empty = () => Promise.all(servers.map((server) => server.empty()));
  backplaneContract("RedisBackplane of 2", nodesAround(2, () => clusterUrl(servers), empty)); // prettier-ignore
});
