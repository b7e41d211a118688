/** One HTTP call goes wrong of a command that a device runs by itself. */
import { CALL_FAULTS } from "./calls-proxy.ts";
import type { CallFault } from "./calls-proxy.ts";
import { WELL } from "./row.ts";
import type { Ending, Remains } from "./row.ts";
import * as words from "./words.ts";

const DISCOVERY = "GET /.well-known/fxa-client-configuration";
const STRETCH = "POST /auth/v1/account/credentials/status";
const PASSWORD = "POST /auth/v1/account/login";
const ROTATIONS = "POST /auth/v1/account/scoped-key-data";
const KEYS = "GET /auth/v1/account/keys";
const TOKEN = "POST /auth/v1/oauth/token";
const NAME = "POST /auth/v1/account/device";
const SESSION = "GET /auth/v1/session/status";
const LIST = "GET /auth/v1/account/attached_clients";
const END_TOKEN = "POST /auth/v1/oauth/destroy";
const END_SESSION = "POST /auth/v1/session/destroy";
const REMOVE = "POST /auth/v1/account/attached_client/destroy";

/** What each command asks for, about in this order. */
export const COMMAND_CALLS = {
  login: [DISCOVERY, STRETCH, PASSWORD, ROTATIONS, KEYS, LIST, TOKEN, NAME],
  logout: [DISCOVERY, END_TOKEN, END_SESSION],
  "status --check": [DISCOVERY, TOKEN, SESSION],
  token: [DISCOVERY, TOKEN],
  devices: [DISCOVERY, LIST],
  "devices remove": [DISCOVERY, LIST, REMOVE],
} as const;
export type CommandName = keyof typeof COMMAND_CALLS;
export const COMMANDS: readonly CommandName[] = [
  "login",
  "logout",
  "status --check",
  "token",
  "devices",
  "devices remove",
];

export interface CommandRow {
  readonly fault: CallFault;
  readonly command: CommandName;
  readonly places: readonly string[];
  readonly ends: Ending;
  readonly left: Remains;
}

const NOTHING = "nothing";
const DEVICE = "a signed-in device";
const BEFORE = "what was there";

/** Of the server's tokens for this account, or for another device of it, that no folder here has. */
const orphans = (name: string, count: number, signedIn: boolean): Remains => ({
  words: name,
  signedIn,
  files: [],
  orphans: count,
});
const HALF_SIGNED_IN = orphans("a session, or a token, on the server alone; other devices list it", 1, false);
const TWICE = orphans(
  "a signed-in device, and a second sign-in on the server, which other devices list",
  1,
  true,
);
const HELD = orphans("the credentials, of which the server knows no more what it was told to end", 0, true);
const STAYS = orphans("the other device is still signed in", 2, true);
const REMOVED = orphans("of the other device a token, which the list has apart", 1, true);
/** A device that signed in by itself has its token beside its record. */
export const REMOVED_WELL: Ending = [0, "it may still have tokens, listed apart as"];

const FORCE = "Try again later; fxa-pair logout --force";
const accepted = (accepts: string, what: string, why: string): Ending => [
  6,
  `The server ${accepts} this device's ${what}. ${why}`,
];

/** What becomes of `logout`, which names what the server has not confirmed to have ended. */
function logoutRows(fault: CallFault, why: string): CommandRow[] {
  const command = "logout";
  const all = "refresh token and session";
  const rest = fault === "gone" ? all : "refresh token";
  return [
    {
      fault,
      command,
      places: [DISCOVERY],
      ends: accepted("still accepts", all, `${why} ${FORCE}`),
      left: BEFORE,
    },
    { fault, command, places: [END_TOKEN], ends: accepted("may still accept", rest, why), left: HELD },
    { fault, command, places: [END_SESSION], ends: accepted("may still accept", "session", why), left: HELD },
  ];
}

function row(
  fault: CallFault,
  command: CommandName,
  places: readonly string[],
  ends: Ending,
  left: Remains,
): CommandRow {
  return { fault, command, places, ends, left };
}

/** A call without an answer, and whether the server has carried it out. */
function failing(fault: CallFault, carriedOut: boolean): CommandRow[] {
  const isSlow = fault === "unanswered";
  const [fails, perhaps] = isSlow
    ? [words.TOO_SLOW, words.TOO_SLOW_PERHAPS]
    : [words.UNREACHABLE, words.UNREACHABLE_PERHAPS];
  const why = isSlow ? words.SLOW : words.CANNOT_REACH;
  const later = fault === "gone" ? words.NOT_REVOKED : undefined;
  const halfway = carriedOut ? HALF_SIGNED_IN : NOTHING;
  return [
    row(fault, "login", [DISCOVERY, STRETCH], fails, NOTHING),
    row(fault, "login", [PASSWORD], perhaps, halfway),
    row(fault, "login", [ROTATIONS, KEYS], later ?? fails, later === undefined ? NOTHING : HALF_SIGNED_IN),
    row(fault, "login", [LIST], later ?? WELL, later === undefined ? DEVICE : HALF_SIGNED_IN),
    // With its session it finds the token that it was not told of, and ends it.
    row(
      fault,
      "login",
      [TOKEN],
      later ?? (carriedOut ? fails : perhaps),
      later === undefined ? NOTHING : HALF_SIGNED_IN,
    ),
    row(fault, "login", [NAME], words.UNNAMED, DEVICE),
    ...logoutRows(fault, why),
    row(fault, "status --check", COMMAND_CALLS["status --check"], fails, BEFORE),
    row(fault, "token", COMMAND_CALLS.token, fails, BEFORE),
    row(fault, "devices", COMMAND_CALLS.devices, fails, BEFORE),
    row(fault, "devices remove", [DISCOVERY, LIST], fails, STAYS),
    row(
      fault,
      "devices remove",
      [REMOVE],
      [6, `${why} The device may be removed, or signed in still: look with fxa-pair devices.`],
      carriedOut ? REMOVED : STAYS,
    ),
  ];
}

/** What nobody notices, but for a sign-in that the server has done twice. */
function harmless(fault: CallFault, signIns: Remains, withoutKeys = true): CommandRow[] {
  const twice = [PASSWORD, TOKEN];
  const others = COMMAND_CALLS.login.filter(
    (call) => !twice.includes(call) && (withoutKeys || call !== KEYS),
  );
  return [
    row(fault, "login", twice, WELL, signIns),
    row(fault, "login", others, WELL, DEVICE),
    row(fault, "logout", COMMAND_CALLS.logout, WELL, NOTHING),
    row(fault, "status --check", COMMAND_CALLS["status --check"], WELL, BEFORE),
    row(fault, "token", COMMAND_CALLS.token, WELL, BEFORE),
    row(fault, "devices", COMMAND_CALLS.devices, WELL, BEFORE),
    row(fault, "devices remove", COMMAND_CALLS["devices remove"], REMOVED_WELL, REMOVED),
  ];
}

const ROWS: Readonly<Record<CallFault, readonly CommandRow[]>> = {
  cut: failing("cut", false),
  "answer lost": failing("answer lost", true),
  "answer cut short": failing("answer cut short", true),
  // Most are asked for alone, and have none to overtake them.
  overtaken: harmless("overtaken", DEVICE),
  doubled: harmless("doubled", TWICE),
  "doubled, second answer": [
    ...harmless("doubled, second answer", TWICE, false),
    row(
      "doubled, second answer",
      "login",
      [KEYS],
      [8, "The accounts server says that the account's keys were fetched already. Try again."],
      NOTHING,
    ),
  ],
  unanswered: failing("unanswered", false),
  gone: failing("gone", false),
};

export const COMMAND_ROWS: readonly CommandRow[] = CALL_FAULTS.flatMap((fault) => ROWS[fault]);
