/** The account's devices, for people. Names are foreign text: whoever signs in chooses one. */
import type { AddedEvent, ListedDevice } from "./events.ts";
import { cellsIn, displayText } from "./safe-text.ts";
import { durationInWords } from "./words.ts";

/** Digits of an id that are shown, unless two begin alike. */
const SHORT_ID = 8;
const MAX_NAME_CELLS = 32;

/** A table: id, name, kind, when it was last seen. */
export function devicesInWords(devices: readonly ListedDevice[]): string[] {
  if (devices.length === 0) return ["No device is signed in to this account."];
  const length = distinctLength(devices.map(({ id }) => id));
  const rows = devices.map((device) => [
    device.id.slice(0, length),
    nameOf(device),
    device.type === null ? "session" : displayText(device.type, 16),
    seenInWords(device),
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => cellsIn(row[column] ?? ""))));
  return rows.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - cellsIn(cell))))
      .join("  ")
      .trimEnd(),
  );
}

/** "laptop" (desktop). */
export function deviceInWords(device: ListedDevice): string {
  const kind = device.type === null ? "" : ` (${displayText(device.type, 16)})`;
  return `"${nameOf(device)}"${kind}`;
}

/** Which device a pairing added, and how to be rid of it. */
export function additionInWords({ device, candidates }: AddedEvent): string[] {
  if (device !== null) {
    return [
      `The new device is ${deviceInWords(device)}.`,
      `Was it not you? Remove it at once: fxa-pair devices remove ${device.id.slice(0, SHORT_ID)}`,
    ];
  }
  if (candidates.length === 0) {
    return [
      "The account's list does not show the new device yet.",
      "Was it not you? Remove it at once: fxa-pair devices lists it before long.",
    ];
  }
  return [
    "More than one device signed in just now, so it cannot be told which is the new one:",
    ...devicesInWords(candidates).map((line) => `  ${line}`),
    "To remove one: fxa-pair devices remove <id>",
  ];
}

function nameOf({ name }: ListedDevice): string {
  return name === null ? "unnamed" : displayText(name, MAX_NAME_CELLS);
}

function seenInWords({ thisDevice, idle }: ListedDevice): string {
  if (thisDevice) return "this device";
  if (idle === null) return "last seen: unknown";
  return idle < 60 ? "seen just now" : `seen ${durationInWords(idle)} ago`;
}

/** So many digits tell the ids apart. */
function distinctLength(ids: readonly string[]): number {
  for (let length = SHORT_ID; length < 32; length++) {
    if (new Set(ids.map((id) => id.slice(0, length))).size === ids.length) return length;
  }
  return 32;
}
