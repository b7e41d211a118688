/** Pairings with the connection of one device cut at one byte after the other, several at a time. */
import type { Cut, Direction } from "./cutting-proxy.ts";
import { ALL_WELL, boundaries, DIRECTIONS, Lane, SIDES } from "./whole-run.ts";
import type { Outcome, Side, Way } from "./whole-run.ts";

/** Where a connection may be cut so that there is something to come back to: after the relay's first message. */
export interface Place {
  readonly side: Side;
  readonly direction: Direction;
  /** Bytes of the connection that still go that way. */
  readonly after: number;
}

/** What else happens: nothing, the relay does not notice, or the next connection is cut as well. */
export const KINDS = ["cut", "cut unnoticed", "cut again going up", "cut again coming down"] as const;
export type Kind = (typeof KINDS)[number];

/** Bytes of a connection that comes back: its request or the answer, the first message, and some of what follows. */
const FIRST_BYTES = 600;

export interface Run extends Place {
  readonly kind: Kind;
  /** Where the second cut is, where there is one. */
  readonly again: number;
}

export interface Stretch {
  readonly side: Side;
  readonly direction: Direction;
  /** Bytes until the device has its first message, or needs it for what it says next. */
  readonly greeted: number;
  /** Bytes in all. */
  readonly length: number;
  /** Where frames end. */
  readonly boundaries: readonly number[];
}

/** What each connection of a pairing carries when nothing breaks. */
export async function survey(nodes: readonly string[], way?: Way): Promise<Stretch[]> {
  const lane = await Lane.open(nodes, way);
  for (const side of SIDES) lane.networks[side].recording = true;
  await lane.run("host", []);
  const stretches = SIDES.flatMap((side) =>
    DIRECTIONS.map((direction): Stretch => {
      const carried = lane.networks[side].recorded[0]?.[direction] ?? Buffer.alloc(0);
      const ends = boundaries(carried);
      const greeted = (direction === "down" ? ends[1] : ends[0]) ?? NaN;
      return { side, direction, greeted, length: carried.length, boundaries: ends };
    }),
  );
  lane.close();
  return stretches;
}

/** The places of a stretch that are survived: every `step`th byte, and either side of where a frame ends. */
export function placesOf(stretch: Stretch, step: number): Place[] {
  const { side, direction, greeted, length } = stretch;
  // The device speaks only after its first message, so one byte of what it says shows that it has it.
  const first = direction === "up" ? greeted + 1 : greeted;
  const edges = stretch.boundaries.flatMap((end) => [end - 1, end, end + 1]);
  const steps = Array.from(
    { length: Math.ceil((length + 1 - first) / step) },
    (_, index) => first + index * step,
  );
  const all = [...new Set([...steps, ...edges])].filter((after) => after >= first && after <= length);
  return all.map((after) => ({ side, direction, after }));
}

export interface Failure extends Run {
  readonly outcome: Outcome;
}

export interface Scan {
  /** Runs whose first connection was cut indeed, and whose second was. */
  readonly cut: number;
  readonly cutAgain: number;
  readonly failures: readonly Failure[];
}

/** Makes these runs, so many at a time. */
export async function scan(nodes: readonly string[], runs: readonly Run[], lanes = 4): Promise<Scan> {
  const waiting = [...runs];
  const failures: Failure[] = [];
  let cut = 0;
  let cutAgain = 0;
  const work = async () => {
    const lane = await Lane.open(nodes);
    for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
      const outcome = await lane.run(run.side, cutsOf(run));
      const { made } = lane.networks[run.side];
      if (made >= 1) cut += 1;
      if (made >= 2) cutAgain += 1;
      if (JSON.stringify(outcome) !== JSON.stringify(ALL_WELL)) failures.push({ ...run, outcome });
    }
    lane.close();
  };
  await Promise.all(Array.from({ length: lanes }, work));
  return { cut, cutAgain, failures };
}

/** Runs of these kinds at these places. The second cuts go through all first bytes of a resume by and by. */
export function runsOf(places: readonly Place[], kinds: readonly Kind[] | "in turn"): Run[] {
  const each = places.flatMap((place, index) =>
    (kinds === "in turn" ? [KINDS[index % KINDS.length] ?? "cut"] : kinds).map((kind) => ({
      ...place,
      kind,
    })),
  );
  // 7 has no divisor in common with the number of bytes.
  return each.map((run, index) => ({ ...run, again: (index * 7) % (FIRST_BYTES + 1) }));
}

function cutsOf({ direction, after, kind, again }: Run): Cut[] {
  const first = { direction, after, relayNotices: kind !== "cut unnoticed" };
  if (kind === "cut" || kind === "cut unnoticed") return [first];
  return [
    first,
    { direction: kind === "cut again going up" ? "up" : "down", after: again, relayNotices: true },
  ];
}
