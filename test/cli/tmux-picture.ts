/** What a terminal's screen looks like, from what tmux says of its cells: as a picture that a phone could be held before. */
import sharp from "sharp";
import type { Theme } from "../qr/screenshot.ts";

const CELL = { width: 8, height: 16 };

interface Cell {
  readonly upper: number;
  readonly lower: number;
  /** Letters are strokes in the middle of a cell: noise, to whoever looks for a code. */
  readonly stroke?: number;
}

/** A PNG file of a screen as `capture-pane -e` gives it, in shades of grey. */
export async function pictureOf(screen: string, theme: Theme): Promise<Uint8Array> {
  const rows = rowsOf(screen, theme);
  const columns = Math.max(...rows.map((row) => row.length));
  const [width, height] = [columns * CELL.width, rows.length * CELL.height];
  const pixels = new Uint8Array(width * height).fill(theme.background);
  rows.forEach((row, y) => {
    row.forEach((cell, x) => {
      for (let line = 0; line < CELL.height; line++) {
        const start = (y * CELL.height + line) * width + x * CELL.width;
        pixels.fill(line < CELL.height / 2 ? cell.upper : cell.lower, start, start + CELL.width);
        if (cell.stroke !== undefined && line > 3 && line < 13)
          pixels.fill(cell.stroke, start + 2, start + 4);
      }
    });
  });
  return sharp(pixels, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
}

/** What colours a line ends with, the next one begins with. */
function rowsOf(screen: string, theme: Theme): Cell[][] {
  let style: Style = { ...theme, reverse: false };
  return screen.split("\n").map((line) =>
    // eslint-disable-next-line no-control-regex
    Array.from(line.matchAll(/\u001b\[([\d;]*)m|(.)/gu)).flatMap(([, sequence, glyph]) => {
      if (glyph === undefined) {
        style = styled(style, sequence ?? "", theme);
        return [];
      }
      const { foreground, background } = style;
      return [style.reverse ? cellOf(glyph, background, foreground) : cellOf(glyph, foreground, background)];
    }),
  );
}

interface Style extends Theme {
  readonly reverse: boolean;
}

function styled(before: Style, sequence: string, theme: Theme): Style {
  const codes = sequence.split(";").map(Number);
  let style = before;
  for (let code = codes.shift(); code !== undefined; code = codes.shift()) {
    if (code === 0) style = { ...theme, reverse: false };
    else if (code === 7 || code === 27) style = { ...style, reverse: code === 7 };
    else if (code === 39) style = { ...style, foreground: theme.foreground };
    else if (code === 49) style = { ...style, background: theme.background };
    else if (code === 38) style = { ...style, foreground: greyOf(codes) };
    else if (code === 48) style = { ...style, background: greyOf(codes) };
    else if (code === 30 || code === 97) style = { ...style, foreground: code === 30 ? 0 : 255 };
    else if (code === 40 || code === 107) style = { ...style, background: code === 40 ? 0 : 255 };
  }
  return style;
}

/** Takes the rest of an extended colour off the codes. */
function greyOf(codes: number[]): number {
  if (codes.shift() === 2) return Math.round(codes.splice(0, 3).reduce((sum, part) => sum + part, 0) / 3);
  const color = codes.shift();
  if (color === 16 || color === 0) return 0;
  if (color === 231 || color === 15) return 255;
  throw new Error(`color ${String(color)} is not drawn here`);
}

function cellOf(glyph: string, foreground: number, background: number): Cell {
  if (glyph === "█" || glyph === "#") return { upper: foreground, lower: foreground };
  if (glyph === "▀") return { upper: foreground, lower: background };
  if (glyph === "▄") return { upper: background, lower: foreground };
  const blank = { upper: background, lower: background };
  return glyph === " " ? blank : { ...blank, stroke: foreground };
}
