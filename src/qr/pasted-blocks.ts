/**
 * Reads a QR code that was drawn on one terminal, copied there as text, and pasted here. Copying keeps the characters and
 * loses the rest: colours, spaces at line ends, often the light border, whose absence a camera would not forgive.
 *
 * Loads a reader of QR codes: import it only when something was pasted.
 */
import { decodeQR } from "qr/decode.js";
import { codesInGrid } from "./finder-patterns.ts";
import type { Modules } from "./modules.ts";
import { modulesPicture } from "./modules.ts";
import { cellsOf, halvesOf } from "./raster.ts";
import { qrReaderOf } from "./readers.ts";

/** More than the largest code takes, with some text around it: what is longer is something else. */
const MAX_CHARACTERS = 200_000;
const MAX_LINES = 400;
const MAX_COLUMNS = 600;

/** Drawn is light, not drawn dark; from half of it on, a square counts as drawn: a `#` counts. */
const THEME = { foreground: 255, background: 0 };
const DRAWN = 100;

/** Columns and half lines of one module: half blocks, two columns a module, one column a module. */
const MODULE_SIZES: readonly (readonly [columns: number, halfLines: number])[] = [
  [1, 1],
  [2, 2],
  [1, 2],
];

// eslint-disable-next-line no-control-regex
const BARE_SEQUENCE = /(?<!\u001b)\[(?=[\d;]*m)/g;

/** How far the first line may be out of place: a selection often begins behind its indentation. */
const MAX_SHIFT = 64;

/** Text made to look like the corners of many codes must not cost a reading for each. */
const MAX_CODES = 8;

/** Row by row, two rows a line. */
type Grid = readonly (readonly boolean[])[];

/**
 * The text of the QR code that `pasted` draws: with half blocks, full blocks or `#`, drawn dark on light or light on dark,
 * with or without a quiet zone, indentation, escape sequences for colours and text around it; any line ends. `undefined`
 * when there is none. What it says is as little to be trusted as any QR code.
 */
export function textOfPastedBlocks(pasted: string): string | undefined {
  if (pasted.length > MAX_CHARACTERS || !/[█▀▄#]|\[[\d;]+m/.test(pasted)) return undefined;
  let tried = 0;
  for (const code of codesIn(pasted.split(/\r\n|[\n\r\u2028\u2029]/).slice(0, MAX_LINES))) {
    const text = reader(modulesPicture(code))?.text;
    if (text !== undefined) return text;
    if (++tried === MAX_CODES) return undefined;
  }
  return undefined;
}

const reader = qrReaderOf(decodeQR);

function* codesIn(lines: readonly string[]): Generator<Modules> {
  const grid = lines.flatMap(halfLines);
  yield* codesInHalfLines(grid, 0, Infinity);
  const first = lines.findIndex((line) => line.trim() !== "");
  for (let shift = 1; shift <= MAX_SHIFT; shift++) {
    const shifted = halfLines(" ".repeat(shift) + (lines[first] ?? ""));
    yield* codesInHalfLines(grid.toSpliced(2 * first, 2, ...shifted), 2 * first, 2 * first + 1);
  }
}

/** A line as two rows. The byte before a sequence gets lost where pasted text is cleaned of control characters. */
function halfLines(line: string): Grid {
  const cells = cellsOf(line.replaceAll(BARE_SEQUENCE, "\u001b["), THEME).slice(0, MAX_COLUMNS);
  const halves = cells.map(halvesOf);
  return [halves.map(([upper]) => upper >= DRAWN), halves.map(([, lower]) => lower >= DRAWN)];
}

/** Codes whose top lies in these rows of the grid. */
function* codesInHalfLines(grid: Grid, first: number, last: number): Generator<Modules> {
  const columns = Math.max(0, ...grid.map((row) => row.length));
  for (const [width, height] of MODULE_SIZES) {
    const extent = {
      width: Math.ceil(columns / width),
      height: Math.ceil(grid.length / height),
      tops: [Math.floor(first / height), Math.floor(last / height)],
    } as const;
    for (let offset = 0; offset < width; offset++) {
      for (const drawsDark of [false, true]) {
        const isDark = (x: number, y: number) =>
          (grid[y * height]?.[x * width + offset] === true) === drawsDark;
        yield* codesInGrid(isDark, extent);
      }
    }
  }
}
