/** All that a relay may send without end, to real processes and at any moment. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { cleanUp } from "./harness.ts";
import { MOMENTS } from "./hostile-relay.ts";
import { CAN_MEASURE } from "./measured.ts";
import { DEVICES, differencesOf, OFFENCES } from "./hostile-relay-cases.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await createWorld();
  await world.hostFolder();
});

afterAll(async () => {
  await cleanUp();
  await world.close();
});

it.skipIf(!CAN_MEASURE).each(Object.entries(OFFENCES))(
  "C9: %s makes host and join say so and end, with little work and little memory, whenever it comes",
  async (_name, offence) => {
    for (const moment of MOMENTS) {
      const found = DEVICES.map((device) => differencesOf(world, device, offence, moment));
      expect((await Promise.all(found)).flat()).toEqual([]);
    }
  },
  300_000,
);
