/**
 * A connection that breaks anywhere in a pairing, between real sockets and the real relay: a sample of its bytes.
 * `npm run test:slow` takes every one.
 */
import { afterEach, describe, expect, it } from "vitest";
import { closeRelays, testRelay } from "../relay/support.ts";
import { placesOf, runsOf, scan, survey } from "./cut-scan.ts";
import { Lane, SIDES } from "./whole-run.ts";

const STEP = 16;
const UNLIMITED = { connectRatePerIp: 0, maxChannelsPerIp: 0 };

afterEach(closeRelays);

describe("a connection that breaks", () => {
  it.each(SIDES)("on the side of %s is taken up again, and the pairing finishes every time", async (side) => {
    const { relay, clock } = await testRelay(UNLIMITED);
    const stretches = (await survey(relay.url)).filter((stretch) => stretch.side === side);
    const runs = runsOf(
      stretches.flatMap((stretch) => placesOf(stretch, STEP)),
      "in turn",
    );
    const { cut, cutAgain, failures } = await scan(relay.url, runs);
    expect(failures).toEqual([]);
    // Frames of the network's own may move the last few bytes of a connection.
    expect(cut).toBeGreaterThan(runs.length * 0.95);
    expect(cutAgain).toBeGreaterThan(runs.length * 0.3);
    clock.advance(120_000);
    expect(relay.stats()).toMatchObject({ channels: 0 });
  });

  it("before the relay's first message has come leaves nothing to come back to", async () => {
    const { relay } = await testRelay(UNLIMITED);
    const lane = await Lane.open(relay.url);
    for (const { side, direction, greeted } of await survey(relay.url)) {
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
