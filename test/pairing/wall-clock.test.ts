import { expect, it } from "vitest";
import { createChannel } from "../../src/channel/pairing-channel.ts";
import { runAuthority } from "../../src/pairing/run-authority.ts";
import { optionsFor } from "../channel/harness.ts";
import { MemoryRelay } from "../channel/memory-relay.ts";
import { FakeClock } from "../relay/fake-clock.ts";
import { POLICY } from "./request-fixture.ts";
import { codeOf } from "./transcript.ts";

const DAY = 86_400_000;

/** Its wall clock is set to another day whenever somebody looks at it. */
class ResetClock extends FakeClock {
  readonly #shift: number;
  #looks = 0;

  constructor(shift: number) {
    super();
    this.#shift = shift;
  }

  override wallTime(): number {
    return this.now() + this.#shift * ++this.#looks;
  }
}

it.each([DAY, -DAY])(
  "H13: an offer ends when its time is over, also where the clock is set by %i ms",
  async (shift) => {
    const clock = new ResetClock(shift);
    const relay = new MemoryRelay();
    relay.greeting = { expires_in: 60 };
    const channel = await createChannel(optionsFor(relay, clock));
    let ended: string | undefined;
    const offer = runAuthority({
      channel,
      clock,
      timeout: 900_000,
      policy: POLICY,
      metadata: { email: "a@b.example", avatar: null, displayName: null, deviceName: null },
      clientName: () => Promise.resolve(null),
      authorize: () => Promise.reject(new Error("nobody asked")),
      ask: () => Promise.reject(new Error("nobody asked")),
      report: () => undefined,
      signal: new AbortController().signal,
    }).catch((error: unknown) => (ended = codeOf(error)));
    clock.advance(59_999);
    await new Promise(setImmediate);
    expect(ended).toBeUndefined();
    clock.advance(1);
    await offer;
    expect(ended).toBe("timeout");
    expect(relay.seats[0]?.closed).toBe(1000);
  },
);
