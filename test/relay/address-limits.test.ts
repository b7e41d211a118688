/** What one address may ask for: the counting, and what its clients are told. */
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { addressGroup } from "../../src/relay/address-group.ts";
import { AddressLimits, REMEMBERED_ADDRESSES } from "../../src/relay/address-limits.ts";
import type { Answer, TestRelay } from "./support.ts";
import { ask, closeRelays, handshake, testRelay, TestClient } from "./support.ts";

afterEach(closeRelays);

describe("an address is counted", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::FFFF:c000:207", "192.0.2.7"],
    ["0:0:0:0:0:ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8::7", "2001:db8:0:0::/64"],
    ["2001:DB8:0:0:1:2:3:4", "2001:db8:0:0::/64"],
    ["2001:db8:0:1::", "2001:db8:0:1::/64"],
    ["2001:0db8:00a0::1", "2001:db8:a0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["::", "0:0:0:0::/64"],
    ["1:2:3:4:5:6:7::", "1:2:3:4::/64"],
    ["::192.0.2.7", "0:0:0:0::/64"],
    ["", ""],
    ["no address", "no address"],
    ["1:2:no address", "1:2:no address"],
  ])("for %j under %j", (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });

  it("together with all of its /64, however it is written, and with nothing else", () => {
    const number = fc.nat(0xffff);
    const long = (groups: readonly number[]): string => groups.map((each) => each.toString(16)).join(":");
    const network = fc.tuple(fc.integer({ min: 0x2000, max: 0x3fff }), number, number, number);
    const host = fc.tuple(number, number, number, number);
    fc.assert(
      fc.property(network, network, host, host, (one, other, first, second) => {
        const same = addressGroup(long([...one, ...first]));
        expect(addressGroup(long([...one, ...second]).toUpperCase())).toBe(same);
        expect(addressGroup(`${long(one)}::`)).toBe(same);
        expect(addressGroup(long([...other, ...first])) === same).toBe(long(one) === long(other));
      }),
      { numRuns: 500 },
    );
  });
});

describe("AddressLimits", () => {
  const limits = { connectRate: 20, channelsPerAddress: 64 };

  it("allow three seconds' worth at once and the rate in the long run, telling when to come back", () => {
    const subject = new AddressLimits(limits);
    const ask = (now: number): boolean => subject.request("192.0.2.1", now) === undefined;
    let allowed = 0;
    for (let count = 0; count < 1_000; count++) if (ask(0)) allowed++;
    expect(allowed).toBe(60);
    expect(subject.request("192.0.2.1", 0)).toBe(1);
    for (let now = 1; now <= 10_000; now++) if (ask(now)) allowed++;
    expect(allowed).toBe(60 + 200);
    expect(new AddressLimits({ ...limits, connectRate: 1 }).request("192.0.2.1", 0)).toBeUndefined();
  });

  it("are never given more than the burst by a long rest", () => {
    const subject = new AddressLimits({ ...limits, connectRate: 1 });
    for (const now of [0, 1e9]) {
      const answers = Array.from({ length: 5 }, () => subject.request("192.0.2.1", now));
      expect(answers).toEqual([undefined, undefined, undefined, 1, 1]);
    }
  });

  it("forget what limits nobody any more", () => {
    const subject = new AddressLimits(limits);
    subject.request("192.0.2.1", 0);
    subject.joinByNameplate("192.0.2.2", 0);
    const group = subject.opened("192.0.2.3");
    subject.opened("192.0.2.3");
    expect(subject.size).toBe(3);
    subject.forget(3_000);
    expect(subject.size).toBe(2);
    subject.forget(60_000);
    expect(subject.size).toBe(1);
    subject.closed(group);
    subject.closed(group);
    expect(subject.size).toBe(0);
  });

  it("keep no more than so many addresses, oldest forgotten first", () => {
    const subject = new AddressLimits({ ...limits, connectRate: 1 });
    const ask = (index: number): number | undefined => subject.request(`address ${index}`, 0);
    for (let count = 0; count < 3; count++) ask(0);
    for (let index = 1; index < REMEMBERED_ADDRESSES; index++) ask(index);
    expect([ask(0), subject.size]).toEqual([1, REMEMBERED_ADDRESSES]);
    ask(REMEMBERED_ADDRESSES);
    expect([subject.size, ask(0)]).toEqual([REMEMBERED_ADDRESSES, undefined]);
  });
});

const HOME = "127.0.0.1";
const FLOODER = "127.0.0.66";

describe("R6: a client over its limits", () => {
  const refused = (answer: Answer, { log }: TestRelay, error: string): void => {
    expect(answer.status).toBe(429);
    expect(JSON.parse(answer.body)).toMatchObject({ error });
    expect(answer.headers["retry-after"]).toMatch(/^[1-9][0-9]*$/);
    expect(log.lines.at(-1)).toEqual({
      ...{ level: "info", event: "refused" },
      fields: { status: 429, error, remote: FLOODER },
    });
  };

  it("of connections is told 429, whatever it asks for, until it has waited", async () => {
    const world = await testRelay({ connectRatePerIp: 2 });
    const first = await world.open();
    const paths = [`/v1/ws/${first.id}`, first.resumePath, "/v1/nameplates/1", "/v1/ws/"];
    const flood = (path: string): Promise<Answer> => ask(world.relay, path, handshake(), "GET", FLOODER);
    for (let count = 0; count < 6; count++) await flood("/v1/ws/AAAAAAAAAAAAAAAAAAAAAA");
    for (const path of paths) refused(await flood(path), world, "too_many_requests");
    // What asks for no seat counts for nothing.
    expect((await flood("/v1/ws/malformed")).status).toBe(400);
    const second = await world.join(first);
    second.send("hello");
    expect(await first.nextMessage()).toBe("hello");
    world.clock.advance(500);
    expect((await flood(`/v1/ws/${first.id}`)).status).toBe(409);
  });

  it("of open channels is told 429; others 503 at the total, and running pairings all finish", async () => {
    const world = await testRelay({ maxChannelsPerIp: 3, maxChannels: 6 });
    const pairs = [await world.pair(), await world.pair(), await world.pair()];
    const url = `${world.relay.url}/v1/ws/`;
    for (let count = 0; count < 3; count++) await TestClient.connect(url, { localAddress: FLOODER });
    const open = (address: string): Promise<Answer> =>
      ask(world.relay, "/v1/ws/", handshake(), "GET", address);
    for (let count = 0; count < 20; count++) refused(await open(FLOODER), world, "too_many_channels");
    expect((await open("127.0.0.2")).status).toBe(503);
    expect((await open(HOME)).status).toBe(429);
    for (const [first, second] of pairs) {
      first.send("hello");
      expect(await second.nextMessage()).toBe("hello");
      for (const client of [first, second]) client.socket.close(1000);
      await Promise.all([first.closed, second.closed]);
    }
    expect((await open(HOME)).status).toBe(101);
  });
});
