/** The fault table of commands that a device runs by itself, and of relays: that it has every place, and a sample of it. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { cleanUp } from "../cli/harness.ts";
import { CALL_FAULTS } from "./calls-proxy.ts";
import { callsOf, commandCases } from "./command-cases.ts";
import { COMMAND_CALLS, COMMAND_ROWS, COMMANDS } from "./command-rows.ts";
import { Lane, SIDES } from "./lane.ts";
import { MESSAGES } from "./message-rows.ts";
import { relayCases } from "./relay-cases.ts";
import { RELAY_ROWS } from "./relay-rows.ts";
import { createWorlds, sample, scan } from "./scan.ts";
import type { Worlds } from "./scan.ts";

/** Milliseconds for what takes seconds on a machine with little else to do. */
const PATIENCE = 240_000;

let worlds: Worlds;

beforeAll(async () => {
  worlds = await createWorlds();
});

afterAll(async () => {
  await cleanUp();
  await worlds.close();
});

it("the table has every call of every command once, with every fault", () => {
  for (const command of COMMANDS)
    for (const fault of CALL_FAULTS) {
      const rows = COMMAND_ROWS.filter((row) => row.command === command && row.fault === fault);
      const places = rows.flatMap((row) => row.places);
      expect(places.sort(), `${fault}, ${command}`).toEqual([...COMMAND_CALLS[command]].sort());
    }
});

it(
  "every command has the calls that the table names, and no others",
  async () => {
    const lane = await Lane.open(worlds.usual, "commands@example.org");
    // Not in their order: some are in flight together.
    for (const command of COMMANDS)
      expect([...(await callsOf(lane, command))].sort()).toEqual([...COMMAND_CALLS[command]].sort());
    lane.close();
  },
  PATIENCE,
);

it("the table kills the relay at every message of a pairing but the host's greeting", () => {
  for (const side of SIDES) {
    const { up, down } = MESSAGES[side];
    const all = [...up, ...down].filter((place) => side === "join" || place !== "< greeting");
    const places = RELAY_ROWS.filter((row) => row.side === side).flatMap((row) => row.places);
    expect(places.sort()).toEqual(all.sort());
  }
});

it(
  "what it says of a command's call that is cut, delayed, doubled or overtaken is what happens",
  async () => {
    expect(await scan(worlds, sample(commandCases(), 6))).toEqual([]);
  },
  PATIENCE,
);

it(
  "C7: what it says of a relay that is killed is what happens",
  async () => {
    expect(await scan(worlds, sample(relayCases(), 2))).toEqual([]);
  },
  PATIENCE,
);
