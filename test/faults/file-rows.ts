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
export type Step = (typeof STEPS)[number];

export interface FileRow {
  /** `kill` and `kill halfway` before and within a step; else the error that it ends with. */
  readonly fault: "kill" | "kill halfway" | "ENOSPC" | "EROFS" | "EIO";
  readonly command: "login" | "logout";
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

const between = (first: Step, last: Step) => STEPS.slice(STEPS.indexOf(first), STEPS.indexOf(last) + 1);

export const FILE_ROWS: readonly FileRow[] = [
  { fault: "kill", command: "login", places: ["open credentials.json"], ends: words.KILLED, left: "nothing" },
  {
    fault: "kill",
    command: "login",
    places: between("mkdir the folder", "create credentials.json.lock"),
    ends: words.KILLED,
    left: NO_FILES,
  },
  {
    fault: "kill",
    command: "login",
    places: between("chmod credentials.json.lock", "create credentials.json.*.tmp"),
    ends: words.KILLED,
    left: LOCKED,
  },
  {
    fault: "kill",
    command: "login",
    places: between("chmod credentials.json.*.tmp", "rename credentials.json.*.tmp"),
    ends: words.KILLED,
    left: HALF,
  },
  {
    fault: "kill",
    command: "login",
    places: between("open the folder", "unlink credentials.json.lock"),
    ends: words.KILLED,
    left: WHOLE,
  },
  {
    fault: "kill halfway",
    command: "login",
    places: ["write credentials.json.lock"],
    ends: words.KILLED,
    left: LOCKED,
  },
  {
    fault: "kill halfway",
    command: "login",
    places: ["write credentials.json.*.tmp"],
    ends: words.KILLED,
    left: HALF,
  },
  {
    fault: "ENOSPC",
    command: "login",
    places: ["mkdir the folder"],
    ends: [2, "The folder FOLDER cannot be made (ENOSPC). Choose another one with --config-dir."],
    left: "nothing",
  },
  {
    fault: "ENOSPC",
    command: "login",
    places: [
      "create credentials.json.lock",
      "write credentials.json.lock",
      "sync credentials.json.lock",
      "create credentials.json.*.tmp",
      "write credentials.json.*.tmp",
      "sync credentials.json.*.tmp",
      "rename credentials.json.*.tmp",
    ],
    ends: [2, "credentials.json in FOLDER cannot be written (ENOSPC)."],
    left: "nothing",
  },
  { fault: "EIO", command: "login", places: ["sync the folder"], ends: WELL, left: "a signed-in device" },
  {
    fault: "EROFS",
    command: "login",
    places: [],
    ends: [2, "The folder FOLDER cannot be made (EROFS). Choose another one with --config-dir."],
    left: "nothing",
  },
  {
    fault: "EROFS",
    command: "logout",
    places: [],
    ends: [
      2,
      "Signed out, but the credentials are still here. credentials.json in FOLDER cannot be written (EROFS).",
    ],
    left: "a signed-in device",
  },
  {
    fault: "ENOSPC",
    command: "logout",
    places: ["create credentials.json.lock", "write credentials.json.lock", "sync credentials.json.lock"],
    ends: [
      2,
      "Signed out, but the credentials are still here. credentials.json in FOLDER cannot be written (ENOSPC).",
    ],
    left: "a signed-in device",
  },
];
