/** The rows about files, as cases to be run. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../cli/harness.ts";
import type { Program } from "../cli/harness.ts";
import { FILE_ROWS } from "./file-rows.ts";
import type { FileRow } from "./file-rows.ts";
import { endOf } from "./lane.ts";
import type { Lane } from "./lane.ts";
import { differenceLeft, differenceOf, WELL } from "./row.ts";
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

/** `login` or `logout` on the new device. */
export function start(lane: Lane, command: FileRow["command"], env: Record<string, string> = {}): Program {
  const args = command === "login" ? ["login", "--email", lane.email, "--password-stdin"] : ["logout"];
  return lane.command("join", args, { input: lane.password, env });
}

/** What a sign-in does with its folder, in order. */
export async function stepsOfSignIn(lane: Lane): Promise<string[]> {
  lane.reset();
  const log = join(temporaryFolder(), "steps");
  await start(lane, "login", breaking(lane.folders.join, { log })).exit;
  return existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : [];
}

/** Every row at each of its places. After a kill the same command has to work. */
export function fileCases(): Case[] {
  return FILE_ROWS.flatMap((row) =>
    (row.places.length === 0 ? [undefined] : row.places).map((place): Case => ({
      name: `${row.fault}, ${row.command} ${place ?? "everywhere"}`,
      world: "usual",
      waits: false,
      run: async (lane) => {
        lane.reset();
        if (row.command === "logout") await lane.signInNewDevice();
        const breakage = { fault: row.fault, ...(place === undefined ? { always: true } : { at: place }) };
        const ended = await endOf(start(lane, row.command, breaking(lane.folders.join, breakage)));
        const found = [
          ...differenceOf(row.command, row.ends, ended),
          ...differenceLeft(row.left, lane.left()),
        ];
        return row.fault.startsWith("kill") ? [...found, ...(await again(lane))] : found;
      },
    })),
  );
}

/** What is amiss when the command is run once more. */
async function again(lane: Lane): Promise<string[]> {
  const ended = await endOf(start(lane, "login"));
  const { signedIn, files } = lane.left();
  const tidy = signedIn && files.length === 0;
  return [
    ...differenceOf("the next run", WELL, ended),
    ...(tidy ? [] : [`the next run leaves ${files.join()}`]),
  ];
}
