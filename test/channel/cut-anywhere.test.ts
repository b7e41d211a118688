/**
 * A connection that breaks anywhere in a pairing, between real sockets and the real relay: a sample of its bytes.
 * `npm run test:slow` takes every one.
 */
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { silentLog } from "../../src/relay/log.ts";
import { startRelay } from "../../src/relay/server.ts";
import { parseSettings } from "../../src/relay/settings.ts";
import { describeWithRedis, RedisServer } from "../relay/redis-server.ts";
import { closeRelays, testRelay } from "../relay/support.ts";
import { placesOf, runsOf, scan, survey } from "./cut-scan.ts";
import { ALL_WELL, Lane, SIDES } from "./whole-run.ts";

const STEP = 16;
const UNLIMITED = { connectRatePerIp: 0, maxChannelsPerIp: 0 };

afterEach(closeRelays);

describe("a connection that breaks", () => {
  it.each(SIDES)("on the side of %s is taken up again, and the pairing finishes every time", async (side) => {
    const { relay, clock } = await testRelay(UNLIMITED);
    const stretches = (await survey([relay.url])).filter((stretch) => stretch.side === side);
    const runs = runsOf(
      stretches.flatMap((stretch) => placesOf(stretch, STEP)),
      "in turn",
    );
    const { cut, cutAgain, failures } = await scan([relay.url], runs);
    expect(failures).toEqual([]);
    // Frames of the network's own may move the last few bytes of a connection.
    expect(cut).toBeGreaterThan(runs.length * 0.95);
    expect(cutAgain).toBeGreaterThan(runs.length * 0.3);
    clock.advance(120_000);
    expect(relay.stats()).toMatchObject({ channels: 0 });
  });

  it("is taken up again during the key exchange of a code to type, too", async () => {
    const { relay, clock } = await testRelay(UNLIMITED);
    const places = (await survey([relay.url], "code")).flatMap((stretch) => placesOf(stretch, 4 * STEP));
    const lane = await Lane.open([relay.url], "code");
    let cut = 0;
    for (const { side, direction, after } of places) {
      // An address may join ten times a minute by number.
      clock.advance(7000);
      expect(await lane.run(side, [{ direction, after, relayNotices: true }])).toEqual(ALL_WELL);
      cut += lane.networks[side].connections > 1 ? 1 : 0;
    }
    lane.close();
    expect(places.length).toBeGreaterThan(60);
    // So few places are taken that many are about the last frames, which closing connections may not reach.
    expect(cut).toBeGreaterThan(places.length * 0.7);
  });

  it("before the relay's first message has come leaves nothing to come back to", async () => {
    const { relay } = await testRelay(UNLIMITED);
    const lane = await Lane.open([relay.url]);
    for (const { side, direction, greeted } of await survey([relay.url])) {
      for (let after = 0; after < greeted; after += STEP) {
        const outcome = lane.run(side, [{ direction, after, relayNotices: true }]);
        await expect(outcome).rejects.toMatchObject({
          code: expect.stringMatching(/^(?:unreachable|timeout)$/) as unknown,
        });
        expect(lane.networks[side].connections).toBe(1);
      }
    }
    lane.close();
  });
});

describeWithRedis("a connection that breaks, where two nodes are one relay", () => {
  it("is taken up again on the other node, and the pairing finishes every time", async () => {
    const redis = await RedisServer.start();
    const settings = parseSettings({ host: "127.0.0.1", port: 0, redis: redis.url, ...UNLIMITED });
    const options = { settings, clock: systemClock, random: systemRandom, log: silentLog };
    const relays = [await startRelay(options), await startRelay(options)];
    try {
      const nodes = relays.map(({ url }) => url);
      const places = (await survey(nodes)).flatMap((stretch) => placesOf(stretch, 2 * STEP));
      const { cutAgain, failures } = await scan(nodes, runsOf(places, "in turn"));
      expect(failures).toEqual([]);
      expect(cutAgain).toBeGreaterThan(places.length * 0.3);
    } finally {
      await Promise.all(relays.map((relay) => relay.close()));
      await redis.stop();
    }
  });
});
