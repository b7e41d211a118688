import { afterEach, describe, it } from "vitest";
import type { FuzzKind } from "./fuzz.ts";
import { fuzz } from "./fuzz.ts";
import { closeRelays } from "./support.ts";

afterEach(closeRelays);

describe("R1: a relay under generated input answers as specified and forgets it", () => {
  it.each<[number, FuzzKind]>([
    [500, "requests"],
    [500, "mutations"],
    [300, "sequences"],
  ])("%i %s", (count, kind) => fuzz(kind, count));
});
