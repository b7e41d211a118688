/** The fault table's rows: what goes wrong where, what the users of both devices see, and what is left behind. */
import type { End, Left, Side } from "./lane.ts";
import type { Outcome } from "./runs.ts";
import { NOT_CONFIRMED } from "./words.ts";

/** How a command ends: its exit status, and words that its error (or a warning) must have. */
export type Ending = readonly [exit: number, words: string];

/** What is left behind, where nothing is half-written and the server holds no token that no device has. */
export type Remains =
  | "nothing"
  | "a signed-in device"
  /** As before the command. */
  | "what was there"
  | {
      readonly words: string;
      readonly signedIn: boolean;
      readonly files: readonly string[];
      readonly orphans: number;
    };

export interface PairingRow {
  readonly fault: string;
  /** Whose connection it is on. */
  readonly side: Side;
  /** Where: names of messages or calls. */
  readonly places: readonly string[];
  readonly host: Ending;
  readonly join: Ending;
  readonly left: Remains;
}

/** Whose time has to be over for a row to come true, if anybody's. */
export function whoseTime({ host, join }: Pick<PairingRow, "host" | "join">): Side | undefined {
  if (join === NOT_CONFIRMED) return "join";
  return host[0] === 5 ? "host" : undefined;
}

/** What only the host can see, and remove: tokens that no answer brought. */
export const UNSEEN: Remains = {
  words: "a sign-in that the new device knows nothing of; the signed-in one names it, and how to remove it",
  signedIn: false,
  files: [],
  orphans: 2,
};

/** Of a device that was never started. */
export const NOT_STARTED: Ending = [-1, ""];
export const WELL: Ending = [0, ""];

/** What differs between a row and what happened; an empty list where it holds. */
export function differences(row: Pick<PairingRow, "host" | "join" | "left">, outcome: Outcome): string[] {
  const unseen = row.left === UNSEEN && !outcome.named;
  return [
    ...(unseen ? ["the host does not name what is left"] : []),
    ...differenceOf("host", row.host, outcome.host),
    ...differenceOf("join", row.join, outcome.join),
    ...differenceLeft(row.left, outcome.left),
  ];
}

export function differenceOf(name: string, [exit, words]: Ending, end: End): string[] {
  const same = end.exit === exit && (words === "" ? exit !== 0 || end.says === "" : end.says.includes(words));
  return same ? [] : [`${name} ended with ${end.exit} "${end.says}" instead of ${exit} "${words}"`];
}

export function differenceLeft(remains: Remains, left: Left): string[] {
  const expected: Left =
    typeof remains === "object"
      ? { signedIn: remains.signedIn, files: remains.files, orphans: remains.orphans }
      : { signedIn: remains !== "nothing", files: [], orphans: 0 };
  const [wanted, found] = [expected, left].map((each) =>
    JSON.stringify([each.signedIn, each.files, each.orphans]),
  );
  return wanted === found
    ? []
    : [`${found ?? ""} is left (signed in, files, orphans) instead of ${wanted ?? ""}`];
}
