/** What is wrong with the machine: its clock leaps, and several commands change one device at once. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { cleanUp } from "../cli/harness.ts";
import { start } from "./file-cases.ts";
import { endOf, Lane } from "./lane.ts";
import { pair } from "./runs.ts";
import { createWorlds } from "./scan.ts";
import type { Worlds } from "./scan.ts";

const PATIENCE = 120_000;
const LEAPING = { NODE_OPTIONS: `--import ${new URL("leaping-clock.mjs", import.meta.url).href}` };

let worlds: Worlds;
let lane: Lane;

beforeAll(async () => {
  worlds = await createWorlds();
  lane = await Lane.open(worlds.usual, "machine@example.org");
});

afterAll(async () => {
  lane.close();
  await cleanUp();
  await worlds.close();
});

it(
  "H13: a pairing does not notice that both wall clocks leap two days from one look to the next",
  async () => {
    const { host, join, left } = await pair(lane, undefined, {
      environments: { host: () => LEAPING, join: () => LEAPING },
    });
    expect([host.exit, join.exit]).toEqual([0, 0]);
    expect(left).toEqual({ signedIn: true, files: [], orphans: 0 });
  },
  PATIENCE,
);

it.each([
  ["three sign-ins", ["login", "login", "login"]],
  ["two sign-ins and a sign-out", ["login", "logout", "login"]],
] as const)(
  "J9: %s of one device at once leave it whole, and no token that it does not have",
  async (_name, commands) => {
    lane.reset();
    await lane.signInNewDevice();
    const ends = await Promise.all(commands.map((command) => endOf(start(lane, command))));
    // Whoever comes too late says so, and has given back what it got.
    for (const { exit, says } of ends)
      if (exit !== 0) expect([exit, says]).toEqual([2, expect.stringContaining("meanwhile")]);
    const { files, orphans } = lane.left();
    expect({ files, orphans }).toEqual({ files: [], orphans: 0 });
  },
  PATIENCE,
);
