/** Taking a lost seat again, with a relay that counts messages. */
import { describe, expect, it } from "vitest";
import { createChannel } from "../../src/channel/pairing-channel.ts";
import { ConnectError } from "../../src/channel/socket.ts";
import type { ConnectFacts } from "../../src/channel/socket.ts";
import { formatFirstMessage } from "../../src/channel/wire.ts";
import { FakeClock } from "../relay/support.ts";
import { EventReader, openPair, optionsFor } from "./harness.ts";
import { CHANNEL_ID, MemoryRelay } from "./memory-relay.ts";

function countingRelay(): MemoryRelay {
  const relay = new MemoryRelay();
  relay.counts = true;
  return relay;
}

/** The milliseconds between two attempts. */
const PAUSE = 2000;
const TEXTS = ["1", "2", "3"];
const BROKEN = [{ type: "ended", error: { code: "unreachable" } }];

async function connected(relay = countingRelay()) {
  const clock = new FakeClock();
  const { host, join } = await openPair(relay, clock);
  const events = { host: new EventReader(host), join: new EventReader(join) };
  for (const reader of [events.host, events.join]) expect(await reader.next()).toEqual({ type: "connected" });
  return { relay, clock, host, join, events };
}

describe("R12: a lost connection", () => {
  // A conversation: four frames of handshake, then three messages from either side.
  it.each([...Array(10).keys()])(
    "after frame %i loses and doubles nothing, on either side",
    async (cutAfter) => {
      for (const victim of [0, 1]) {
        const relay = countingRelay();
        const clock = new FakeClock();
        relay.afterFrame = (_frame, index) => {
          if (index !== cutAfter) return;
          relay.cutSeat(relay.seats[victim]!);
          // Only where nothing had come over that connection yet.
          void clock.waitedFor(PAUSE).then(() => {
            clock.advance(PAUSE);
          });
        };
        const { host, join } = await openPair(relay, clock);
        const events = { host: new EventReader(host), join: new EventReader(join) };
        for (const text of TEXTS) {
          host.send(text);
          join.send(text);
        }
        for (const reader of [events.host, events.join]) {
          expect(await reader.next()).toEqual({ type: "connected" });
          for (const text of TEXTS) expect(await reader.next()).toMatchObject({ type: "message", text });
        }
        await Promise.all([host.close(), join.close()]);
        expect(relay.seats).toHaveLength(3);
        expect(relay.frames).toHaveLength(10);
        expect(clock.pending).toBe(0);
      }
    },
  );

  it("names its seat and what it has got, and is not heard any more", async () => {
    const { relay, join, events } = await connected();
    const [old] = relay.seats;
    relay.cutSeat(old!);
    await relay.tried(3);
    expect(relay.seats[2]?.request.url).toBe(`ws://127.0.0.1:8000/v1/ws/${CHANNEL_ID}?resume=0.1&received=2`);
    join.send("1");
    expect(await events.host.next()).toMatchObject({ type: "message", text: "1" });
    old?.emit({ type: "violation" });
    old?.emit({ type: "closed", code: 4001, reason: "" });
    join.send("2");
    expect(await events.host.next()).toMatchObject({ type: "message", text: "2" });
  });

  it.each([1001, 1006, 1013, 4002])("is taken up again after close code %i", async (code) => {
    const { relay } = await connected();
    relay.cutSeat(relay.seats[0]!, code);
    await relay.tried(3);
  });

  it.each([1000, 1008, 4001, 4003])("is over after close code %i", async (code) => {
    const relay = countingRelay();
    const channel = await createChannel(optionsFor(relay));
    relay.cut(code);
    expect(await new EventReader(channel).rest()).toHaveLength(1);
    expect(relay.seats).toHaveLength(1);
  });

  it("is over at once on a relay that does not count", async () => {
    const relay = new MemoryRelay();
    relay.greeting = { resume: "0.1" };
    const channel = await createChannel(optionsFor(relay));
    relay.cut();
    const events = new EventReader(channel);
    expect(await events.rest()).toMatchObject(BROKEN);
    expect(events.connection).toEqual([]);
    expect(relay.seats).toHaveLength(1);
  });

  it("is told on that side alone, and that it is back before what had been missed", async () => {
    const { relay, host, join, events } = await connected();
    relay.cutSeat(relay.seats[0]!);
    join.send("1");
    const told: string[] = [];
    for await (const { type } of host.events()) {
      told.push(type);
      if (type === "message") break;
    }
    expect(told).toEqual(["lost", "resumed", "message"]);
    host.send("2");
    expect(await events.join.next()).toMatchObject({ type: "message", text: "2" });
    expect(events.join.connection).toEqual([]);
  });

  it("that was quiet for a while is sought again at once", async () => {
    const relay = countingRelay();
    const clock = new FakeClock();
    await createChannel(optionsFor(relay, clock));
    clock.advance(PAUSE);
    relay.cut();
    await relay.tried(2);
  });
});

describe("a relay that takes connections and drops them", () => {
  it("is asked again 25 times, every 2 seconds, and then no more", async () => {
    const relay = countingRelay();
    const clock = new FakeClock();
    const channel = await createChannel(optionsFor(relay, clock));
    relay.afterGreeting = (seat) => {
      relay.cutSeat(seat, 1001);
    };
    relay.cut(1001);
    for (let tried = 1; tried <= 25; tried++) {
      await clock.waitedFor(PAUSE);
      expect(relay.seats).toHaveLength(tried);
      clock.advance(PAUSE);
      await relay.tried(tried + 1);
    }
    expect(await new EventReader(channel).rest()).toMatchObject([
      { type: "ended", error: { code: "unreachable", details: { closeCode: 1001 } } },
    ]);
    expect(relay.seats).toHaveLength(26);
    expect(clock.pending).toBe(0);
  });

  it("is asked again at once where a message came through, but not more often either", async () => {
    const { relay, clock, host, join, events } = await connected();
    for (let resumes = 0; resumes <= 25; resumes++) {
      await relay.tried(2 + resumes);
      join.send("");
      relay.cutSeat(relay.seats[resumes === 0 ? 0 : 1 + resumes]!, 1001);
    }
    expect(await events.host.rest()).toMatchObject(BROKEN);
    expect(relay.seats).toHaveLength(2 + 25);
    expect(host.key).toEqual(new Uint8Array(32));
    await join.close();
    expect(clock.pending).toBe(0);
  });
});

describe("attempts to come back", () => {
  async function lost(refusal: Error) {
    const { relay, clock, host, join, events } = await connected();
    relay.refusal = refusal;
    relay.cutSeat(relay.seats[0]!);
    await relay.tried(3);
    return { relay, clock, channel: host, join, events: events.host };
  }

  it("are made every 2 seconds for 50, then it is a broken connection", async () => {
    const { relay, clock, channel, events } = await lost(new ConnectError({ systemCode: "ENETUNREACH" }));
    for (let tried = 1; tried <= 25; tried++) {
      await clock.waitedFor(PAUSE);
      expect(relay.seats).toHaveLength(2 + tried);
      clock.advance(PAUSE);
    }
    expect(await events.rest()).toMatchObject(BROKEN);
    expect(relay.seats).toHaveLength(2 + 25);
    expect(channel.key).toEqual(new Uint8Array(32));
    expect(clock.pending).toBe(0);
  });

  it("begin every 2 seconds, or every 10 where they hang, and none goes on beyond the 50", async () => {
    const { relay, clock, events } = await connected();
    relay.opening = "nothing";
    const starts: number[] = [];
    const lost = clock.now();
    relay.cutSeat(relay.seats[0]!);
    for (let tried = 3; tried <= 8; tried++) {
      await relay.tried(tried);
      starts.push(clock.now() - lost);
      if (tried === 3) {
        // This one fails after half a second.
        await clock.waitedFor(10_000);
        clock.advance(500);
        relay.seats[2]?.emit({ type: "closed", code: 1006, reason: "" });
        await clock.waitedFor(1500);
        clock.advance(1500);
      } else {
        const left = Math.min(10_000, 50_000 - (clock.now() - lost));
        await clock.waitedFor(left);
        clock.advance(left);
      }
    }
    expect(await events.host.rest()).toMatchObject(BROKEN);
    expect(starts).toEqual([0, 2000, 12_000, 22_000, 32_000, 42_000]);
    expect(clock.now() - lost).toBe(50_000);
    expect(clock.pending).toBe(0);
  });

  it.each([
    ["it is not found any more", new ConnectError({ status: 410 })],
    ["nobody can be reached", new ConnectError({ systemCode: "ENETUNREACH" })],
  ])("end with the channel's time: %s", async (_what, refusal) => {
    const relay = countingRelay();
    relay.greeting = { expires_in: 10 };
    const { clock, events } = await connected(relay);
    clock.advance(7000);
    relay.refusal = refusal;
    if ("status" in refusal.facts) clock.advance(3000);
    relay.cutSeat(relay.seats[0]!);
    if (!("status" in refusal.facts)) {
      for (const pause of [2000, 1000]) {
        await clock.waitedFor(pause);
        clock.advance(pause);
      }
    }
    expect(await events.host.rest()).toMatchObject([
      { type: "ended", error: { code: "timeout", message: "The channel's time is over." } },
    ]);
    expect(clock.pending).toBe(0);
  });

  it.each<ConnectFacts>([
    { status: 429, retryAfter: "1" },
    { status: 502 },
    { status: 503, retryAfter: "30" },
    { systemCode: "ECONNREFUSED" },
    { close: { code: 1013, reason: "" } },
  ])("go on until the relay is back: %j", async (facts) => {
    const { relay, clock, channel, join, events } = await lost(new ConnectError(facts));
    await clock.waitedFor(PAUSE);
    relay.refusal = undefined;
    clock.advance(PAUSE);
    join.send("1");
    expect(await events.next()).toMatchObject({ type: "message", text: "1" });
    expect(relay.seats).toHaveLength(4);
    await channel.close();
    expect(relay.seats[3]?.closed).toBe(1000);
  });

  it.each([400, 403, 404, 409, 410])("end where the relay will have none of it: %i", async (status) => {
    const { relay, events } = await lost(new ConnectError({ status }));
    expect(await events.rest()).toMatchObject(BROKEN);
    expect(relay.seats).toHaveLength(3);
  });

  it("end when the channel is closed here", async () => {
    const { relay, clock, channel, events, join } = await lost(new ConnectError({}));
    await clock.waitedFor(PAUSE);
    await channel.close();
    await join.close();
    expect(clock.pending).toBe(0);
    expect(relay.seats).toHaveLength(3);
    expect(await events.rest()).toEqual([]);
  });

  describe("that are under way when the channel is closed here", () => {
    async function closingMeanwhile() {
      const { relay, clock, host, join } = await connected();
      relay.opening = "nothing";
      relay.cutSeat(relay.seats[0]!);
      await relay.tried(3);
      const seat = relay.seats[2]!;
      const greeting = formatFirstMessage({ link: "/", channelid: CHANNEL_ID, resume: "0", seen: 2 });
      const greet = () => {
        seat.emit({ type: "text", text: greeting });
      };
      await clock.waitedFor(10_000);
      return { clock, closing: host.close(), join, seat, greet };
    }

    it("give the seat back if they succeed, so that the other device need not wait", async () => {
      const { clock, closing, join, seat, greet } = await closingMeanwhile();
      greet();
      await closing;
      expect(seat.closed).toBe(1000);
      await join.close();
      expect(clock.pending).toBe(0);
    });

    it("are waited for no longer than a second, and still give it back", async () => {
      const { clock, closing, join, seat, greet } = await closingMeanwhile();
      await clock.waitedFor(1000);
      clock.advance(1000);
      await closing;
      expect(seat.closed).toBeUndefined();
      greet();
      await join.close();
      await new Promise(setImmediate);
      expect(seat.closed).toBe(1000);
      expect(clock.pending).toBe(0);
    });
  });

  it("that meet a bug of our own report that very bug", async () => {
    const bug = new TypeError("undefined is not a function");
    const { events } = await lost(bug);
    expect(await events.rest()).toEqual([{ type: "ended", error: bug }]);
  });

  it.each([{ seen: 9 }, { seen: undefined }, { channelid: "EAECAwQFBgcICQoLDA0ODw" }])(
    "are betrayed by a relay that takes up something else: %j",
    async (greeting) => {
      const { relay, events } = await connected();
      relay.greeting = greeting as never;
      relay.cutSeat(relay.seats[0]!);
      expect(await events.host.rest()).toMatchObject([
        { type: "ended", error: { code: "channel_security" } },
      ]);
    },
  );
});

describe("what was sent is flushed", () => {
  it("at once on an open connection", async () => {
    const { host } = await connected();
    host.send("1");
    await host.flushed();
  });

  it("when a lost connection has been taken up again, and not before", async () => {
    const { relay, clock, host, events } = await connected();
    relay.refusal = new ConnectError({});
    relay.cutSeat(relay.seats[0]!);
    host.send("1");
    const sent = relay.frames.length;
    const flushed = host.flushed().then(() => relay.frames.length - sent);
    await clock.waitedFor(PAUSE);
    relay.refusal = undefined;
    clock.advance(PAUSE);
    expect(await flushed).toBe(1);
    expect(await events.join.next()).toMatchObject({ type: "message", text: "1" });
  });

  it("never where it may have died with the socket, and the seat is not given back", async () => {
    const { relay, host, events } = await connected();
    relay.refusal = new ConnectError({ status: 403 });
    host.send("1");
    relay.cutSeat(relay.seats[0]!);
    let flushed = false;
    await relay.tried(3);
    void host.flushed().then(() => (flushed = true));
    expect(await events.host.rest()).toMatchObject(BROKEN);
    await new Promise(setImmediate);
    expect(flushed).toBe(false);
  });

  it.each([true, false])(
    "never where it was sent to no avail: before the end was noticed, %s",
    async (before) => {
      const { relay, host, events } = await connected(new MemoryRelay());
      let flushed = false;
      const send = () => {
        host.send("1");
        void host.flushed().then(() => (flushed = true));
      };
      relay.cutSeat(relay.seats[0]!);
      if (before) send();
      expect(await events.host.rest()).toMatchObject(BROKEN);
      if (!before) send();
      await new Promise(setImmediate);
      expect(flushed).toBe(false);
    },
  );
});
