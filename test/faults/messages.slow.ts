/** All of the fault table's messages. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { cleanUp } from "../cli/harness.ts";
import { messageCases } from "./pairing-cases.ts";
import { createWorlds, scan } from "./scan.ts";
import type { Worlds } from "./scan.ts";

let worlds: Worlds;

beforeAll(async () => {
  worlds = await createWorlds();
});

afterAll(async () => {
  await cleanUp();
  await worlds.close();
});

it("C5, C7: what the table says of every message and fault is what happens", async () => {
  expect(await scan(worlds, messageCases())).toEqual([]);
}, 1_800_000);
