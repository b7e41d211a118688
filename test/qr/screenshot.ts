import sharp from "sharp";

export interface Theme {
  readonly foreground: number;
  readonly background: number;
}

export const DARK: Theme = { foreground: 0xd0, background: 0x18 };
export const LIGHT: Theme = { foreground: 0x30, background: 0xf4 };

const CELL = { width: 8, height: 16 };
const MARGIN = 3; // cells of the terminal's own background around the drawing

/** What a terminal shows, as grey pixels. */
export interface ScreenshotOptions {
  /** Pixels between two lines that no character reaches: only the cells' ground goes on there. */
  readonly lineGap?: number;
}

/** What a terminal with the given theme would show, as a PNG file: block characters and 256-colour sequences only. */
export async function screenshot(
  drawing: string,
  theme: Theme,
  { lineGap = 0 }: ScreenshotOptions = {},
): Promise<Uint8Array> {
  const rows = drawing.split("\n").map((line) => cells(line, theme));
  const columns = Math.max(...rows.map((row) => row.length)) + 2 * MARGIN;
  const lineHeight = CELL.height + lineGap;
  const [width, height] = [columns * CELL.width, (rows.length + 2 * MARGIN) * lineHeight];
  const pixels = new Uint8Array(width * height).fill(theme.background);
  rows.forEach((row, y) => {
    row.forEach(({ glyph, foreground, background }, x) => {
      for (let line = 0; line < lineHeight; line++) {
        const start = ((y + MARGIN) * lineHeight + line) * width + (x + MARGIN) * CELL.width;
        for (let column = 0; column < CELL.width; column++) {
          const inked = line < CELL.height && covers(glyph, column, line);
          pixels[start + column] = inked ? foreground : background;
        }
      }
    });
  });
  return sharp(pixels, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
}

interface Cell extends Theme {
  readonly glyph: string;
}

function cells(line: string, theme: Theme): Cell[] {
  let { foreground, background } = theme;
  // eslint-disable-next-line no-control-regex
  return Array.from(line.matchAll(/\u001b\[([\d;]*)m|(.)/gu)).flatMap(([, sequence, glyph]) => {
    if (sequence === undefined) return [{ glyph: glyph ?? "", foreground, background }];
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

/** Whether a character has ink on that pixel of its cell. */
function covers(glyph: string, column: number, line: number): boolean {
  if (glyph === "█") return true;
  if (glyph === "▀") return line < CELL.height / 2;
  if (glyph === "▄") return line >= CELL.height / 2;
  if (glyph === "#") return HASH[line]?.[column] === "#";
  if (glyph === " ") return false;
  throw new Error(`glyph ${JSON.stringify(glyph)} is not drawn here`);
}

/** As common fonts have it at this size. */
const HASH = [
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
];
