import sharp from "sharp";

export interface Theme {
  readonly foreground: number;
  readonly background: number;
}

export const DARK: Theme = { foreground: 0xd0, background: 0x18 };
export const LIGHT: Theme = { foreground: 0x30, background: 0xf4 };

const CELL = { width: 8, height: 16 };
const MARGIN = 3; // cells of the terminal's own background around the drawing

/** What a terminal with the given theme would show, as a PNG file: block characters and 256-colour sequences only. */
export async function screenshot(drawing: string, theme: Theme): Promise<Uint8Array> {
  const rows = drawing.split("\n").map((line) => cells(line, theme));
  const columns = Math.max(...rows.map((row) => row.length)) + 2 * MARGIN;
  const [width, height] = [columns * CELL.width, (rows.length + 2 * MARGIN) * CELL.height];
  const pixels = new Uint8Array(width * height).fill(theme.background);
  rows.forEach((row, y) => {
    row.forEach((cell, x) => {
      for (let line = 0; line < CELL.height; line++) {
        const start = ((y + MARGIN) * CELL.height + line) * width + (x + MARGIN) * CELL.width;
        pixels.fill(line < CELL.height / 2 ? cell.upper : cell.lower, start, start + CELL.width);
      }
    });
  });
  return sharp(pixels, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
}

interface Cell {
  readonly upper: number;
  readonly lower: number;
}

function cells(line: string, theme: Theme): Cell[] {
  let { foreground, background } = theme;
  // eslint-disable-next-line no-control-regex
  return Array.from(line.matchAll(/\u001b\[([\d;]*)m|(.)/gu)).flatMap(([, sequence, glyph]) => {
    if (sequence === undefined) return [cell(glyph ?? "", foreground, background)];
    if (sequence === "0") ({ foreground, background } = theme);
    foreground = grey(/38;5;(\d+)/.exec(sequence)?.[1]) ?? foreground;
    background = grey(/48;5;(\d+)/.exec(sequence)?.[1]) ?? background;
    return [];
  });
}

function grey(color: string | undefined): number | undefined {
  if (color === undefined) return undefined;
  if (color === "16") return 0;
  if (color === "231") return 255;
  throw new Error(`color ${color} is not drawn here`);
}

function cell(glyph: string, foreground: number, background: number): Cell {
  if (glyph === "█" || glyph === "#") return { upper: foreground, lower: foreground };
  if (glyph === "▀") return { upper: foreground, lower: background };
  if (glyph === "▄") return { upper: background, lower: foreground };
  if (glyph === " ") return { upper: background, lower: background };
  throw new Error(`glyph ${JSON.stringify(glyph)} is not drawn here`);
}
