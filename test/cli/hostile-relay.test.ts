/** A relay that sends without end, to real processes. `npm run test:slow` has all that it may send, at any moment. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { cleanUp } from "./harness.ts";
import { CAN_MEASURE } from "./measured.ts";
import { DEVICES, differencesOf, OFFENCES } from "./hostile-relay-cases.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

/** Some that had no end or no bound: what is read, what needs an answer, what needs none. */
const SAMPLE = ["messages of the right form without end", "pings without end", "pongs without end"] as const;

let world: World;

beforeAll(async () => {
  world = await createWorld();
  await world.hostFolder();
});

afterAll(async () => {
  await cleanUp();
  await world.close();
});

it.skipIf(!CAN_MEASURE).each(SAMPLE)(
  "C9: %s makes host and join say so and end, with little work and little memory",
  async (name) => {
    const found = DEVICES.map((device) => differencesOf(world, device, OFFENCES[name], "later"));
    expect((await Promise.all(found)).flat()).toEqual([]);
  },
  120_000,
);
