/**
 * What a terminal makes of a drawing, as a picture: characters in cells twice as high as wide, in the colours that the
 * escape sequences ask for (SGR of ECMA-48, and the 256 and true colours of xterm).
 */
import type { GreyPicture } from "./pixels.ts";

/** Greys, 0 to 255, of text and ground where a drawing says nothing. */
export interface Theme {
  readonly foreground: number;
  readonly background: number;
}

/** A character in its colours, greys from 0 to 255. */
export interface Cell {
  readonly glyph: string;
  readonly ink: number;
  readonly ground: number;
}

interface Colors {
  foreground: number;
  background: number;
}

/**
 * Which parts of its cell a character covers, as rows of equal height; common fonts have `#` like that. Strokes as thin as
 * its are what readers fail on.
 */
const SHAPES: Readonly<Record<string, readonly string[]>> = {
  "█": ["#"],
  "▀": ["#", "."],
  "▄": [".", "#"],
  "#": [
    "........",
    "........",
    "........",
    "..##.##.",
    "..##.##.",
    "..##.##.",
    "########",
    "########",
    ".##.##..",
    ".##.##..",
    "########",
    "########",
    ".##.##..",
    ".##.##..",
    ".##.##..",
    "........",
  ],
};
/** Pixels that a cell may be wide for its character's strokes to show. */
export const STROKES_WIDTHS: readonly number[] = [8, 5];

const BASIC = [0, 60, 120, 160, 40, 80, 140, 229, 127, 90, 180, 235, 110, 120, 200, 255] as const;

// eslint-disable-next-line no-control-regex
const TOKENS = /\u001b\[([\d;]*)m|(\u001b\[[^@-~]*[@-~])|(.)/gsu;

/** The cells of one line; any character without a shape known here is taken for empty ground. */
export function cellsOf(line: string, theme: Theme): Cell[] {
  let colors: Colors = { ...theme };
  let reversed = false;
  const cells: Cell[] = [];
  for (const [, sequence, other, glyph = ""] of line.matchAll(TOKENS)) {
    if (other !== undefined) continue;
    if (sequence === undefined) {
      const [ink, ground] = reversed
        ? [colors.background, colors.foreground]
        : [colors.foreground, colors.background];
      cells.push({ glyph, ink, ground });
      continue;
    }
    ({ colors, reversed } = applySgr(sequence, colors, reversed, theme));
  }
  return cells;
}

function applySgr(
  sequence: string,
  before: Colors,
  wasReversed: boolean,
  theme: Theme,
): { colors: Colors; reversed: boolean } {
  let colors = { ...before };
  let reversed = wasReversed;
  const codes = sequence.split(";").map(Number);
  while (codes.length > 0) {
    const code = codes.shift() ?? 0;
    if (code === 0) [colors, reversed] = [{ ...theme }, false];
    else if (code === 7) reversed = true;
    else if (code === 27) reversed = false;
    else if (code === 38) colors.foreground = extendedColor(codes) ?? colors.foreground;
    else if (code === 48) colors.background = extendedColor(codes) ?? colors.background;
    else if (code === 39) colors.foreground = theme.foreground;
    else if (code === 49) colors.background = theme.background;
    else {
      const kind = Math.floor(code / 10);
      const grey = BASIC[(code % 10) + (kind >= 9 ? 8 : 0)];
      if ((kind === 3 || kind === 9) && grey !== undefined) colors.foreground = grey;
      if ((kind === 4 || kind === 10) && grey !== undefined) colors.background = grey;
    }
  }
  return { colors, reversed };
}

/** Takes what follows a 38 or 48 off the front of `codes`. */
function extendedColor(codes: number[]): number | undefined {
  const kind = codes.shift();
  if (kind === 2) return greyOf(codes.splice(0, 3));
  if (kind !== 5) return undefined;
  const index = codes.shift() ?? 0;
  if (index < 16) return BASIC[index];
  if (index >= 232) return 8 + (index - 232) * 10;
  const cube = index - 16;
  return greyOf(
    [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((level) =>
      level === 0 ? 0 : 55 + level * 40,
    ),
  );
}

/** How light a colour looks (ITU-R BT.601). */
function greyOf([red = 0, green = 0, blue = 0]: readonly number[]): number {
  return Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
}

/** How light a cell is at a point, both coordinates from 0 to below 1. */
function greyAt({ glyph, ink, ground }: Cell, x: number, y: number): number {
  const shape = SHAPES[glyph];
  const row = shape?.[Math.floor(y * shape.length)];
  return row?.[Math.floor(x * row.length)] === "#" ? ink : ground;
}

/** How light the two halves of a cell are on average. */
export function halvesOf(cell: Cell): readonly [upper: number, lower: number] {
  const [upper, lower] = COVERAGE[cell.glyph] ?? [0, 0];
  const mix = (coverage: number) => cell.ground + (cell.ink - cell.ground) * coverage;
  return [mix(upper), mix(lower)];
}

/** How much of the upper and of the lower half of its cell a character covers. */
const COVERAGE: Readonly<Record<string, readonly [upper: number, lower: number]>> = {
  "█": [1, 1],
  "▀": [1, 0],
  "▄": [0, 1],
  "#": [0.5, 0.5],
};

/** The picture of a drawing with `margin` cells of the terminal's own ground around it; a cell is `width` × 2 `width` pixels. */
export function rasterize(
  lines: readonly string[],
  theme: Theme,
  width: number,
  margin: number,
): GreyPicture {
  const rows = lines.map((line) => cellsOf(line, theme));
  const columns = Math.max(0, ...rows.map((row) => row.length)) + 2 * margin;
  const picture = {
    width: columns * width,
    height: (rows.length + margin) * 2 * width,
    pixels: new Uint8Array(columns * width * (rows.length + margin) * 2 * width).fill(theme.background),
  };
  const top = Math.floor(margin / 2) * 2 * width;
  rows.forEach((row, y) => {
    row.forEach((cell, x) => {
      for (let line = 0; line < 2 * width; line++) {
        const start = (top + y * 2 * width + line) * picture.width + (x + margin) * width;
        for (let column = 0; column < width; column++) {
          picture.pixels[start + column] = greyAt(cell, column / width, line / (2 * width));
        }
      }
    });
  });
  return picture;
}
