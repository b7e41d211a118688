import { systemRandom } from "../../src/lib/random.ts";
import { MemoryBackplane } from "../../src/relay/backplane-memory.ts";
import { backplaneContract } from "./backplane-contract.ts";

backplaneContract("MemoryBackplane", {
  start: (limits, clock, observer) =>
    Promise.resolve([new MemoryBackplane(limits, clock, systemRandom, observer)]),
  settled: () => Promise.resolve(),
});
