/** All of the fault table. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { cleanUp } from "../cli/harness.ts";
import { commandCases } from "./command-cases.ts";
import { fileCases } from "./file-cases.ts";
import { callCases, killCases, messageCases } from "./pairing-cases.ts";
import { relayCases } from "./relay-cases.ts";
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

it.each([
  ["C5, C7: every message and fault", messageCases],
  ["J6: every call and fault", callCases],
  ["every call of a command that a device runs by itself", commandCases],
  ["J8: every place where a process is killed", killCases],
  ["C7: every place where the relay is killed", relayCases],
  ["J8: every step that a command takes with its files", fileCases],
])(
  "what the table says of %s is what happens",
  async (_name, cases) => {
    expect(await scan(worlds, cases())).toEqual([]);
  },
  3_600_000,
);
