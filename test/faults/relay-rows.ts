/** The relay is killed (SIGKILL) in the middle of a pairing, at a message of one device. */
import type { Side } from "./lane.ts";
import { WELL } from "./row.ts";
import type { Ending, PairingRow, Remains } from "./row.ts";
import * as words from "./words.ts";

function row(side: Side, places: readonly string[], host: Ending, join: Ending, left: Remains): PairingRow {
  return { fault: "killed", side, places, host, join, left };
}

const DEVICE = "a signed-in device";
const NOTHING = "nothing";

export const RELAY_ROWS: readonly PairingRow[] = [
  row(
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
    words.BROKE,
    NOTHING,
  ),
  // The host has both yeses and has sent its code: no message is left to tell it that the code did not arrive.
  row("host", ["> code"], WELL, words.BROKE, NOTHING),
  row("host", ["> close_notify", "< close_notify"], WELL, WELL, DEVICE),
  row(
    "join",
    [
      "< greeting",
      "> ClientHello",
      "< ServerHello",
      "< Finished",
      "> Finished",
      "> request",
      "< metadata",
      "> confirmation",
    ],
    words.BROKE,
    words.BROKE,
    NOTHING,
  ),
  row("join", ["< code", "> close_notify", "< close_notify"], WELL, WELL, DEVICE),
];
