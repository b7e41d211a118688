/** After a failure of the channel nothing more happens on it, though the relay would give the seat back. */
import { expect, it } from "vitest";
import type { PairingChannel } from "../../src/channel/pairing-channel.ts";
import { FakeClock } from "../relay/fake-clock.ts";
import { EventReader, openPair } from "./harness.ts";
import { MemoryRelay } from "./memory-relay.ts";
import type { Frame } from "./memory-relay.ts";

function damaged(text: string): string {
  const record = Buffer.from(text, "base64url");
  record[record.length - 1] = (record.at(-1) ?? 0) ^ 1;
  return record.toString("base64url");
}

async function talk(channel: PairingChannel, document: string) {
  const events = [];
  const reader = new EventReader(channel);
  for (let event = await reader.next(); event !== undefined; event = await reader.next()) {
    events.push(event);
    if (event.type === "connected") channel.send(document);
  }
  return events.at(-1);
}

it.each<[what: string, mischief: (frame: Frame, index: number) => readonly string[]]>([
  ["a changed ClientHello (C6: a wrong binder)", ({ text }, at) => [at === 0 ? damaged(text) : text]],
  ["a changed Finished", ({ text }, at) => [at === 2 ? damaged(text) : text]],
  ["a changed message", ({ text }, at) => [at === 4 ? damaged(text) : text]],
  ["a message that comes twice", ({ text }, at) => (at === 4 ? [text, text] : [text])],
  ["a message from the other side again", ({ text }, at) => (at === 5 ? [text, text] : [text])],
])("C8: %s burns channel and key; nobody comes back to it", async (_what, mischief) => {
  const relay = new MemoryRelay();
  relay.counts = true;
  relay.tap = mischief;
  const clock = new FakeClock();
  const { host, join } = await openPair(relay, clock);
  const endings = await Promise.all([talk(host, "from the host"), talk(join, "from the joiner")]);
  for (const ending of endings) {
    expect(ending).toMatchObject({ type: "ended", error: { code: "channel_security" } });
  }
  // Longer than a lost connection would be sought.
  for (let seconds = 0; seconds < 60; seconds++) {
    clock.advance(1000);
    await new Promise(setImmediate);
  }
  expect(relay.seats).toHaveLength(2);
  for (const { closed } of relay.seats) expect(closed).toBe(1000);
  for (const { key } of [host, join]) expect(key).toEqual(new Uint8Array(32));
});

it("C8: nobody comes back to a relay that leaves the closing handshake unanswered, either", async () => {
  const relay = new MemoryRelay();
  relay.counts = true;
  relay.tap = ({ text }, at) => [at === 4 ? damaged(text) : text];
  const clock = new FakeClock();
  const { host, join } = await openPair(relay, clock);
  for (const seat of relay.seats) {
    seat.close = () => undefined;
    seat.terminate = () => {
      seat.request.listener({ type: "closed", code: 1006, reason: "" });
    };
  }
  await Promise.all([talk(host, "from the host"), talk(join, "from the joiner")]);
  for (let seconds = 0; seconds < 60; seconds++) {
    clock.advance(1000);
    await new Promise(setImmediate);
  }
  expect(relay.seats).toHaveLength(2);
});
