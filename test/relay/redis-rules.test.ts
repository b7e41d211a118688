/** The rules that Redis runs are those of one process's memory: whatever guests do, both relays tell them the same. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemRandom } from "../../src/lib/random.ts";
import { MemoryBackplane } from "../../src/relay/backplane-memory.ts";
import type { Admission, Backplane, ChannelSummary } from "../../src/relay/backplane.ts";
import { isRefusal } from "../../src/relay/backplane.ts";
import type { Ending } from "../../src/relay/endings.ts";
import { ENDINGS } from "../../src/relay/endings.ts";
import { silentLog } from "../../src/relay/log.ts";
import { parseRedisAddress } from "../../src/relay/redis/address.ts";
import { RedisBackplane } from "../../src/relay/redis/backplane.ts";
import { fresh, LIMITS } from "./contract/world.ts";
import { describeWithRedis, RedisServer } from "./redis-server.ts";
import { FakeClock, RecordingObserver } from "./support.ts";

/**
 * Time passes in steps of this many milliseconds. No deadline comes up to a sweep's interval before such a moment, when it
 * depends on who looks first whether it has come.
 */
const STEP = 700;
const TIMES = { lifespan: 299_800, resumeWindow: 60_300 };

type Step =
  | { readonly do: "open" }
  | { readonly do: "join"; readonly channel: number }
  | { readonly do: "says"; readonly guest: number; readonly bytes: number }
  | { readonly do: "leaves" | "isLost" | "isAlive" | "attaches" | "endsAll"; readonly guest: number }
  | { readonly do: "resumes"; readonly guest: number; readonly received: number; readonly attaches: boolean }
  | { readonly do: "passes"; readonly steps: number };

const small = fc.nat(7);
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant("open" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("join" as const), channel: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("endsAll" as const), guest: small }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant("says" as const), guest: small, bytes: fc.nat(60) }) },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "leaves" as const,
        "isLost" as const,
        "isLost" as const,
        "isAlive" as const,
        "attaches" as const,
      ),
      guest: small,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("resumes" as const),
      guest: small,
      received: fc.integer({ min: -3, max: 4 }),
      attaches: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("passes" as const),
      steps: fc.constantFrom(1, 2, 4, 5, 20, 80, 90, 430),
    }),
  },
) as fc.Arbitrary<Step>;

interface Guest {
  readonly admission: Admission;
  readonly node: Backplane;
  readonly heard: (string | Ending)[];
  gone: boolean;
  attached: boolean;
}

/** Guests of one relay, who do what steps say; on several nodes by turns. */
class Party {
  readonly told: unknown[] = [];
  readonly observer = new RecordingObserver();
  readonly #ids: readonly string[];
  #nodes: readonly Backplane[] = [];
  readonly #channels: string[] = [];
  readonly #guests: Guest[] = [];
  #asked = 0;

  constructor(ids: readonly string[]) {
    this.#ids = ids;
  }

  /** What each guest was told, in order. */
  get heard(): readonly (readonly (string | Ending)[])[] {
    return this.#guests.map(({ heard }) => heard);
  }

  /** What was told of each channel; which of several that end at once comes first is left open. */
  get ended(): readonly ChannelSummary[] {
    return this.observer.summaries.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  async start(make: (observer: RecordingObserver) => Promise<readonly Backplane[]>): Promise<void> {
    this.#nodes = await make(this.observer);
  }

  async close(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.close()));
  }

  async does(what: Step): Promise<void> {
    const node = this.#nodes[this.#asked++ % this.#nodes.length]!;
    const request = { address: "192.0.2.1", token: this.#ids[this.#asked]! };
    if (what.do === "passes") {
      for (const each of this.#nodes) each.sweep();
    } else if (what.do === "open") {
      const id = this.#ids[this.#asked + 500]!;
      this.#channels.push(id);
      this.#note(node, await node.open({ ...request, id, nameplate: false }), true);
    } else if (what.do === "join") {
      const id = this.#channels[what.channel % this.#channels.length];
      if (id !== undefined) this.#note(node, await node.join({ ...request, id }), true);
    } else {
      const guest = this.#guests[what.guest % this.#guests.length];
      if (guest === undefined) return;
      const { admission } = guest;
      const { id, resume: presented = "" } = admission;
      if (what.do === "resumes") {
        const received = what.received < 0 ? undefined : what.received;
        this.#note(node, await node.resume({ ...request, id, presented, received }), what.attaches);
      } else if (what.do === "attaches") this.#attach(guest, true);
      else if (!guest.gone && guest.attached) {
        if (what.do === "says")
          guest.node.relay(admission, { text: `${this.#asked}`, sender: "" }, what.bytes);
        if (what.do === "isAlive") guest.node.alive(admission);
        if (what.do === "endsAll") guest.node.end(admission, ENDINGS.binary);
        if (what.do === "leaves") guest.node.leave(admission);
        if (what.do === "isLost") guest.node.lose(admission);
        guest.gone = what.do === "leaves" || what.do === "isLost";
      }
    }
  }

  #note(node: Backplane, answer: Awaited<ReturnType<Backplane["open"]>>, attaches: boolean): void {
    this.told.push(answer);
    if (isRefusal(answer)) return;
    const guest: Guest = { admission: answer, node, heard: [], gone: false, attached: false };
    this.#guests.push(guest);
    if (attaches) this.#attach(guest);
  }

  /** Of several reasons why a seat is over, it is left open which one somebody hears who comes `late` to it. */
  #attach(guest: Guest, late = false): void {
    if (guest.attached) return;
    guest.attached = true;
    guest.node.attach(guest.admission, {
      deliver: ({ text }) => guest.heard.push(text),
      end: (ending) => guest.heard.push(late && guest.heard.length === 0 ? "over" : ending),
    });
  }
}

describeWithRedis("the rules in Redis", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  it.each([
    ["of two seats", { seats: 2 }],
    ["of three seats", { seats: 3 }],
    ["where resuming is off", { seats: 2, resumeWindow: 0 }],
  ])("are those in memory, for channels %s", async (_name, more) => {
    const limits = { ...LIMITS, ...TIMES, ...more, maxExchanges: 12, maxData: 400, maxMessage: 55 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        const clock = new FakeClock();
        const ids = Array.from({ length: 1_000 }, fresh);
        const [memory, redis] = [new Party(ids), new Party(ids)];
        let nodes: RedisBackplane[] = [];
        await memory.start((observer) =>
          Promise.resolve([new MemoryBackplane(limits, clock, systemRandom, observer)]),
        );
        await redis.start(async (observer) => {
          const options = {
            ...{ address: parseRedisAddress(server.url), limits, heartbeat: 5_000, clock, observer },
            ...{ random: systemRandom, log: silentLog, storeTime: () => Promise.resolve(clock.now()) },
          };
          nodes = [await RedisBackplane.start(options), await RedisBackplane.start(options)];
          return nodes;
        });
        try {
          for (const each of steps) {
            if (each.do === "passes") clock.advance(each.steps * STEP);
            await memory.does(each);
            await redis.does(each);
            for (let round = 0; round < 2; round++) for (const node of nodes) await node.settled();
            expect(redis.told).toEqual(memory.told);
            expect(redis.heard).toEqual(memory.heard);
            expect(redis.ended).toEqual(memory.ended);
            expect(redis.observer.messages).toEqual(memory.observer.messages);
          }
          expect(redis.observer.foreigners).toBe(0);
        } finally {
          await memory.close();
          await redis.close();
        }
      }),
      { numRuns: 30 },
    );
  });
});
