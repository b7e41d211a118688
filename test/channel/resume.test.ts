/** Taking a lost seat again, with a relay that counts messages. */
import { describe, expect, it } from "vitest";
import { createChannel } from "../../src/channel/pairing-channel.ts";
import { ConnectError } from "../../src/channel/socket.ts";
import { FakeClock } from "../relay/support.ts";
import { EventReader, openPair, optionsFor } from "./harness.ts";
import { CHANNEL_ID, MemoryRelay } from "./memory-relay.ts";

function countingRelay(): MemoryRelay {
  const relay = new MemoryRelay();
  relay.counts = true;
  return relay;
}

/** Lets everything happen that does not wait for time. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
}

const TEXTS = ["1", "2", "3"];

describe("a lost connection", () => {
  // A conversation: four frames of handshake, then three messages from either side.
  it.each([...Array(10).keys()])(
    "after frame %i loses and doubles nothing, on either side",
    async (cutAfter) => {
      for (const victim of [0, 1]) {
        const relay = countingRelay();
        const cut = () => {
          relay.cutSeat(relay.seats[victim]!);
        };
        relay.afterFrame = (_frame, index) => {
          if (index === cutAfter) cut();
        };
        const { host, join } = await openPair(relay);
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
      }
    },
  );

  it("names its seat and what it has got", async () => {
    const relay = countingRelay();
    const { host } = await openPair(relay);
    await settle();
    relay.cutSeat(relay.seats[0]!);
    await settle();
    expect(relay.seats[2]?.request.url).toBe(`ws://127.0.0.1:8000/v1/ws/${CHANNEL_ID}?resume=0.1&received=2`);
    await host.close();
  });

  it.each([1001, 1006, 1013, 4002])("is taken up again after close code %i", async (code) => {
    const relay = countingRelay();
    await createChannel(optionsFor(relay));
    relay.cut(code);
    await settle();
    expect(relay.seats).toHaveLength(2);
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
    expect(await new EventReader(channel).rest()).toMatchObject([
      { type: "ended", error: { code: "unreachable" } },
    ]);
    expect(relay.seats).toHaveLength(1);
  });
});

describe("attempts to come back", () => {
  async function lost(refusal: ConnectError) {
    const relay = countingRelay();
    const clock = new FakeClock();
    const channel = await createChannel(optionsFor(relay, clock));
    relay.refusal = refusal;
    relay.cut();
    await settle();
    return { relay, clock, channel, events: new EventReader(channel) };
  }

  it("are made every 2 seconds for 50, then it is a broken connection", async () => {
    const { relay, clock, channel, events } = await lost(new ConnectError({ systemCode: "ENETUNREACH" }));
    const times: number[] = [];
    const start = clock.now();
    while (relay.seats.length > times.length + 1) {
      times.push(clock.now() - start);
      clock.advance(2000);
      await settle();
    }
    expect(times).toEqual(Array.from({ length: 25 }, (_, i) => i * 2000));
    expect(await events.rest()).toMatchObject([{ type: "ended", error: { code: "unreachable" } }]);
    expect(channel.key).toEqual(new Uint8Array(32));
  });

  it("go on until the network is back", async () => {
    const { relay, clock, channel } = await lost(new ConnectError({ status: 503 }));
    relay.refusal = undefined;
    clock.advance(2000);
    await settle();
    expect(relay.seats).toHaveLength(3);
    await channel.close();
    expect(relay.seats[2]?.closed).toBe(1000);
  });

  it.each([400, 403, 404, 409, 410])("end where the relay will have none of it: %i", async (status) => {
    const { relay, events } = await lost(new ConnectError({ status }));
    expect(await events.rest()).toMatchObject([{ type: "ended", error: { code: "unreachable" } }]);
    expect(relay.seats).toHaveLength(2);
  });

  it("end when the channel is closed here", async () => {
    const { relay, clock, channel, events } = await lost(new ConnectError({}));
    await channel.close();
    clock.advance(60_000);
    await settle();
    expect(relay.seats).toHaveLength(2);
    expect(await events.rest()).toEqual([]);
  });

  it.each([{ seen: 1 }, { seen: undefined }, { channelid: "EAECAwQFBgcICQoLDA0ODw" }])(
    "are betrayed by a relay that takes up something else: %j",
    async (greeting) => {
      const relay = countingRelay();
      const channel = await createChannel(optionsFor(relay));
      relay.greeting = greeting as never;
      relay.cut();
      expect(await new EventReader(channel).rest()).toMatchObject([
        { type: "ended", error: { code: "channel_security" } },
      ]);
    },
  );
});
