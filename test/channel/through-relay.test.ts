/** The channel and a whole pairing over real sockets and the relay of this project. */
import { afterEach, describe, expect, it } from "vitest";
import { createChannel, joinChannel } from "../../src/channel/pairing-channel.ts";
import type { ChannelOptions } from "../../src/channel/pairing-channel.ts";
import { openWebSocket } from "../../src/channel/socket.ts";
import type { OpenSocket } from "../../src/channel/socket.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { noProxy } from "../../src/network/proxies.ts";
import { runAuthority } from "../../src/pairing/run-authority.ts";
import { runSupplicant } from "../../src/pairing/run-supplicant.ts";
import { POLICY, REQUEST } from "../pairing/request-fixture.ts";
import { closeRelays, testRelay } from "../relay/support.ts";
import { EventReader } from "./harness.ts";

afterEach(closeRelays);

const CODE = "0123456789abcdef".repeat(4);
const METADATA = { email: "a@b.example", avatar: null, displayName: null, deviceName: null };

/** Options for one side, and the number of frames it has sent. */
function side(relayUrl: string) {
  let sent = 0;
  const openSocket: OpenSocket = async (request) => {
    const socket = await openWebSocket(request);
    return {
      ...socket,
      send(text) {
        sent += 1;
        return socket.send(text);
      },
    };
  };
  const options: ChannelOptions = {
    relayUrl,
    clock: systemClock,
    random: systemRandom,
    userAgent: "fxa-pair/0 (test)",
    proxyFor: noProxy,
    openSocket,
  };
  return { options, count: () => sent };
}

async function openPair(relayUrl: string) {
  const sides = { host: side(relayUrl), join: side(relayUrl) };
  const host = await createChannel(sides.host.options);
  const join = await joinChannel({ ...sides.join.options, channelId: host.id, channelKey: host.key });
  return { host, join, sides };
}

type Pair = Awaited<ReturnType<typeof openPair>>;

function runBoth({ host, join }: Pair) {
  const { signal } = new AbortController();
  const authority = runAuthority({
    channel: host,
    clock: systemClock,
    policy: POLICY,
    metadata: METADATA,
    timeout: 20_000,
    clientName: async () => null,
    authorize: async () => CODE,
    ask: async () => true,
    report: () => undefined,
    signal,
  });
  const supplicant = runSupplicant({
    channel: join,
    clock: systemClock,
    timeout: 20_000,
    request: REQUEST,
    ask: async () => true,
    redeem: async () => undefined,
    report: () => undefined,
    signal,
  });
  return Promise.all([authority, supplicant]);
}

describe("a pairing through the relay", () => {
  it("works, in eight frames and one close_notify a side", async () => {
    const { relay } = await testRelay();
    const pair = await openPair(relay.url);
    await runBoth(pair);
    expect(pair.sides.host.count()).toBe(5);
    expect(pair.sides.join.count()).toBe(5);
  });

  it("works where the relay allows no more than the reference does", async () => {
    const { relay } = await testRelay({ maxExchanges: 10 });
    await runBoth(await openPair(relay.url));
  });
});

describe("a channel on the relay", () => {
  it("shows each side what the relay says of the other", async () => {
    const { relay } = await testRelay();
    const { host, join } = await openPair(relay.url);
    join.send("{}");
    const events = new EventReader(host);
    await events.next();
    expect(await events.next()).toEqual({
      type: "message",
      text: "{}",
      sender: expect.objectContaining({ ua: "fxa-pair/0 (test)", remote: "127.0.0.1" }),
    });
    await Promise.all([host.close(), join.close()]);
  });

  it("has no third seat, and that is suspicious", async () => {
    const { relay } = await testRelay();
    const { host, join } = await openPair(relay.url);
    const third = joinChannel({ ...side(relay.url).options, channelId: host.id, channelKey: host.key });
    await expect(third).rejects.toMatchObject({ code: "channel_security" });
    await Promise.all([host.close(), join.close()]);
  });

  it("is burnt by a wrong key: not even the right one opens it afterwards", async () => {
    const { relay } = await testRelay();
    const host = await createChannel(side(relay.url).options);
    const key = new Uint8Array(host.key);
    const wrong = { ...side(relay.url).options, channelId: host.id, channelKey: new Uint8Array(32) };
    const stranger = await joinChannel(wrong);
    expect(await new EventReader(stranger).rest()).toEqual([
      { type: "ended", error: expect.objectContaining({ code: "channel_security" }) },
    ]);
    expect(await new EventReader(host).rest()).toEqual([
      { type: "ended", error: expect.objectContaining({ code: "channel_security" }) },
    ]);
    await Promise.all([host.close(), stranger.close()]);
    const right = joinChannel({ ...side(relay.url).options, channelId: host.id, channelKey: key });
    await expect(right).rejects.toMatchObject({ code: expect.stringMatching(/timeout|channel_security/) });
  });

  it("is unknown once it is over, and where it never was", async () => {
    const { relay } = await testRelay();
    const host = await createChannel(side(relay.url).options);
    await host.close();
    for (const channelId of [host.id, "AAECAwQFBgcICQoLDA0ODw"]) {
      const join = joinChannel({ ...side(relay.url).options, channelId, channelKey: new Uint8Array(32) });
      await expect(join).rejects.toMatchObject({ code: "timeout" });
    }
  });

  it("tells of a device that gives up before the handshake is done as of one that left", async () => {
    const { relay, clock, log, open } = await testRelay();
    const gone = () => log.next("participant_left");
    const LEFT = [{ type: "ended", error: { code: "declined_there", message: "The other device left." } }];

    const host = await createChannel(side(relay.url).options);
    const { options } = side(relay.url);
    const hasty = await joinChannel({ ...options, channelId: host.id, channelKey: host.key });
    const joinGone = gone();
    hasty.closeNotify();
    await hasty.close();
    await joinGone;
    clock.advance(5000);
    expect(await new EventReader(host).rest()).toMatchObject(LEFT);

    const silent = await open();
    const join = await joinChannel({ ...options, channelId: silent.id, channelKey: new Uint8Array(32) });
    const hostGone = gone();
    silent.socket.close(1000);
    await hostGone;
    clock.advance(5000);
    expect(await new EventReader(join).rest()).toMatchObject(LEFT);
  });

  it("ends when its time is over, or the other device has left", async () => {
    const { relay, clock, log } = await testRelay({ connLifespan: 20 });
    const alone = await createChannel(side(relay.url).options);
    const { host, join } = await openPair(relay.url);
    const events = new EventReader(host);
    expect(await events.next()).toEqual({ type: "connected" });
    const noticed = log.next("participant_left");
    await join.close();
    await noticed;
    clock.advance(5000);
    expect(await events.next()).toMatchObject({ type: "ended", error: { code: "declined_there" } });
    clock.advance(20_000);
    expect(await new EventReader(alone).rest()).toMatchObject([
      { type: "ended", error: { code: "timeout" } },
    ]);
    await host.close();
  });
});
