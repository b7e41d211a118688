/** Two clients in one channel of an in-memory relay. */
import { createChannel, joinChannel } from "../../src/channel/pairing-channel.ts";
import type { ChannelEvent, PairingChannel } from "../../src/channel/pairing-channel.ts";
import { noProxy } from "../../src/network/proxies.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { FakeClock } from "../relay/support.ts";
import type { MemoryRelay } from "./memory-relay.ts";

export const optionsFor = (relay: MemoryRelay, clock = new FakeClock()) => ({
  relayUrl: "ws://127.0.0.1:8000",
  clock,
  random: systemRandom,
  userAgent: "fxa-pair/0 (test)",
  proxyFor: noProxy,
  openSocket: relay.openSocket,
});

export async function openPair(relay: MemoryRelay, clock = new FakeClock(), key?: Uint8Array) {
  const options = optionsFor(relay, clock);
  const host = await createChannel(options);
  const join = await joinChannel({ ...options, channelId: host.id, channelKey: key ?? host.key });
  return { host, join };
}

/** Reads events one by one, as somebody who waits for each. Those of the connection are set aside. */
export class EventReader {
  /** What became of the connection, as far as it was read. */
  readonly connection: ("lost" | "resumed")[] = [];
  readonly #events: AsyncIterator<ChannelEvent>;

  constructor(channel: PairingChannel) {
    this.#events = channel.events()[Symbol.asyncIterator]();
  }

  async next(): Promise<ChannelEvent | undefined> {
    for (;;) {
      const { value, done } = await this.#events.next();
      if (done === true) return undefined;
      if (value.type !== "lost" && value.type !== "resumed") return value;
      this.connection.push(value.type);
    }
  }

  /** All events up to the end. */
  async rest(): Promise<readonly ChannelEvent[]> {
    const events: ChannelEvent[] = [];
    for (let event = await this.next(); event !== undefined; event = await this.next()) events.push(event);
    return events;
  }
}
