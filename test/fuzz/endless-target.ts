/** A target for the tests of the fuzzer itself: one byte keeps it busy for ever. */
import type { Target } from "./engine/target.ts";

export const target: Target = {
  subjects: [],
  maxLength: 8,
  seeds: [],
  run(input) {
    while (input.includes(0x55)) Math.imul(input.length, 3);
  },
};
