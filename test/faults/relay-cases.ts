/** The rows about a relay that is killed, as cases to be run: each with a relay of its own, in a process of its own. */
import { start } from "../cli/harness.ts";
import type { Program } from "../cli/harness.ts";
import type { Lane, Side } from "./lane.ts";
import { SIDES } from "./lane.ts";
import { whereIs } from "./pairing-cases.ts";
import { RELAY_ROWS } from "./relay-rows.ts";
import { differences } from "./row.ts";
import { pair } from "./runs.ts";
import type { Outcome } from "./runs.ts";
import type { Case } from "./scan.ts";

/** Its clients then do not try for 50 seconds to come back. */
const KEEPS_NO_SEATS = ["--resume-window", "0"];
/** All devices have one address here. */
const UNLIMITED = ["--max-channels-per-ip", "0", "--connect-rate-per-ip", "0"];

export async function startRelay(
  env: Record<string, string> = {},
): Promise<{ program: Program; url: string }> {
  const args = ["relay", "--json", "--host", "127.0.0.1", "--port", "0", ...KEEPS_NO_SEATS, ...UNLIMITED];
  const program = start(args, { env });
  const { url } = await program.event("listening");
  return { program, url: String(url) };
}

/** A pairing through a relay that is killed at this message. */
export async function pairThroughKilled(lane: Lane, side: Side, place: string): Promise<Outcome> {
  const relay = await startRelay();
  for (const each of SIDES) lane.networks[each].messages.leadTo(relay.url);
  try {
    const before = () => {
      relay.program.kill("SIGKILL");
    };
    return await pair(lane, () => ({ side, message: { ...whereIs(side, place), fault: { before } } }));
  } finally {
    relay.program.kill("SIGKILL");
    for (const each of SIDES) lane.networks[each].messages.leadTo(lane.world.relay.url);
  }
}

export function relayCases(): Case[] {
  return RELAY_ROWS.flatMap((row) =>
    row.places.map((place): Case => ({
      name: `relay ${row.fault}, ${row.side} ${place}`,
      world: "usual",
      waits: false,
      run: async (lane) => differences(row, await pairThroughKilled(lane, row.side, place)),
    })),
  );
}
