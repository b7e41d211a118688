import { describe, expect, it } from "vitest";
import { MemoryBackplane } from "../../src/relay/backplane-memory.ts";
import { ENDINGS } from "../../src/relay/endings.ts";
import { backplaneContract } from "./backplane-contract.ts";
import { FakeClock } from "./support.ts";

backplaneContract("MemoryBackplane", {
  start: (limits, clock, observer) => Promise.resolve(new MemoryBackplane(limits, clock, observer)),
  settled: () => Promise.resolve(),
});

describe("MemoryBackplane", () => {
  it("holds nothing of a seat whose participant has left", async () => {
    const clock = new FakeClock();
    const limits = {
      seats: 2,
      lifespan: Infinity,
      maxExchanges: Infinity,
      maxData: Infinity,
      maxMessage: Infinity,
      maxChannels: 1,
    };
    const backplane = new MemoryBackplane(limits, clock, { ended: () => undefined });
    await backplane.open("a");
    let delivered = 0;
    backplane.attach("a", 0, { deliver: () => delivered++, end: () => undefined });
    await backplane.join("a");
    backplane.leave("a", 0);
    backplane.relay("a", 1, "to nobody", 9);
    expect(delivered).toBe(0);
    backplane.end("a", ENDINGS.binary);
    expect(backplane.channels).toBe(0);
  });
});
