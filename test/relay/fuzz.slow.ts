import { afterEach, describe, it } from "vitest";
import type { FuzzKind } from "./fuzz.ts";
import { fuzz } from "./fuzz.ts";
import { closeRelays } from "./support.ts";

afterEach(closeRelays);

describe("R1: a relay under very much generated input answers as specified and forgets it", () => {
  it.each<[number, FuzzKind]>([
    [60_000, "requests"],
    [40_000, "mutations"],
    [20_000, "sequences"],
  ])("%i %s", { timeout: 1_200_000 }, (count, kind) => fuzz(kind, count));
});
