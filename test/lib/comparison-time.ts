/** How long comparisons take, depending on where their inputs differ. */
import { performance } from "node:perf_hooks";

export type Compare = (a: Uint8Array, b: Uint8Array) => boolean;

const ROUNDS = 60;
/** Bytes compared in one measurement: some tens of microseconds, far above the clock's resolution. */
const BYTES_A_MEASUREMENT = 1 << 16;

/**
 * The time of comparisons whose inputs differ in their first byte, as a share of that of inputs that differ in their last
 * one: about 1 where all bytes are always looked at, far less where the first difference ends it. The two kinds take
 * turns, so that whatever else the machine does falls on both; and the lower quartile is compared, which leaves out the
 * rounds that were interrupted.
 */
export function shareOfEarlyDifference(compare: Compare, length: number): number {
  const one = new Uint8Array(length).fill(0xa5);
  const early = differing(one, 0);
  const late = differing(one, length - 1);
  const calls = Math.ceil(BYTES_A_MEASUREMENT / length);
  const times = { early: [] as number[], late: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    times.early.push(timeOf(compare, one, early, calls));
    times.late.push(timeOf(compare, one, late, calls));
  }
  return lowerQuartile(times.early) / lowerQuartile(times.late);
}

function timeOf(compare: Compare, a: Uint8Array, b: Uint8Array, calls: number): number {
  const start = performance.now();
  let equal = 0;
  for (let call = 0; call < calls; call++) equal += Number(compare(a, b));
  const time = performance.now() - start;
  if (equal !== 0) throw new Error("different inputs were called equal");
  return time;
}

function differing(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[at] = 0x5a;
  return copy;
}

function lowerQuartile(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 4)]!;
}
