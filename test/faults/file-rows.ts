/** What goes wrong with the files of a command: it is killed at a step, the disk is full, nothing can be written. */
import type { Ending, Remains } from "./row.ts";
import { WELL } from "./row.ts";
import * as words from "./words.ts";

/** What a sign-in does with its folder, in order: `login` and `join` alike. */
export const STEPS = [
  "open credentials.json",
  "mkdir the folder",
  "stat the folder",
  "create credentials.json.lock",
  "chmod credentials.json.lock",
  "write credentials.json.lock",
  "sync credentials.json.lock",
  "close credentials.json.lock",
  "open credentials.json 2",
  "readdir the folder",
  "create credentials.json.*.tmp",
  "chmod credentials.json.*.tmp",
  "write credentials.json.*.tmp",
  "sync credentials.json.*.tmp",
  "close credentials.json.*.tmp",
  "rename credentials.json.*.tmp",
  "open the folder",
  "sync the folder",
  "close the folder",
  "readFile credentials.json.lock",
  "unlink credentials.json.lock",
] as const;

/** The first, second and so on look at the credentials. */
const look = (count: number): readonly string[] => {
  const number = count === 1 ? "" : ` ${count}`;
  return ["open", "stat file", "read", "close"].map((step) =>
    step === "stat file" ? `stat file credentials.json${number}` : `${step} credentials.json${number}`,
  );
};
const LOCKING = STEPS.slice(3, 8);
const REMOVING = [
  "readdir the folder",
  "unlink credentials.json",
  "readFile credentials.json.lock",
  "unlink credentials.json.lock",
];

/** What every command does with its folder, in order. */
export const STEPS_OF: Readonly<Record<FileCommand, readonly string[]>> = {
  login: STEPS,
  join: STEPS,
  logout: [...look(1), ...look(2), ...LOCKING, ...look(3), ...REMOVING, "open credentials.json 4"],
  token: [...look(1), ...look(2), ...LOCKING, ...look(3), ...REMOVING],
  status: look(1),
};

/** `token` is that of a device which the account has disconnected: it is forgotten then. */
export const FILE_COMMANDS = ["login", "join", "logout", "token", "status"] as const;
export type FileCommand = (typeof FILE_COMMANDS)[number];

export interface FileRow {
  /** `kill` and `kill halfway` before and within a step; else the error that it ends with. */
  readonly fault: "kill" | "kill halfway" | "ENOSPC" | "EROFS" | "EIO";
  readonly command: FileCommand;
  /** Steps, each in a run of its own; every one that changes anything, if there are none. */
  readonly places: readonly string[];
  readonly ends: Ending;
  readonly left: Remains;
}

/** What is left of a sign-in that was killed. The next one takes the lock over, and clears away what is unfinished. */
function killed(name: string, files: readonly string[], signedIn = false, orphans = 2): Remains {
  return { words: name, signedIn, files, orphans };
}

const LOCK = "credentials.json.lock";
const UNFINISHED = "credentials.json.*.tmp";
const NO_FILES = killed("a sign-in on the server alone", []);
const LOCKED = killed("a sign-in on the server alone, and a lock", [LOCK]);
const HALF = killed("a sign-in on the server alone, a lock, and an unfinished file", [UNFINISHED, LOCK]);
const WHOLE = killed("a signed-in device, and a lock", [LOCK], true, 0);
const SPENT = killed("credentials that are good for nothing any more", [], true, 0);
const SPENT_LOCKED = killed("credentials that are good for nothing any more, and a lock", [LOCK], true, 0);
const ONLY_LOCK = killed("a lock", [LOCK], false, 0);

/** From the first of these steps to the last. */
function between(command: FileCommand, first: string, last: string): readonly string[] {
  const steps = STEPS_OF[command];
  return steps.slice(steps.indexOf(first), steps.indexOf(last) + 1);
}

type Fault = FileRow["fault"];

function row(
  fault: Fault,
  command: FileCommand,
  places: readonly string[],
  ends: Ending,
  left: Remains,
): FileRow {
  return { fault, command, places, ends, left };
}

/** A sign-in that is killed, once it has tokens. */
const killedSignIn = (command: "login" | "join") => [
  row(
    "kill",
    command,
    between(command, "mkdir the folder", "create credentials.json.lock"),
    words.KILLED,
    NO_FILES,
  ),
  row(
    "kill",
    command,
    between(command, "chmod credentials.json.lock", "create credentials.json.*.tmp"),
    words.KILLED,
    LOCKED,
  ),
  row(
    "kill",
    command,
    between(command, "chmod credentials.json.*.tmp", "rename credentials.json.*.tmp"),
    words.KILLED,
    HALF,
  ),
  row(
    "kill",
    command,
    between(command, "open the folder", "unlink credentials.json.lock"),
    words.KILLED,
    WHOLE,
  ),
  row("kill halfway", command, ["write credentials.json.lock"], words.KILLED, LOCKED),
  row("kill halfway", command, ["write credentials.json.*.tmp"], words.KILLED, HALF),
];

const cannotBeWritten = (error: string) => `credentials.json in FOLDER cannot be written (${error}).`;
const LOCK_NEEDS_ROOM = [
  "create credentials.json.lock",
  "write credentials.json.lock",
  "sync credentials.json.lock",
];

/** Where the disk is full, the tokens are given back. */
const fullDisk = (command: "login" | "join") => [
  row(
    "ENOSPC",
    command,
    ["mkdir the folder"],
    [2, "The folder FOLDER cannot be made (ENOSPC). Choose another one with --config-dir."],
    "nothing",
  ),
  row(
    "ENOSPC",
    command,
    [
      ...LOCK_NEEDS_ROOM,
      "create credentials.json.*.tmp",
      "write credentials.json.*.tmp",
      "sync credentials.json.*.tmp",
      "rename credentials.json.*.tmp",
    ],
    [2, cannotBeWritten("ENOSPC")],
    "nothing",
  ),
  row("EIO", command, ["sync the folder"], WELL, "a signed-in device"),
  row(
    "EROFS",
    command,
    [],
    [2, "The folder FOLDER cannot be made (EROFS). Choose another one with --config-dir."],
    "nothing",
  ),
];

const DISCONNECTED = "The accounts server no longer accepts this device's refresh token: it was disconnected";

export const FILE_ROWS: readonly FileRow[] = [
  row("kill", "login", ["open credentials.json"], words.KILLED, "nothing"),
  ...killedSignIn("login"),
  ...fullDisk("login"),
  // Killed at its first look a new device has never come: the other one waits.
  ...killedSignIn("join"),
  ...fullDisk("join"),
  row("kill", "logout", look(1), words.KILLED, "what was there"),
  row("kill", "logout", [...look(2), "create credentials.json.lock"], words.KILLED, SPENT),
  row(
    "kill",
    "logout",
    between("logout", "chmod credentials.json.lock", "unlink credentials.json"),
    words.KILLED,
    SPENT_LOCKED,
  ),
  row("kill", "logout", REMOVING.slice(2), words.KILLED, ONLY_LOCK),
  row("kill", "logout", ["open credentials.json 4"], words.KILLED, "nothing"),
  row("kill halfway", "logout", ["write credentials.json.lock"], words.KILLED, SPENT_LOCKED),
  row("ENOSPC", "logout", LOCK_NEEDS_ROOM, WELL, "nothing"),
  row(
    "EROFS",
    "logout",
    [],
    [2, `Signed out, but the credentials are still here. ${cannotBeWritten("EROFS")}`],
    SPENT,
  ),
  row("kill", "token", look(1), words.KILLED, "what was there"),
  row("kill", "token", [...look(2), "create credentials.json.lock"], words.KILLED, SPENT),
  row(
    "kill",
    "token",
    between("token", "chmod credentials.json.lock", "unlink credentials.json"),
    words.KILLED,
    SPENT_LOCKED,
  ),
  row("kill", "token", REMOVING.slice(2), words.KILLED, ONLY_LOCK),
  row("kill halfway", "token", ["write credentials.json.lock"], words.KILLED, SPENT_LOCKED),
  row("ENOSPC", "token", LOCK_NEEDS_ROOM, [10, `${DISCONNECTED}, and is forgotten here too.`], "nothing"),
  row("EROFS", "token", [], [10, `${DISCONNECTED}. ${cannotBeWritten("EROFS")}`], SPENT),
  row("kill", "status", look(1), words.KILLED, "what was there"),
  row("EROFS", "status", [], WELL, "what was there"),
];
