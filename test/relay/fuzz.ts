/** A relay under generated requests and frames. */
import fc from "fast-check";
import { expect } from "vitest";
import { mutationArbitrary, requestArbitrary, tryMutation, tryRequest } from "./fuzz/requests.ts";
import { sequenceArbitrary, trySequence } from "./fuzz/sequences.ts";
import type { TestRelay } from "./support.ts";
import { testRelay } from "./support.ts";

/** After that long, in milliseconds, nothing is left of anything. */
const LATER = 1_000_000;

type Options = fc.Parameters<unknown>;

const KINDS = {
  requests: (test: TestRelay, next: () => number, options: Options) =>
    fc.assert(
      fc.asyncProperty(requestArbitrary, (request) => tryRequest(test, request, next())),
      options,
    ),
  mutations: (test: TestRelay, next: () => number, options: Options) =>
    fc.assert(
      fc.asyncProperty(mutationArbitrary, (mutation) => tryMutation(test, mutation, next())),
      options,
    ),
  sequences: (test: TestRelay, next: () => number, options: Options) =>
    fc.assert(
      fc.asyncProperty(sequenceArbitrary, (sequence) => {
        next();
        return trySequence(test, sequence);
      }),
      options,
    ),
};
export type FuzzKind = keyof typeof KINDS;

/** Tries so many of them. Nothing may be left, nothing be logged as an error. Failures tell the seed. */
export async function fuzz(kind: FuzzKind, numRuns: number): Promise<void> {
  const test = await testRelay({ connectRatePerIp: 0, maxChannelsPerIp: 0 }, 500);
  const { relay, clock, log } = test;
  let runs = 0;
  const next = (): number => {
    runs++;
    // Lost seats and ended channels are forgotten now and then.
    if (runs % 500 === 0) clock.advance(61_000);
    return runs;
  };
  await KINDS[kind](test, next, { numRuns });
  while (relay.stats().connections > 0) {
    clock.advance(5_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  clock.advance(LATER);
  expect(relay.stats()).toEqual({ channels: 0, connections: 0, remembered: 0, heartbeats: 0 });
  expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
}
