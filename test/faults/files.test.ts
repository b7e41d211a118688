/** The fault table of files: that it has every step at which a sign-in can be killed, and a sample of it. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cleanUp, environmentFor, PROGRAM, temporaryFolder } from "../cli/harness.ts";
import { fileCases, stepsOfSignIn } from "./file-cases.ts";
import { FILE_ROWS, STEPS } from "./file-rows.ts";
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
  "J8: the table kills a sign-in once before every step that it takes with its files",
  async () => {
    expect(await stepsOfSignIn(lane)).toEqual(STEPS);
    const killed = FILE_ROWS.filter(({ fault }) => fault === "kill").flatMap(({ places }) => places);
    expect(killed).toEqual(STEPS);
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

/** Runs a sign-in in a shell that has set limits before; `$0` is its config directory. */
async function signInAfter(commands: string, folder: string, prefix: readonly string[] = []) {
  const login = ["login", "--email", lane.email, "--password-stdin", "--server", lane.world.accounts.url];
  const program = [process.execPath, PROGRAM, ...login, "--config-dir", folder];
  const [shell, ...rest] = [...prefix, "sh", "-c", `${commands}; "$@"; s=$?; ls -A "$0"; exit $s`, folder];
  const child = spawn(shell, [...rest, ...program], { env: environmentFor() });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stdin.end(lane.password);
  const [status] = (await once(child, "close")) as [number];
  return { status, output };
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
