/** One message of a pairing goes wrong, on one device's connection to the relay. */
import type { MessageFault } from "./messages-proxy.ts";
import type { Side } from "./lane.ts";
import { NOT_STARTED, WELL } from "./row.ts";
import type { Ending, PairingRow, Remains } from "./row.ts";
import * as words from "./words.ts";

/** What each device is sent and sends, in order; the relay's greeting comes before the rest. */
export const MESSAGES: Readonly<Record<Side, Readonly<Record<"up" | "down", readonly string[]>>>> = {
  host: {
    up: ["> ServerHello", "> Finished", "> metadata", "> code", "> close_notify"],
    down: ["< greeting", "< ClientHello", "< Finished", "< request", "< confirmation", "< close_notify"],
  },
  join: {
    up: ["> ClientHello", "> Finished", "> request", "> confirmation", "> close_notify"],
    down: ["< greeting", "< ServerHello", "< Finished", "< metadata", "< code", "< close_notify"],
  },
};

const DEVICE = "a signed-in device";
const NOTHING = "nothing";

type Row = PairingRow & { readonly fault: MessageFault };

const everywhereBut = (side: Side, ...excepted: string[]) =>
  [...MESSAGES[side].up, ...MESSAGES[side].down].filter((name) => !excepted.includes(name));

function row(
  fault: MessageFault,
  side: Side,
  places: readonly string[],
  host: Ending,
  join: Ending,
  left: Remains,
): Row {
  return { fault, side, places, host, join, left };
}

export const MESSAGE_ROWS: readonly Row[] = [
  row("cut", "host", everywhereBut("host", "< greeting"), WELL, WELL, DEVICE),
  row("cut", "host", ["< greeting"], words.BROKE, NOT_STARTED, NOTHING),
  row("cut", "join", everywhereBut("join", "< greeting"), WELL, WELL, DEVICE),
  row("cut", "join", ["< greeting"], words.NOBODY_CAME, words.UNKNOWN_CHANNEL, NOTHING),
  row("cut for good", "host", ["< greeting"], words.BROKE, NOT_STARTED, NOTHING),
  row(
    "cut for good",
    "host",
    [
      "< ClientHello",
      "> ServerHello",
      "> Finished",
      "< Finished",
      "< request",
      "> metadata",
      "< confirmation",
    ],
    words.BROKE,
    words.LEFT,
    NOTHING,
  ),
  row("cut for good", "host", ["> code"], WELL, words.LEFT, NOTHING),
  row("cut for good", "host", ["> close_notify", "< close_notify"], WELL, WELL, DEVICE),
  row("cut for good", "join", ["< greeting"], words.LEFT, words.UNKNOWN_CHANNEL, NOTHING),
  row(
    "cut for good",
    "join",
    ["> ClientHello", "< ServerHello", "< Finished", "> Finished", "> request"],
    words.LEFT,
    words.BROKE,
    NOTHING,
  ),
  row("cut for good", "join", ["< metadata", "> confirmation"], words.LEFT_PERHAPS, words.BROKE, NOTHING),
  // The host has both yeses and has sent its code: no message is left to tell it that the code did not arrive.
  row("cut for good", "join", ["< code"], WELL, words.BROKE, NOTHING),
  row("cut for good", "join", ["> close_notify", "< close_notify"], WELL, WELL, DEVICE),
  row("delayed", "host", everywhereBut("host"), WELL, WELL, DEVICE),
  row("delayed", "join", everywhereBut("join"), WELL, WELL, DEVICE),
  row("doubled", "host", ["< greeting"], words.MALFORMED, words.NOT_CONFIRMED, NOTHING),
  row("doubled", "host", ["< ClientHello"], words.IN_THE_CLEAR, words.PEER_UNEXPECTED, NOTHING),
  row("doubled", "host", ["> ServerHello"], words.PEER_UNEXPECTED, words.IN_THE_CLEAR, NOTHING),
  row("doubled", "host", ["> Finished", "> metadata"], words.PEER_BAD_RECORD, words.BAD_RECORD, NOTHING),
  row(
    "doubled",
    "host",
    ["< Finished", "< request", "< confirmation"],
    words.BAD_RECORD,
    words.PEER_BAD_RECORD,
    NOTHING,
  ),
  row("doubled", "host", ["> code", "> close_notify", "< close_notify"], WELL, WELL, DEVICE),
  row("doubled", "join", ["< greeting"], words.NOBODY_CAME, words.MALFORMED, NOTHING),
  row("doubled", "join", ["> ClientHello"], words.IN_THE_CLEAR, words.PEER_UNEXPECTED, NOTHING),
  row("doubled", "join", ["< ServerHello"], words.PEER_UNEXPECTED, words.IN_THE_CLEAR, NOTHING),
  row("doubled", "join", ["< Finished", "< metadata"], words.PEER_BAD_RECORD, words.BAD_RECORD, NOTHING),
  row(
    "doubled",
    "join",
    ["> Finished", "> request", "> confirmation"],
    words.BAD_RECORD,
    words.PEER_BAD_RECORD,
    NOTHING,
  ),
  row("doubled", "join", ["< code", "> close_notify", "< close_notify"], WELL, WELL, DEVICE),
  row("overtaken", "host", ["< greeting"], words.NO_GREETING, NOT_STARTED, NOTHING),
  row("overtaken", "host", ["< ClientHello", "> Finished"], words.LEFT, words.NOT_CONFIRMED, NOTHING),
  row("overtaken", "host", ["> ServerHello"], words.IN_THE_CLEAR, words.TOO_SOON, NOTHING),
  row("overtaken", "host", ["< Finished"], words.BAD_RECORD, words.PEER_BAD_RECORD, NOTHING),
  row("overtaken", "host", ["< request"], words.NOT_CONFIRMED, words.CLOSED, NOTHING),
  row("overtaken", "host", ["> metadata"], words.PEER_BAD_RECORD_PERHAPS, words.BAD_RECORD, NOTHING),
  row("overtaken", "host", ["< confirmation"], words.BAD_RECORD_PERHAPS, WELL, DEVICE),
  row("overtaken", "host", ["> code"], WELL, words.BAD_RECORD, NOTHING),
  row("overtaken", "host", ["> close_notify", "< close_notify"], WELL, WELL, DEVICE),
  row("overtaken", "join", ["< greeting"], words.NOBODY_CAME, words.NO_GREETING, NOTHING),
  row("overtaken", "join", ["> ClientHello", "< Finished"], words.LEFT, words.NOT_CONFIRMED, NOTHING),
  row("overtaken", "join", ["< ServerHello"], words.IN_THE_CLEAR, words.TOO_SOON, NOTHING),
  row("overtaken", "join", ["> Finished"], words.BAD_RECORD, words.PEER_BAD_RECORD, NOTHING),
  row("overtaken", "join", ["> request"], words.NOT_CONFIRMED, words.CLOSED, NOTHING),
  row("overtaken", "join", ["< metadata"], words.PEER_BAD_RECORD_PERHAPS, words.BAD_RECORD, NOTHING),
  row("overtaken", "join", ["> confirmation"], words.BAD_RECORD_PERHAPS, WELL, DEVICE),
  row("overtaken", "join", ["< code"], WELL, words.BAD_RECORD, NOTHING),
  row("overtaken", "join", ["> close_notify", "< close_notify"], WELL, WELL, DEVICE),
];
