/** The fault table of pairings: that it has every place with every fault, and a sample of it. `npm run test:slow` runs all. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cleanUp } from "../cli/harness.ts";
import { CALL_ROWS, CALLS } from "./call-rows.ts";
import { CALL_FAULTS } from "./calls-proxy.ts";
import { Lane, SIDES } from "./lane.ts";
import { MESSAGE_ROWS, MESSAGES } from "./message-rows.ts";
import { MESSAGE_FAULTS } from "./messages-proxy.ts";
import { callCases, killCases, messageCases } from "./pairing-cases.ts";
import { pair } from "./runs.ts";
import { createWorlds, sample, scan } from "./scan.ts";
import type { Worlds } from "./scan.ts";

/** Milliseconds for what takes half a minute on a machine with little else to do. */
const PATIENCE = 240_000;

let worlds: Worlds;

beforeAll(async () => {
  worlds = await createWorlds();
});

afterAll(async () => {
  await cleanUp();
  await worlds.close();
});

it("the table has every message and every call of a pairing once, with every fault", () => {
  for (const side of SIDES) {
    const placesOf = (
      rows: readonly { side: string; fault: string; places: readonly string[] }[],
      fault: string,
    ) => rows.filter((row) => row.side === side && row.fault === fault).flatMap(({ places }) => places);
    const { up, down } = MESSAGES[side];
    for (const fault of MESSAGE_FAULTS)
      expect(placesOf(MESSAGE_ROWS, fault).sort()).toEqual([...up, ...down].sort());
    for (const fault of CALL_FAULTS)
      expect(placesOf(CALL_ROWS, fault).sort()).toEqual([...CALLS[side]].sort());
  }
});

it(
  "a pairing has the messages and calls that the table names, and no others",
  async () => {
    const lane = await Lane.open(worlds.usual, "survey@example.org");
    await pair(lane);
    for (const side of SIDES) {
      const { calls, messages } = lane.networks[side];
      expect([...calls.calls].sort()).toEqual([...CALLS[side]].sort());
      const { up, down } = MESSAGES[side];
      expect(messages.counts).toEqual({ up: up.length, down: down.length - 1 });
    }
    lane.close();
  },
  PATIENCE,
);

it(
  "C5, C7: what it says of a message that is cut, delayed, doubled or overtaken is what happens",
  async () => {
    expect(await scan(worlds, sample(messageCases(), 8))).toEqual([]);
  },
  PATIENCE,
);

it(
  "J6: what it says of a call that is cut, delayed, doubled or overtaken is what happens",
  async () => {
    expect(await scan(worlds, sample(callCases(), 8))).toEqual([]);
  },
  PATIENCE,
);

it(
  "J8: what it says of a process that is killed is what happens",
  async () => {
    expect(await scan(worlds, sample(killCases(), 5))).toEqual([]);
  },
  PATIENCE,
);

it("docs/faults.md is what the table says", () => {
  const script = fileURLToPath(new URL("../../scripts/fault-docs.mjs", import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
});
