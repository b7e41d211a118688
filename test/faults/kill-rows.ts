/** One process of a pairing is killed (SIGKILL) at a message or a call of its own, which still goes on. */
import { CALLS } from "./call-rows.ts";
import type { Side } from "./lane.ts";
import { NOT_STARTED, UNSEEN, WELL } from "./row.ts";
import type { Ending, PairingRow, Remains } from "./row.ts";
import * as words from "./words.ts";

/** When, in relation to the call. */
export type Kill = "killed before" | "killed after";
type Row = PairingRow & { readonly fault: Kill };

const [DISCOVERY = "", SESSION = "", , , ...FROM_THE_REQUEST_ON] = CALLS.host;
const LAST = CALLS.host.at(-1) ?? "";

/** The offer's file is there until a device has connected, and nobody removes it. */
const URL_FILE: Remains = {
  words: "the file with the URL, which is good for nothing any more",
  signedIn: false,
  files: ["url.txt"],
  orphans: 0,
};

const DEVICE = "a signed-in device";
const NOTHING = "nothing";

function rows(
  faults: readonly Kill[],
  side: Side,
  places: readonly string[],
  [host, join, left]: readonly [Ending, Ending, Remains],
): Row[] {
  return faults.map((fault) => ({ fault, side, places, host, join, left }));
}

const MESSAGE: readonly Kill[] = ["killed before"];
const CALL: readonly Kill[] = ["killed before", "killed after"];

/** Not where it is a matter of luck what else is done by then: the host's profile, its offer's file at the request. */
export const KILL_ROWS: readonly Row[] = [
  ...rows(MESSAGE, "host", ["< greeting"], [words.KILLED, NOT_STARTED, NOTHING]),
  ...rows(
    MESSAGE,
    "host",
    ["< ClientHello", "> ServerHello", "> Finished", "< Finished"],
    [words.KILLED, words.LEFT, URL_FILE],
  ),
  ...rows(MESSAGE, "host", ["> metadata", "< confirmation"], [words.KILLED, words.LEFT, NOTHING]),
  ...rows(MESSAGE, "host", ["> code", "> close_notify", "< close_notify"], [words.KILLED, WELL, DEVICE]),
  ...rows(CALL, "host", [DISCOVERY, SESSION], [words.KILLED, NOT_STARTED, NOTHING]),
  ...rows(
    CALL,
    "host",
    FROM_THE_REQUEST_ON.filter((call) => call !== LAST),
    [words.KILLED, words.LEFT, NOTHING],
  ),
  ...rows(CALL, "host", [LAST], [words.KILLED, WELL, DEVICE]),
  ...rows(
    MESSAGE,
    "join",
    ["< greeting", "> ClientHello", "< ServerHello", "< Finished"],
    [words.LEFT, words.KILLED, NOTHING],
  ),
  ...rows(
    MESSAGE,
    "join",
    ["> Finished", "> request", "< metadata"],
    [words.LEFT_SOMEHOW, words.KILLED, NOTHING],
  ),
  ...rows(MESSAGE, "join", ["> confirmation", "< code"], [WELL, words.KILLED, NOTHING]),
  ...rows(MESSAGE, "join", ["> close_notify"], [WELL, words.KILLED, DEVICE]),
  ...rows(CALL, "join", CALLS.join.slice(0, 1), [words.LEFT_SOMEHOW, words.KILLED, NOTHING]),
  ...rows(CALL, "join", CALLS.join.slice(1), [WELL, words.KILLED, UNSEEN]),
];
