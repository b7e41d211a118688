import { describe, expect, it } from "vitest";
import { isRefusal } from "../../src/relay/backplane.ts";
import { REMEMBERED_FOR, REMEMBERED_IDS } from "../../src/relay/ended-ids.ts";
import { ENDINGS } from "../../src/relay/endings.ts";
import type { Refusal } from "../../src/relay/refusals.ts";
import { REFUSALS } from "../../src/relay/refusals.ts";
import { ChannelRegistry } from "../../src/relay/registry.ts";

const LIMITS = {
  seats: 2,
  lifespan: 300_000,
  maxExchanges: 24,
  maxData: 65_536,
  maxMessage: 24_576,
  maxChannels: 3,
};
const START = 5_000;

describe("ChannelRegistry", () => {
  it("tells each participant its seat and the milliseconds left", () => {
    const registry = new ChannelRegistry(LIMITS);
    expect(registry.open("a", START)).toEqual({ id: "a", seat: 0, expiresIn: 300_000 });
    expect(registry.join("a", START + 1_500)).toEqual({ id: "a", seat: 1, expiresIn: 298_500 });
  });

  it("does not lose a millisecond to fractions of the clock", () => {
    for (let now = 0.1; now < 1e6; now = now * 1.37 + 0.3) {
      expect(new ChannelRegistry(LIMITS).open("a", now)).toMatchObject({ expiresIn: 300_000 });
    }
  });

  it("tells of an unlimited lifespan", () => {
    const registry = new ChannelRegistry({ ...LIMITS, lifespan: Infinity });
    expect(registry.open("a", START)).toMatchObject({ expiresIn: null });
  });

  it("refuses past max-channels without touching the others, and takes more once there is room", () => {
    const registry = new ChannelRegistry(LIMITS);
    for (const id of ["a", "b", "c"]) expect(isRefusal(registry.open(id, START))).toBe(false);
    expect(registry.open("d", START)).toBe(REFUSALS.relayFull);
    expect(registry.size).toBe(3);
    registry.end("b", ENDINGS.binary, START);
    expect(isRefusal(registry.open("d", START))).toBe(false);
  });

  it("never lets a second channel take the place of one with the same id", () => {
    const registry = new ChannelRegistry(LIMITS);
    registry.open("a", START);
    expect(() => registry.open("a", START)).toThrow(/random source/);
  });

  it.each<[string, Refusal, (registry: ChannelRegistry) => unknown]>([
    ["unknown", REFUSALS.unknown, (registry) => registry.due(START)],
    ["full", REFUSALS.full, (registry) => [registry.open("a", START), registry.join("a", START)]],
    [
      "ended",
      REFUSALS.ended,
      (registry) => [registry.open("a", START), registry.end("a", ENDINGS.binary, START)],
    ],
    ["over, not yet swept", REFUSALS.ended, (registry) => registry.open("a", START - 300_000)],
  ])("refuses to join a channel that is %s", (_name, refusal, prepare) => {
    const registry = new ChannelRegistry(LIMITS);
    prepare(registry);
    const before = registry.size;
    expect(registry.join("a", START)).toBe(refusal);
    expect(registry.size).toBe(before);
  });

  it("finds channels whose lifespan is over, to the slot", () => {
    const registry = new ChannelRegistry(LIMITS);
    registry.open("a", START);
    registry.open("b", START + 60_000);
    expect(registry.due(START + 299_999)).toEqual([]);
    expect(registry.due(START + 300_000)).toEqual([{ id: "a", ending: ENDINGS.lifespanOver }]);
  });

  it("finds the one that stays, however often it is asked before", () => {
    const registry = new ChannelRegistry(LIMITS);
    registry.open("a", START);
    registry.join("a", START);
    expect(registry.leave("a", 0, START)).toBeUndefined();
    for (let now = START; now < START + 2_000; now += 100) expect(registry.due(now)).toEqual([]);
    expect(registry.due(START + 3_250)).toEqual([{ id: "a", ending: ENDINGS.peerLeft }]);
  });

  it("sums a channel up at its end, once", () => {
    const registry = new ChannelRegistry(LIMITS);
    registry.open("a", START);
    registry.join("a", START);
    registry.count("a", 7, START);
    registry.count("a", 8, START);
    expect(registry.end("a", ENDINGS.peerLeft, START + 9_000)).toEqual({
      id: "a",
      ending: ENDINGS.peerLeft,
      participants: 2,
      exchanges: 2,
      bytes: 15,
      duration: 9_000,
    });
    expect(registry.end("a", ENDINGS.peerLeft, START + 9_000)).toBeUndefined();
    expect([registry.size, registry.waiting]).toEqual([0, 0]);
  });

  it("remembers ended ids for a while, and not too many", () => {
    const registry = new ChannelRegistry(LIMITS);
    for (let count = 0; count <= REMEMBERED_IDS; count++) {
      registry.open(String(count), START);
      registry.end(String(count), ENDINGS.everyoneLeft, START);
    }
    expect(registry.remembered).toBe(REMEMBERED_IDS);
    expect(registry.join("0", START)).toBe(REFUSALS.unknown);
    expect(registry.join("1", START)).toBe(REFUSALS.ended);
    registry.due(START + REMEMBERED_FOR - 1);
    expect(registry.remembered).toBe(REMEMBERED_IDS);
    registry.due(START + REMEMBERED_FOR);
    expect(registry.remembered).toBe(0);
  });
});
