import { describe, expect, it } from "vitest";
import type { ChannelLimits } from "../../src/relay/channel-rules.ts";
import {
  countMessage,
  endingDue,
  leaveSeat,
  nextDeadline,
  openChannel,
  PEER_LEFT_DELAY,
  takeSeat,
} from "../../src/relay/channel-rules.ts";
import { ENDINGS } from "../../src/relay/endings.ts";

const LIMITS: ChannelLimits = { seats: 2, lifespan: 300_000, maxExchanges: 3, maxData: 100, maxMessage: 60 };
const NONE: ChannelLimits = {
  seats: 2,
  lifespan: Infinity,
  maxExchanges: Infinity,
  maxData: Infinity,
  maxMessage: Infinity,
};
const START = 1_000;
const id = "AAAAAAAAAAAAAAAAAAAAAA";

describe("seats", () => {
  it("are two: the creator's and one more", () => {
    const channel = openChannel(id, LIMITS, START);
    expect(takeSeat(channel, LIMITS)).toBe(1);
    expect(takeSeat(channel, LIMITS)).toBeUndefined();
  });

  it.each([0, 1])("are not given to a newcomer when the owner of seat %i has left", (seat) => {
    const channel = openChannel(id, LIMITS, START);
    takeSeat(channel, LIMITS);
    leaveSeat(channel, seat, START);
    expect(takeSeat(channel, LIMITS)).toBeUndefined();
  });

  it("may be more, if the operator says so", () => {
    const limits = { ...LIMITS, seats: 3 };
    const channel = openChannel(id, limits, START);
    expect([takeSeat(channel, limits), takeSeat(channel, limits), takeSeat(channel, limits)]).toEqual([
      1,
      2,
      undefined,
    ]);
  });
});

describe("lifespan", () => {
  it("counts from creation, whatever happens in between", () => {
    const channel = openChannel(id, LIMITS, START);
    takeSeat(channel, LIMITS);
    countMessage(channel, 1, LIMITS, START + 299_000);
    expect(nextDeadline(channel)).toBe(START + 300_000);
    expect(endingDue(channel, START + 299_999)).toBeUndefined();
    expect(endingDue(channel, START + 300_000)).toBe(ENDINGS.lifespanOver);
  });

  it("lets no message through once it is over, even before the channel has been closed", () => {
    const channel = openChannel(id, LIMITS, START);
    expect(countMessage(channel, 1, LIMITS, START + 300_000)).toBe(ENDINGS.lifespanOver);
  });

  it("may be unlimited", () => {
    const channel = openChannel(id, NONE, START);
    expect(endingDue(channel, 1e15)).toBeUndefined();
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
    const channel = openChannel(id, LIMITS, START);
    const endings = sizes.map((size) => countMessage(channel, size, LIMITS, START));
    expect(endings.at(-1)).toBe(ending);
    expect(endings.slice(0, -1).every((earlier) => earlier === undefined)).toBe(true);
  });

  it("are counted, and not counted when they break a limit", () => {
    const channel = openChannel(id, LIMITS, START);
    countMessage(channel, 50, LIMITS, START);
    countMessage(channel, 61, LIMITS, START);
    expect(channel).toMatchObject({ exchanges: 1, bytes: 50 });
  });

  it("may be unlimited", () => {
    const channel = openChannel(id, NONE, START);
    for (let count = 0; count < 1_000; count++)
      expect(countMessage(channel, 1e9, NONE, START)).toBeUndefined();
  });
});

describe("leaving", () => {
  it("ends the channel with the last participant", () => {
    const channel = openChannel(id, LIMITS, START);
    takeSeat(channel, LIMITS);
    expect(leaveSeat(channel, 0, START)).toBeUndefined();
    expect(leaveSeat(channel, 1, START)).toBe(ENDINGS.everyoneLeft);
  });

  it("sends the one that stays away 2 to 5 seconds later", () => {
    const channel = openChannel(id, LIMITS, START);
    takeSeat(channel, LIMITS);
    leaveSeat(channel, 1, START + 10_000);
    const due = START + 10_000 + PEER_LEFT_DELAY;
    expect(nextDeadline(channel)).toBe(due);
    expect(endingDue(channel, due - 1)).toBeUndefined();
    expect(endingDue(channel, due)).toBe(ENDINGS.peerLeft);
    expect(PEER_LEFT_DELAY).toBeGreaterThanOrEqual(2_000);
    expect(PEER_LEFT_DELAY).toBeLessThanOrEqual(4_000);
  });

  it("counts once", () => {
    const channel = openChannel(id, LIMITS, START);
    takeSeat(channel, LIMITS);
    leaveSeat(channel, 1, START);
    expect(leaveSeat(channel, 1, START + 2_000)).toBeUndefined();
    expect(nextDeadline(channel)).toBe(START + PEER_LEFT_DELAY);
  });

  it("never sends away who has always been alone", () => {
    const channel = openChannel(id, NONE, START);
    expect(endingDue(channel, START + 1e9)).toBeUndefined();
  });

  it("with three seats, sends nobody away while two stay or another comes", () => {
    const limits = { ...NONE, seats: 3 };
    const channel = openChannel(id, limits, START);
    takeSeat(channel, limits);
    leaveSeat(channel, 0, START);
    expect(nextDeadline(channel)).toBe(START + PEER_LEFT_DELAY);
    takeSeat(channel, limits);
    expect(nextDeadline(channel)).toBe(Infinity);
    const crowd = openChannel(id, limits, START);
    takeSeat(crowd, limits);
    takeSeat(crowd, limits);
    leaveSeat(crowd, 1, START);
    expect(nextDeadline(crowd)).toBe(Infinity);
  });

  it("does not outlast the lifespan", () => {
    const channel = openChannel(id, LIMITS, START);
    takeSeat(channel, LIMITS);
    leaveSeat(channel, 0, START + 299_000);
    expect(endingDue(channel, START + 300_000)).toBe(ENDINGS.lifespanOver);
  });
});
