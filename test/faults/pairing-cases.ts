/** The rows about pairings, as cases to be run. */
import { CALL_ROWS, CALLS } from "./call-rows.ts";
import { KILL_ROWS } from "./kill-rows.ts";
import { MESSAGE_ROWS, MESSAGES } from "./message-rows.ts";
import type { MessageMischief } from "./messages-proxy.ts";
import type { Side } from "./lane.ts";
import { differences, whoseTime } from "./row.ts";
import { NO_GREETING } from "./words.ts";
import { pair } from "./runs.ts";
import type { Case } from "./scan.ts";

/** Every message with every fault. */
export function messageCases(): Case[] {
  return MESSAGE_ROWS.flatMap((row) =>
    row.places.map((place): Case => ({
      name: `${row.fault}, ${row.side} ${place}`,
      world: row.fault === "cut for good" ? "hasty" : "usual",
      waits: whoseTime(row) !== undefined || row.host === NO_GREETING || row.join === NO_GREETING,
      run: async (lane) => {
        const message = { ...whereIs(row.side, place), fault: row.fault };
        return differences(
          row,
          await pair(lane, () => ({ side: row.side, message }), { short: whoseTime(row) }),
        );
      },
    })),
  );
}

/** The messages' proxy counts from the greeting on, which is -1. */
export function whereIs(side: Side, place: string): Pick<MessageMischief, "direction" | "number"> {
  const up = MESSAGES[side].up.indexOf(place);
  return up >= 0
    ? { direction: "up", number: up }
    : { direction: "down", number: MESSAGES[side].down.indexOf(place) - 1 };
}

/** Every HTTP call with every fault. */
export function callCases(): Case[] {
  return CALL_ROWS.flatMap((row) =>
    row.places.map((place): Case => ({
      name: `${row.fault}, ${row.side} ${place}`,
      world: "usual",
      waits: row.fault === "unanswered",
      run: async (lane) => {
        const call = { call: place, fault: row.fault };
        return differences(row, await pair(lane, () => ({ side: row.side, call })));
      },
    })),
  );
}

/** Each process killed wherever the table says. */
export function killCases(): Case[] {
  return KILL_ROWS.flatMap((row) =>
    row.places.map((place): Case => ({
      name: `${row.fault}, ${row.side} ${place}`,
      world: "hasty",
      waits: false,
      run: async (lane) => {
        const { side } = row;
        return differences(
          row,
          await pair(lane, (processes) => {
            const kill = () => processes[side]?.kill("SIGKILL");
            const fault = row.fault === "killed before" ? { before: kill } : { after: kill };
            if (CALLS[side].includes(place)) return { side, call: { call: place, fault } };
            return { side, message: { ...whereIs(side, place), fault: { before: kill } } };
          }),
        );
      },
    })),
  );
}
