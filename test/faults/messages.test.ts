/** The fault table's messages: that it has every one with every fault, and a sample of it. `npm run test:slow` runs all. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { cleanUp } from "../cli/harness.ts";
import { SIDES } from "./lane.ts";
import { MESSAGE_ROWS, MESSAGES } from "./message-rows.ts";
import { MESSAGE_FAULTS } from "./messages-proxy.ts";
import { messageCases } from "./pairing-cases.ts";
import { createWorlds, sample, scan } from "./scan.ts";
import type { Worlds } from "./scan.ts";

let worlds: Worlds;

beforeAll(async () => {
  worlds = await createWorlds();
});

afterAll(async () => {
  await cleanUp();
  await worlds.close();
});

it("the table has every message of a pairing once, with every fault", () => {
  for (const side of SIDES) {
    for (const fault of MESSAGE_FAULTS) {
      const rows = MESSAGE_ROWS.filter((row) => row.side === side && row.fault === fault);
      const { up, down } = MESSAGES[side];
      expect(rows.flatMap(({ places }) => places).sort()).toEqual([...up, ...down].sort());
    }
  }
});

it("C5, C7: what it says of a message that is cut, delayed, doubled or overtaken is what happens", async () => {
  expect(await scan(worlds, sample(messageCases(), 10))).toEqual([]);
}, 240_000);
