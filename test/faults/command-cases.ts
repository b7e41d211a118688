/** The rows about commands that a device runs by itself, as cases to be run. */
import { PROFILE_SCOPE } from "../../src/oauth/scopes.ts";
import { COMMAND_ROWS, REMOVED_WELL } from "./command-rows.ts";
import type { CommandName, CommandRow } from "./command-rows.ts";
import { endOf } from "./lane.ts";
import type { End, Lane } from "./lane.ts";
import { differenceLeft, differenceOf, WELL } from "./row.ts";
import type { Case } from "./scan.ts";

/** A new device, or one that is signed in, and the arguments of the command. */
async function prepare(lane: Lane, command: CommandName): Promise<readonly string[]> {
  lane.reset();
  if (command === "login") return ["login", "--email", lane.email, "--password-stdin"];
  await lane.signInNewDevice();
  if (command === "devices remove") return ["devices", "remove", await lane.signInThirdDevice(), "--yes"];
  if (command === "token") return ["token", "--scope", PROFILE_SCOPE];
  return command.split(" ");
}

async function runOnce(lane: Lane, args: readonly string[]): Promise<End> {
  return endOf(lane.command("join", args, { input: lane.password }));
}

/** What a command asks for when nothing goes wrong. */
export async function callsOf(lane: Lane, command: CommandName): Promise<readonly string[]> {
  await runOnce(lane, await prepare(lane, command));
  return [...lane.networks.join.calls.calls];
}

/** Every call with every fault. What did not end well has to end well when it is run again. */
export function commandCases(): Case[] {
  return COMMAND_ROWS.flatMap((row) =>
    row.places.map((place): Case => ({
      name: `${row.fault}, ${row.command} ${place}`,
      world: "usual",
      waits: row.fault === "unanswered",
      run: async (lane) => {
        const args = await prepare(lane, row.command);
        lane.networks.join.calls.reset({ call: place, fault: row.fault });
        const ended = await runOnce(lane, args);
        const met = lane.networks.join.calls.met ? [] : [`the command asked for no ${place}`];
        const left = differenceLeft(row.left, lane.left());
        return [
          ...met,
          ...differenceOf(row.command, row.ends, ended),
          ...left,
          ...(await again(lane, row, args)),
        ];
      },
    })),
  );
}

/** A device that was removed already is not there to be removed. */
async function again(lane: Lane, row: CommandRow, args: readonly string[]): Promise<string[]> {
  const { signedIn } = lane.left();
  if (row.ends[0] === 0 || (row.command === "devices remove" && lane.left().orphans < 2)) return [];
  lane.networks.join.calls.reset();
  const ended = await runOnce(lane, args);
  const after = lane.left();
  const shouldBe = row.command === "logout" ? false : row.command === "login" ? true : signedIn;
  return [
    ...differenceOf("the next run", row.command === "devices remove" ? REMOVED_WELL : WELL, ended),
    ...(after.signedIn === shouldBe && after.files.length === 0
      ? []
      : ["the next run leaves something else"]),
  ];
}
