/** Codes to type across the real relay: one joiner for each, one guess for each. */
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { afterEach, describe, expect, it } from "vitest";
import { createCodeChannel, joinCodeChannel } from "../../src/channel/code-channel.ts";
import { FxaPairError } from "../../src/lib/errors.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { noProxy } from "../../src/network/proxies.ts";
import { drawWords, passwordOf } from "../../src/pairing/typed-code.ts";
import { closeRelays, FakeClock, testRelay } from "../relay/support.ts";
import { EventReader } from "./harness.ts";

afterEach(closeRelays);

const GUESSES = 1000;
/** Joins by number from one address are ten a minute: an attacker with patience or more addresses. */
const BETWEEN_GUESSES = 13_000;

async function world() {
  const { relay, clock } = await testRelay();
  const options = {
    relayUrl: relay.url.replace("http", "ws"),
    clock: new FakeClock(),
    random: systemRandom,
    userAgent: "fxa-pair/0 (test)",
    proxyFor: noProxy,
  };
  return {
    clock,
    host: (password: string) => createCodeChannel({ ...options, password }),
    join: (nameplate: string, password: string) => joinCodeChannel({ ...options, nameplate, password }),
  };
}

async function codeOf(failing: Promise<unknown>): Promise<string> {
  const error = await failing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof FxaPairError ? error.code : "no failure";
}

describe("a code to type on the real relay", () => {
  it("connects who has it", async () => {
    const { host: open, join } = await world();
    const password = passwordOf(drawWords(systemRandom));
    const host = await open(password);
    const joiner = await join(host.nameplate, password);
    const readers = [new EventReader(host), new EventReader(joiner)] as const;
    expect(await Promise.all(readers.map((reader) => reader.next()))).toEqual([
      { type: "connected" },
      { type: "connected" },
    ]);
    joiner.send("{}");
    expect(await readers[0].next()).toMatchObject({ type: "message", text: "{}" });
    await Promise.all([host.close(), joiner.close()]);
  });

  it("lets one of two racing joiners in, and tells the other that there is no such code", async () => {
    const { host: open, join } = await world();
    const host = await open("tiger-abandon-zoo");
    const racers = await Promise.allSettled([1, 2].map(() => join(host.nameplate, "tiger-abandon-zoo")));
    expect(racers.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const [lost] = racers.flatMap((racer) => (racer.status === "rejected" ? [racer] : []));
    expect(lost?.reason).toMatchObject({ code: "timeout" });
    expect(await new EventReader(host).next()).toEqual({ type: "connected" });
    for (const racer of racers) if (racer.status === "fulfilled") await racer.value.close();
    await host.close();
  });

  it("W2: a thousand wrong guesses burn a thousand channels and win none", { timeout: 600_000 }, async () => {
    const { clock, host: open, join } = await world();
    const outcomes = new Map<string, number>();
    const ids = new Set<string>();
    for (let guess = 0; guess < GUESSES; guess++) {
      const words = drawWords(systemRandom);
      const password = passwordOf(words);
      const wrong = passwordOf([words[0], words[1], otherThan(words[2])]);
      const host = await open(password);
      const guesser = await join(host.nameplate, wrong);
      ids.add(host.id);
      const readers = [new EventReader(host), new EventReader(guesser)];
      const firsts = await Promise.all(readers.map((reader) => reader.next()));
      // Nothing would end what a right guess begins.
      expect(firsts).not.toContainEqual({ type: "connected" });
      const rests = await Promise.all(readers.map((reader) => reader.rest()));
      const ends = firsts.map((first, side) => [
        ...(first === undefined ? [] : [first]),
        ...(rests[side] ?? []),
      ]);
      const right = await codeOf(join(host.nameplate, password));
      const outcome = [...ends.map((events) => events.map(nameOf).join()), right].join(" / ");
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      await Promise.all([host.close(), guesser.close()]);
      clock.advance(BETWEEN_GUESSES);
    }
    expect([...outcomes]).toEqual([["Somebody tried a wrong code / The code was wrong / timeout", GUESSES]]);
    expect(ids.size).toBe(GUESSES);
  });
});

function otherThan(word: string): string {
  const index = wordlist.indexOf(word);
  return wordlist[(index + 1 + ((systemRandom(1)[0] ?? 0) % 2000)) % wordlist.length] ?? "";
}

/** A connection that came about would be the first of two events. */
function nameOf(event: { type: string; error?: Error }): string {
  return event.type === "ended" ? (/^[\w ]+/.exec(event.error?.message ?? "")?.[0] ?? "") : event.type;
}
