/** One HTTP call of a pairing goes wrong, between one device and the accounts server. */
import type { CallFault } from "./calls-proxy.ts";
import type { Side } from "./lane.ts";
import { NOT_STARTED, UNSEEN, WELL } from "./row.ts";
import type { Ending, PairingRow, Remains } from "./row.ts";
import * as words from "./words.ts";

const DISCOVERY = "GET /.well-known/fxa-client-configuration";
const SESSION = "GET /auth/v1/session/status";
const TOKEN = "POST /auth/v1/oauth/token";
const PROFILE = "GET /profile/v1/profile";
const CLIENT = "GET /auth/v1/oauth/client/{id}";
const KEYS = "POST /auth/v1/account/scoped-key-data";
const CODE = "POST /auth/v1/oauth/authorization";
const LIST = "GET /auth/v1/account/attached_clients";
const NAME = "POST /auth/v1/account/device";

/** What each device asks for, in the order in which it usually does. */
export const CALLS: Readonly<Record<Side, readonly string[]>> = {
  host: [DISCOVERY, SESSION, TOKEN, PROFILE, CLIENT, KEYS, LIST, `${CLIENT} 2`, CODE, `${LIST} 2`],
  join: [DISCOVERY, TOKEN, PROFILE, SESSION, NAME],
};

/** Asked by the host for its user's or the other's convenience: nothing depends on it. */
const COURTESIES = [TOKEN, PROFILE, CLIENT, LIST, `${CLIENT} 2`, `${LIST} 2`];

const DEVICE = "a signed-in device";
const NOTHING = "nothing";

type Row = PairingRow & { readonly fault: CallFault };

function row(
  fault: CallFault,
  side: Side,
  places: readonly string[],
  host: Ending,
  join: Ending,
  left: Remains,
): Row {
  return { fault, side, places, host, join, left };
}

const BROKEN = ["cut", "answer lost", "answer cut short"] as const;

export const CALL_ROWS: readonly Row[] = [
  ...BROKEN.flatMap((fault) => [
    row(fault, "host", [DISCOVERY, SESSION], words.UNREACHABLE, NOT_STARTED, NOTHING),
    row(fault, "host", COURTESIES, WELL, WELL, DEVICE),
    row(fault, "host", [KEYS, CODE], words.UNREACHABLE, words.CLOSED, NOTHING),
    row(fault, "join", [DISCOVERY], words.CLOSED, words.UNREACHABLE, NOTHING),
    row(fault, "join", [TOKEN], WELL, words.UNREACHABLE_PERHAPS, fault === "cut" ? NOTHING : UNSEEN),
    // What was issued is given back.
    row(fault, "join", [PROFILE, SESSION], WELL, words.UNREACHABLE, NOTHING),
    row(fault, "join", [NAME], WELL, words.UNNAMED, DEVICE),
  ]),
  row("unanswered", "host", [DISCOVERY, SESSION], words.TOO_SLOW, NOT_STARTED, NOTHING),
  row("unanswered", "host", COURTESIES, WELL, WELL, DEVICE),
  row("unanswered", "host", [KEYS, CODE], words.TOO_SLOW, words.CLOSED, NOTHING),
  row("unanswered", "join", [DISCOVERY], words.CLOSED_PERHAPS, words.TOO_SLOW, NOTHING),
  row("unanswered", "join", [TOKEN], WELL, words.TOO_SLOW_PERHAPS, NOTHING),
  row("unanswered", "join", [PROFILE, SESSION], WELL, words.TOO_SLOW, NOTHING),
  row("unanswered", "join", [NAME], WELL, words.UNNAMED, DEVICE),
  row("overtaken", "host", CALLS.host, WELL, WELL, DEVICE),
  row("overtaken", "join", CALLS.join, WELL, WELL, DEVICE),
  row("doubled", "host", CALLS.host, WELL, WELL, DEVICE),
  row("doubled", "join", CALLS.join, WELL, WELL, DEVICE),
  row("doubled, second answer", "host", CALLS.host, WELL, WELL, DEVICE),
  row("doubled, second answer", "join", [DISCOVERY, PROFILE, SESSION, NAME], WELL, WELL, DEVICE),
  row("doubled, second answer", "join", [TOKEN], WELL, words.CODE_USED, UNSEEN),
  row("gone", "host", [DISCOVERY, SESSION], words.UNREACHABLE, NOT_STARTED, NOTHING),
  row(
    "gone",
    "host",
    [TOKEN, PROFILE, CLIENT, KEYS, LIST, `${CLIENT} 2`, CODE],
    words.UNREACHABLE,
    words.CLOSED,
    NOTHING,
  ),
  row("gone", "host", [`${LIST} 2`], WELL, WELL, DEVICE),
  row("gone", "join", [DISCOVERY], words.CLOSED, words.UNREACHABLE, NOTHING),
  row("gone", "join", [TOKEN], WELL, words.UNREACHABLE_PERHAPS, NOTHING),
  row("gone", "join", [PROFILE, SESSION], WELL, words.NOT_REVOKED, UNSEEN),
  row("gone", "join", [NAME], WELL, words.UNNAMED, DEVICE),
];
