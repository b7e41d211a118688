import { expect, it } from "vitest";
import { createChannel } from "../../src/channel/pairing-channel.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { FakeClock } from "../relay/fake-clock.ts";
import { optionsFor } from "./harness.ts";
import { MemoryRelay } from "./memory-relay.ts";

it("C1: 10 000 offers draw 32 bytes each, and no key comes twice", { timeout: 120_000 }, async () => {
  const clock = new FakeClock();
  const keys = new Set<string>();
  const draws: number[] = [];
  const random = (length: number) => {
    draws.push(length);
    return systemRandom(length);
  };
  for (let offer = 0; offer < 10_000; offer++) {
    const channel = await createChannel({ ...optionsFor(new MemoryRelay(), clock), random });
    keys.add(Buffer.from(channel.key).toString("hex"));
    await channel.close();
  }
  expect(keys.size).toBe(10_000);
  expect(draws.length).toBe(10_000);
  expect(new Set(draws)).toEqual(new Set([32]));
});
