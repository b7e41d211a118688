import { describe, expect, it } from "vitest";
import type { ChannelLimits } from "../../src/relay/channel-rules.ts";
import {
  acceptMessage,
  leaveSeat,
  loseSeat,
  nextDeadline,
  openChannel,
  passTime,
  PEER_LEFT_DELAY,
  seatOf,
  takeSeat,
} from "../../src/relay/channel-rules.ts";
import type { Channel } from "../../src/relay/channel.ts";
import type { Ending } from "../../src/relay/endings.ts";
import { ENDINGS } from "../../src/relay/endings.ts";
import { REFUSALS } from "../../src/relay/refusals.ts";
import { resumeSeat } from "../../src/relay/resuming.ts";

const LIMITS: ChannelLimits = {
  ...{ seats: 2, lifespan: 300_000, maxExchanges: 3, maxData: 100, maxMessage: 60, resumeWindow: 60_000 },
};
const NONE: ChannelLimits = {
  ...{ seats: 2, lifespan: Infinity, maxExchanges: Infinity, maxData: Infinity, maxMessage: Infinity },
  resumeWindow: 60_000,
};
const START = 1_000;

const open = (limits = LIMITS): Channel => openChannel("AAAAAAAAAAAAAAAAAAAAAA", "token 0", limits, START);
const take = (channel: Channel, limits = LIMITS): number | undefined => {
  const number = takeSeat(channel, `token ${channel.seats.length}`, limits);
  if (number !== undefined) channel.seats[number]!.attached = true;
  return number;
};
const pair = (limits = LIMITS): Channel => {
  const channel = open(limits);
  channel.seats[0]!.attached = true;
  take(channel, limits);
  return channel;
};
const leave = (channel: Channel, seat: number, now: number): Ending | undefined =>
  leaveSeat(channel, channel.seats[seat]!, now);
const lose = (channel: Channel, seat: number, now: number, limits = LIMITS): Ending | undefined =>
  loseSeat(channel, channel.seats[seat]!, limits, now);
const accept = (channel: Channel, bytes: number, limits = LIMITS): Ending | undefined =>
  acceptMessage(channel, channel.seats[0]!, { seat: 0, text: "x", sender: "" }, bytes, limits);

describe("seats", () => {
  it("are two: the creator's and one more", () => {
    const channel = open();
    expect(take(channel)).toBe(1);
    expect(take(channel)).toBeUndefined();
  });

  it.each([0, 1])("are not given to a newcomer when the owner of seat %i has left or is away", (seat) => {
    const left = pair();
    leave(left, seat, START);
    expect(take(left)).toBeUndefined();
    const away = pair();
    lose(away, seat, START);
    expect(take(away)).toBeUndefined();
  });

  it("may be more, if the operator says so", () => {
    const limits = { ...LIMITS, seats: 3 };
    const channel = open(limits);
    expect([take(channel, limits), take(channel, limits), take(channel, limits)]).toEqual([1, 2, undefined]);
  });

  it("are their latest connection's, until they are left", () => {
    const channel = pair();
    expect(seatOf(channel, { seat: 1, connection: 0 })).toBe(channel.seats[1]);
    expect(seatOf(channel, { seat: 1, connection: 1 })).toBeUndefined();
    expect(seatOf(channel, { seat: 2, connection: 0 })).toBeUndefined();
    leave(channel, 1, START);
    expect(seatOf(channel, { seat: 1, connection: 0 })).toBeUndefined();
  });
});

describe("lifespan", () => {
  it("counts from creation, whatever happens in between", () => {
    const channel = pair();
    accept(channel, 1);
    lose(channel, 1, START + 299_000);
    expect(nextDeadline(channel)).toBe(START + 300_000);
    expect(passTime(channel, START + 299_999)).toBeUndefined();
    expect(passTime(channel, START + 300_000)).toBe(ENDINGS.lifespanOver);
  });

  it("may be unlimited", () => {
    const channel = open(NONE);
    expect(passTime(channel, 1e15)).toBeUndefined();
    expect(nextDeadline(channel)).toBe(Infinity);
  });
});

describe("messages", () => {
  const cases = [
    { name: "max-exchanges, exactly", sizes: [1, 1, 1], ending: undefined },
    { name: "max-exchanges, one more", sizes: [1, 1, 1, 1], ending: ENDINGS.maxExchanges },
    { name: "max-data, exactly", sizes: [50, 50], ending: undefined },
    { name: "max-data, one byte more", sizes: [50, 51], ending: ENDINGS.maxData },
    { name: "max-message, exactly", sizes: [60], ending: undefined },
    { name: "max-message, one byte more", sizes: [61], ending: ENDINGS.maxMessage },
  ];
  it.each(cases)("$name", ({ sizes, ending }) => {
    const channel = open();
    const endings = sizes.map((size) => accept(channel, size));
    expect(endings.at(-1)).toBe(ending);
    expect(endings.slice(0, -1).every((earlier) => earlier === undefined)).toBe(true);
  });

  it("are counted, and not counted when they break a limit", () => {
    const channel = pair();
    accept(channel, 50);
    accept(channel, 61);
    expect(channel).toMatchObject({ exchanges: 1, bytes: 50 });
    expect(channel.seats.map(({ seen }) => seen)).toEqual([1, 0]);
    expect(channel.held).toHaveLength(1);
  });

  it("are held while somebody else has a seat, be he away, and only where resuming is on", () => {
    const channel = open(NONE);
    accept(channel, 1, NONE);
    expect(channel.held).toHaveLength(0);
    take(channel, NONE);
    lose(channel, 1, START, NONE);
    accept(channel, 1, NONE);
    expect(channel.held).toEqual([{ seat: 0, text: "x", sender: "" }]);
    leave(channel, 1, START);
    accept(channel, 1, NONE);
    expect(channel.held).toHaveLength(1);
    expect(channel.seats[0]?.seen).toBe(3);
    const off = { ...NONE, resumeWindow: 0 };
    const forgetful = pair(off);
    accept(forgetful, 1, off);
    expect(forgetful.held).toHaveLength(0);
  });

  it("may be unlimited", () => {
    const channel = open(NONE);
    for (let count = 0; count < 1_000; count++) expect(accept(channel, 1e9, NONE)).toBeUndefined();
  });
});

describe("leaving", () => {
  it("ends the channel with the last participant", () => {
    const channel = pair();
    expect(leave(channel, 0, START)).toBeUndefined();
    expect(leave(channel, 1, START)).toBe(ENDINGS.everyoneLeft);
  });

  it("sends the one that stays away 2 to 5 seconds later", () => {
    const channel = pair();
    leave(channel, 1, START + 10_000);
    const due = START + 10_000 + PEER_LEFT_DELAY;
    expect(nextDeadline(channel)).toBe(due);
    expect(passTime(channel, due - 1)).toBeUndefined();
    expect(passTime(channel, due)).toBe(ENDINGS.peerLeft);
    expect(PEER_LEFT_DELAY).toBeGreaterThanOrEqual(2_000);
    expect(PEER_LEFT_DELAY).toBeLessThanOrEqual(4_000);
  });

  it("never sends away who has always been alone", () => {
    const channel = open(NONE);
    expect(passTime(channel, START + 1e9)).toBeUndefined();
  });

  it("with three seats, sends nobody away while two stay or another comes", () => {
    const limits = { ...NONE, seats: 3 };
    const channel = pair(limits);
    leave(channel, 0, START);
    expect(nextDeadline(channel)).toBe(START + PEER_LEFT_DELAY);
    take(channel, limits);
    expect(nextDeadline(channel)).toBe(Infinity);
    const crowd = pair(limits);
    take(crowd, limits);
    leave(crowd, 1, START);
    expect(nextDeadline(crowd)).toBe(Infinity);
  });

  it("does not outlast the lifespan", () => {
    const channel = pair();
    leave(channel, 0, START + 299_000);
    expect(passTime(channel, START + 300_000)).toBe(ENDINGS.lifespanOver);
  });
});

describe("being lost", () => {
  it("is leaving once the window is over", () => {
    const channel = pair();
    expect(lose(channel, 1, START)).toBeUndefined();
    expect(nextDeadline(channel)).toBe(START + 60_000);
    expect(passTime(channel, START + 59_999)).toBeUndefined();
    expect(passTime(channel, START + 60_000)).toBeUndefined();
    expect(channel.seats[1]?.state).toBe("left");
    expect(nextDeadline(channel)).toBe(START + 60_000 + PEER_LEFT_DELAY);
    expect(passTime(channel, START + 60_000 + PEER_LEFT_DELAY)).toBe(ENDINGS.peerLeft);
  });

  it("is leaving at once where resuming is off", () => {
    const off = { ...LIMITS, resumeWindow: 0 };
    const channel = pair(off);
    lose(channel, 1, START, off);
    expect(channel.seats[1]?.state).toBe("left");
    expect(lose(channel, 0, START, off)).toBe(ENDINGS.everyoneLeft);
  });

  it("twice does not lengthen the window", () => {
    const channel = pair();
    lose(channel, 1, START);
    lose(channel, 1, START + 30_000);
    expect(nextDeadline(channel)).toBe(START + 60_000);
  });

  it("lets nobody be told that the other has left, until the window is over for both", () => {
    const channel = pair();
    lose(channel, 0, START);
    leave(channel, 1, START + 10_000);
    expect(nextDeadline(channel)).toBe(START + 60_000);
    expect(passTime(channel, START + 59_999)).toBeUndefined();
    expect(passTime(channel, START + 60_000)).toBe(ENDINGS.everyoneLeft);
  });
});

describe("a claim that is refused", () => {
  it.each([
    ["has another token", "token 9", undefined, REFUSALS.wrongToken],
    ["has got what was never sent", "token 1", 3, REFUSALS.badReceived],
  ])("as it %s changes nothing", (_name, presented, received, refusal) => {
    const channel = pair();
    accept(channel, 1);
    accept(channel, 1);
    const before = structuredClone(channel);
    expect(resumeSeat(channel, { presented, token: "fresh", received })).toBe(refusal);
    expect(channel).toEqual(before);
  });
});
