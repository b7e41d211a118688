import { describe, expect, it } from "vitest";
import { systemRandom } from "../../src/lib/random.ts";
import type { Admission } from "../../src/relay/backplane.ts";
import { isRefusal } from "../../src/relay/backplane.ts";
import { REMEMBERED_FOR, REMEMBERED_IDS } from "../../src/relay/ended-ids.ts";
import { ENDINGS } from "../../src/relay/endings.ts";
import type { Refusal } from "../../src/relay/refusals.ts";
import { REFUSALS } from "../../src/relay/refusals.ts";
import type { RegistryLimits } from "../../src/relay/registry.ts";
import { ChannelRegistry } from "../../src/relay/registry.ts";

const LIMITS = {
  seats: 2,
  lifespan: 300_000,
  maxExchanges: 24,
  maxData: 65_536,
  maxMessage: 24_576,
  maxChannels: 3,
  resumeWindow: 60_000,
  connectRate: Infinity,
  channelsPerAddress: Infinity,
};
const MESSAGE = { text: "x", sender: "" };
const START = 5_000;

/** A registry of which a test asks for nothing but ids and times. */
class Subject extends ChannelRegistry {
  constructor(limits: Partial<RegistryLimits> = {}) {
    super({ ...LIMITS, ...limits }, systemRandom);
  }

  opened(id: string, now = START): Admission | Refusal {
    return this.open({ id, address: "192.0.2.1", token: `token of ${id}`, nameplate: false }, now);
  }

  joined(id: string, now = START): Admission | Refusal {
    return this.join({ id, address: "192.0.2.2", token: `other token of ${id}` }, now);
  }
}

const admitted = (answer: Admission | Refusal): Admission => {
  if (isRefusal(answer)) throw new Error(answer.message);
  return answer;
};
const first = (id: string) => ({ id, seat: 0, connection: 0 });

describe("ChannelRegistry", () => {
  it("tells each participant its seat and the milliseconds left", () => {
    const registry = new Subject();
    expect(registry.opened("a", START)).toMatchObject({ id: "a", seat: 0, expiresIn: 300_000 });
    expect(registry.joined("a", START + 1_500)).toMatchObject({ id: "a", seat: 1, expiresIn: 298_500 });
  });

  it("does not lose a millisecond to fractions of the clock", () => {
    for (let now = 0.1; now < 1e6; now = now * 1.37 + 0.3) {
      expect(new Subject().opened("a", now)).toMatchObject({ expiresIn: 300_000 });
    }
  });

  it("tells of an unlimited lifespan", () => {
    const registry = new Subject({ lifespan: Infinity });
    expect(registry.opened("a", START)).toMatchObject({ expiresIn: null });
  });

  it("refuses past max-channels without touching the others, and takes more once there is room", () => {
    const registry = new Subject();
    for (const id of ["a", "b", "c"]) expect(isRefusal(registry.opened(id, START))).toBe(false);
    expect(registry.opened("d", START)).toBe(REFUSALS.relayFull);
    expect(registry.size).toBe(3);
    registry.end("b", ENDINGS.binary, START);
    expect(isRefusal(registry.opened("d", START))).toBe(false);
  });

  it("never lets a second channel take the place of one with the same id", () => {
    const registry = new Subject();
    registry.opened("a", START);
    expect(() => registry.opened("a", START)).toThrow(/random source/);
  });

  it.each<[string, Refusal, (registry: Subject) => unknown]>([
    ["unknown", REFUSALS.unknown, (registry) => registry.due(START)],
    ["full", REFUSALS.full, (registry) => [registry.opened("a", START), registry.joined("a", START)]],
    [
      "ended",
      REFUSALS.ended,
      (registry) => [registry.opened("a", START), registry.end("a", ENDINGS.binary, START)],
    ],
    ["over, not yet swept", REFUSALS.ended, (registry) => registry.opened("a", START - 300_000)],
  ])("refuses to join a channel that is %s", (_name, refusal, prepare) => {
    const registry = new Subject();
    prepare(registry);
    const before = registry.size;
    expect(registry.joined("a", START)).toBe(refusal);
    expect(registry.size).toBe(before);
  });

  it("finds channels whose lifespan is over, to the slot", () => {
    const registry = new Subject();
    registry.opened("a", START);
    registry.opened("b", START + 60_000);
    expect(registry.due(START + 299_999)).toEqual([]);
    expect(registry.due(START + 300_000)).toEqual([{ id: "a", ending: ENDINGS.lifespanOver }]);
  });

  it("lets no message through once the lifespan is over, even before the channel has been closed", () => {
    const registry = new Subject();
    registry.opened("a");
    expect(registry.accept(first("a"), MESSAGE, 1, START + 300_000)).toBe(ENDINGS.lifespanOver);
  });

  it("finds the one that stays, however often it is asked before", () => {
    const registry = new Subject();
    registry.opened("a", START);
    const second = admitted(registry.joined("a", START));
    registry.attach(second);
    expect(registry.leave(first("a"), START)).toBe(true);
    for (let now = START; now < START + 2_000; now += 100) expect(registry.due(now)).toEqual([]);
    expect(registry.due(START + 3_250)).toEqual([{ id: "a", ending: ENDINGS.peerLeft }]);
  });

  it("sums a channel up at its end, once", () => {
    const registry = new Subject();
    registry.opened("a", START);
    registry.joined("a", START);
    expect(registry.accept(first("a"), MESSAGE, 7, START)).toBe(true);
    expect(registry.accept(first("a"), MESSAGE, 8, START)).toBe(true);
    expect(registry.end("a", ENDINGS.peerLeft, START + 9_000)).toEqual({
      id: "a",
      ending: ENDINGS.peerLeft,
      participants: 2,
      exchanges: 2,
      bytes: 15,
      duration: 9_000,
    });
    expect(registry.end("a", ENDINGS.peerLeft, START + 9_000)).toBeUndefined();
    expect([registry.size, registry.waiting, registry.addresses]).toEqual([0, 0, 0]);
  });

  it("remembers ended ids for a while, and not too many", () => {
    const registry = new Subject();
    for (let count = 0; count <= REMEMBERED_IDS; count++) {
      registry.opened(String(count), START);
      registry.end(String(count), ENDINGS.everyoneLeft, START);
    }
    expect(registry.remembered).toBe(REMEMBERED_IDS);
    expect(registry.joined("0", START)).toBe(REFUSALS.unknown);
    expect(registry.joined("1", START)).toBe(REFUSALS.ended);
    registry.due(START + REMEMBERED_FOR - 1);
    expect(registry.remembered).toBe(REMEMBERED_IDS);
    registry.due(START + REMEMBERED_FOR);
    expect(registry.remembered).toBe(0);
  });

  it("R7: holds no more of a channel that has ended before its time than its id", () => {
    const registry = new Subject();
    admitted(registry.open({ id: "A", address: "192.0.2.1", token: "first", nameplate: true }, START));
    registry.attach(first("A"));
    const held = () => {
      const { size, waiting, addresses, nameplates, remembered } = registry;
      return { size, waiting, addresses, nameplates, remembered };
    };
    expect(held()).toEqual({ size: 1, waiting: 1, addresses: 1, nameplates: 1, remembered: 0 });
    registry.end("A", ENDINGS.binary, START);
    expect(held()).toEqual({ size: 0, waiting: 0, addresses: 0, nameplates: 0, remembered: 1 });
  });

  it("R7: holds nothing after many channels, however they went", () => {
    const registry = new ChannelRegistry(
      { ...LIMITS, maxChannels: Infinity, connectRate: 1_000, channelsPerAddress: 64 },
      systemRandom,
    );
    let now = START;
    for (let index = 0; index < 2_000; index++) {
      now += 10;
      const id = `channel ${index}`;
      const address = `2001:db8:0:${(index % 50).toString(16)}::1`;
      const opened = { id, address, token: "first", nameplate: index % 2 === 0 };
      const { nameplate = "none" } = admitted(registry.open(opened, now));
      registry.attach(first(id));
      registry.joinByNameplate({ nameplate, address: `192.0.2.${index % 100}`, token: "second" }, now);
      registry.accept(first(id), MESSAGE, 7, now);
      if (index % 3 === 0) registry.lose(first(id), now);
      if (index % 7 === 0)
        registry.resume({ id, address, presented: "first", token: "third", received: 0 }, now);
      if (index % 11 === 0) registry.lose({ id, seat: 1, connection: 0 }, now);
      if (index % 5 === 0) registry.leave(first(id), now);
      for (const { id: over, ending } of registry.due(now)) registry.end(over, ending, now);
    }
    expect(registry.size).toBeGreaterThan(0);
    now += REMEMBERED_FOR + 300_000;
    for (const { id, ending } of registry.due(now)) registry.end(id, ending, now);
    registry.due(now + REMEMBERED_FOR);
    const { size, remembered, waiting, addresses, nameplates } = registry;
    const left = { size, remembered, waiting, addresses, nameplates };
    expect(left).toEqual({ size: 0, remembered: 0, waiting: 0, addresses: 0, nameplates: 0 });
  });
});
