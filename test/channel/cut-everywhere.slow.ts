/** A connection that breaks at each single byte of a pairing, on either side, once and once more: all of R12. */
import { afterEach, describe, expect, it } from "vitest";
import { closeRelays, testRelay } from "../relay/support.ts";
import { KINDS, placesOf, runsOf, scan, survey } from "./cut-scan.ts";
import { SIDES } from "./whole-run.ts";

afterEach(closeRelays);

describe.each(SIDES)("on the side of %s", (side) => {
  it.each(["up", "down"])("what goes %s may end at any byte", { timeout: 3_600_000 }, async (direction) => {
    const { relay, clock } = await testRelay({ connectRatePerIp: 0, maxChannelsPerIp: 0 });
    const stretches = await survey([relay.url]);
    const places = stretches
      .filter((stretch) => stretch.side === side && stretch.direction === direction)
      .flatMap((stretch) => placesOf(stretch, 1));
    const runs = runsOf(places, KINDS);
    const { cut, failures } = await scan([relay.url], runs);
    expect(failures).toEqual([]);
    expect(cut).toBeGreaterThan(runs.length * 0.95);
    clock.advance(120_000);
    expect(relay.stats()).toMatchObject({ channels: 0 });
  });
});
