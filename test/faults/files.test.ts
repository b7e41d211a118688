/** The fault table of files: that it has every step at which a sign-in can be killed, and a sample of it. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cleanUp, environmentFor, PROGRAM, temporaryFolder } from "../cli/harness.ts";
import { fileCases, stepsOf } from "./file-cases.ts";
import { FILE_COMMANDS, FILE_ROWS, STEPS_OF } from "./file-rows.ts";
import { Lane } from "./lane.ts";
import { createWorlds, sample, scan } from "./scan.ts";
import type { Worlds } from "./scan.ts";

const PATIENCE = 240_000;

let worlds: Worlds;
let lane: Lane;

beforeAll(async () => {
  worlds = await createWorlds();
  lane = await Lane.open(worlds.usual, "files@example.org");
});

afterAll(async () => {
  lane.close();
  await cleanUp();
  await worlds.close();
});

it(
  "J8: the table kills every command once before every step that it takes with its files",
  async () => {
    for (const command of FILE_COMMANDS) {
      const steps = STEPS_OF[command];
      expect(await stepsOf(lane, command), command).toEqual(steps);
      const killed = FILE_ROWS.filter((row) => row.command === command && row.fault === "kill");
      const expected = command === "join" ? steps.slice(1) : steps;
      expect(
        killed.flatMap(({ places }) => places),
        command,
      ).toEqual(expected);
    }
  },
  PATIENCE,
);

it(
  "J8: what it says is what happens: the file is absent or whole, and the next run works",
  async () => {
    expect(await scan(worlds, sample(fileCases(), 8))).toEqual([]);
  },
  PATIENCE,
);

/** Runs a command in a shell that has done something before; `$0` is its config directory. */
async function runAfter(
  commands: string,
  folder: string,
  args: readonly string[],
  prefix: readonly string[] = [],
) {
  const program = [process.execPath, PROGRAM, ...args, "--config-dir", folder];
  const [shell, ...rest] = [...prefix, "sh", "-c", `${commands}; "$@"; s=$?; ls -A "$0"; exit $s`, folder];
  const child = spawn(shell, [...rest, ...program], { env: environmentFor() });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stdin.end(lane.password);
  const [status] = (await once(child, "close")) as [number];
  return { status, output };
}

function signInAfter(commands: string, folder: string, prefix: readonly string[] = []) {
  const args = ["login", "--email", lane.email, "--password-stdin", "--server", lane.world.accounts.url];
  return runAfter(commands, folder, args, prefix);
}

it(
  "nothing half-written is left, and no token, where the system lets no file grow",
  async () => {
    lane.reset();
    const { status, output } = await signInAfter("ulimit -f 0", temporaryFolder());
    expect(output).toMatch(/credentials\.json in \S+ cannot be written \(EFBIG\)\.\n.*\n$/);
    expect(status).toBe(2);
    expect(lane.left()).toEqual({ signedIn: false, files: [], orphans: 0 });
  },
  PATIENCE,
);

const NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"];
const CAN_MOUNT =
  spawnSync("unshare", [...NAMESPACE.slice(1), "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

it.skipIf(!CAN_MOUNT)(
  "nor on a disk that is full",
  async () => {
    lane.reset();
    const full = `mount -t tmpfs -o size=4k,mode=700 none "$0"; head -c 4096 /dev/zero > "$0/filler"`;
    const { status, output } = await signInAfter(full, temporaryFolder(), NAMESPACE);
    expect(output).toMatch(/credentials\.json in \S+ cannot be written \(ENOSPC\)\.\n.*\nfiller\n$/);
    expect(status).toBe(2);
    expect(lane.left()).toEqual({ signedIn: false, files: [], orphans: 0 });
  },
  PATIENCE,
);

it.skipIf(!CAN_MOUNT)(
  "a sign-out on a full disk leaves no credentials, which need no room to be removed",
  async () => {
    lane.reset();
    await lane.signInNewDevice();
    const full = [
      `mount -t tmpfs -o size=8k,mode=700 none "$0"`,
      `install -m 600 ${join(lane.folders.join, "credentials.json")} "$0"`,
      `head -c 8192 /dev/zero > "$0/filler" 2> /dev/null`,
    ].join("; ");
    const { status, output } = await runAfter(full, temporaryFolder(), ["logout"], NAMESPACE);
    expect(output).toMatch(/\nfiller\n$/);
    expect(output).not.toMatch(/credentials\.json/);
    expect(status).toBe(0);
  },
  PATIENCE,
);
