/** The rows about files, as cases to be run. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../cli/harness.ts";
import type { Program } from "../cli/harness.ts";
import { PROFILE_SCOPE } from "../../src/oauth/scopes.ts";
import { FILE_ROWS } from "./file-rows.ts";
import type { FileCommand } from "./file-rows.ts";
import { endOf } from "./lane.ts";
import type { End, Lane } from "./lane.ts";
import { differenceLeft, differenceOf, WELL } from "./row.ts";
import { pair } from "./runs.ts";
import type { Case } from "./scan.ts";

const PRELOADED = new URL("breaking-files.mjs", import.meta.url).href;

interface Breakage {
  readonly log?: string;
  readonly at?: string;
  readonly fault?: string;
  readonly always?: boolean;
}

/** The environment of a process whose steps with this folder are counted, and broken. */
export function breaking(folder: string, breakage: Breakage): Record<string, string> {
  return {
    NODE_OPTIONS: `--import ${PRELOADED}`,
    FXA_TEST_FILES: JSON.stringify({ folder, ...breakage }),
  };
}

/** A command on the new device. */
export function start(
  lane: Lane,
  command: Exclude<FileCommand, "join">,
  env: Record<string, string> = {},
): Program {
  const args = {
    login: ["login", "--email", lane.email, "--password-stdin"],
    logout: ["logout"],
    token: ["token", "--scope", PROFILE_SCOPE],
    status: ["status"],
  };
  return lane.command("join", args[command], { input: lane.password, env });
}

/** What a command does with its folder, in order. */
export async function stepsOf(lane: Lane, command: FileCommand): Promise<string[]> {
  const log = join(temporaryFolder(), "steps");
  await broken(lane, command, { log });
  return existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : [];
}

/** Runs a command to its end, with a breakage. */
async function broken(lane: Lane, command: FileCommand, breakage: Breakage): Promise<End> {
  if (command === "join") {
    const environments = { join: () => breaking(lane.folders.join, breakage) };
    return (await pair(lane, undefined, { environments })).join;
  }
  lane.reset();
  if (command !== "login") await lane.signInNewDevice();
  if (command === "token") lane.disconnectNewDevice();
  return endOf(start(lane, command, breaking(lane.folders.join, breakage)));
}

/** Every row at each of its places. After a kill the same command has to work. */
export function fileCases(): Case[] {
  return FILE_ROWS.flatMap((row) =>
    (row.places.length === 0 ? [undefined] : row.places).map((place): Case => ({
      name: `${row.fault}, ${row.command} ${place ?? "everywhere"}`,
      world: "usual",
      waits: false,
      run: async (lane) => {
        const breakage = { fault: row.fault, ...(place === undefined ? { always: true } : { at: place }) };
        const ended = await broken(lane, row.command, breakage);
        const found = [
          ...differenceOf(row.command, row.ends, ended),
          ...differenceLeft(row.left, lane.left()),
        ];
        return row.fault.startsWith("kill") ? [...found, ...(await again(lane))] : found;
      },
    })),
  );
}

/** What is amiss when this device is signed in after that. */
async function again(lane: Lane): Promise<string[]> {
  const ended = await endOf(start(lane, "login"));
  const { signedIn, files } = lane.left();
  const tidy = signedIn && files.length === 0;
  return [
    ...differenceOf("the next run", WELL, ended),
    ...(tidy ? [] : [`the next run leaves ${files.join()}`]),
  ];
}
