/**
 * QR codes drawn with characters. Light modules are the drawn ones, since most terminals are dark; with colours the
 * choice is explicit for both, so that themes and light terminals cannot turn the code over. A drawing that is copied as
 * text keeps all of it: colours only repeat what the characters say.
 */
import type { Modules } from "./modules.ts";

/** `half`: one column and half a line a module. `full`: two columns a module. `ascii`: the same without block characters. */
export type CellForm = "half" | "full" | "ascii";

/** Columns of one module, and modules in the height of one line. */
export const CELLS_PER_MODULE: Readonly<Record<CellForm, { columns: number; modulesPerLine: number }>> = {
  half: { columns: 1, modulesPerLine: 2 },
  full: { columns: 2, modulesPerLine: 1 },
  ascii: { columns: 2, modulesPerLine: 1 },
};

/** Light modules around the code: left and right, above and below. */
export interface QuietZone {
  readonly beside: number;
  readonly above: number;
}

export interface CellStyle {
  readonly form: CellForm;
  readonly quietZone: QuietZone;
  /**
   * White and black by escape sequences. Without, the drawn modules have the terminal's own text colour: dark on light
   * on a light terminal when inverted, on a dark one when not.
   */
  readonly color: boolean;
  /** Dark and light exchanged. */
  readonly invert: boolean;
}

const RESET = "\u001b[0m";
// The fixed part of the 256-colour table: unlike the first sixteen, terminals do not re-map these.
const WHITE = "231";
const BLACK = "16";

/** The character for two modules above each other, each drawn or not. */
const HALF_GLYPHS = { both: "█", upper: "▀", lower: "▄", neither: " " } as const;

/** Lines without line ends, all of the same width, each starting and ending in the default colours. */
export function drawCells(modules: Modules, style: CellStyle): string[] {
  const drawsDark = style.invert && !style.color;
  const rows = withQuietZone(modules, style).map((row) => row.map((dark) => dark === drawsDark));
  const glyphs =
    style.form === "half" ? halfBlocks(rows) : wideBlocks(rows, style.form === "full" ? "█" : "#");
  return style.color ? glyphs.map((line) => colored(line, style.invert)) : glyphs;
}

/** An odd number of rows gets one more light row, for the line that is half empty otherwise. */
function withQuietZone(modules: Modules, { form, quietZone: { beside, above } }: CellStyle): Modules {
  const side = Array<boolean>(beside).fill(false);
  const rows = modules.map((row) => [...side, ...row, ...side]);
  const below = above + ((rows.length + 2 * above) % CELLS_PER_MODULE[form].modulesPerLine);
  const light = Array<boolean>(modules.length + 2 * beside).fill(false);
  return [
    ...Array<Modules[number]>(above).fill(light),
    ...rows,
    ...Array<Modules[number]>(below).fill(light),
  ];
}

function halfBlocks(rows: Modules): string[] {
  const lines: string[] = [];
  for (let y = 0; y < rows.length; y += 2) {
    const lower = rows[y + 1] ?? [];
    lines.push((rows[y] ?? []).map((drawn, x) => halfGlyph(drawn, lower[x] === true)).join(""));
  }
  return lines;
}

function halfGlyph(upper: boolean, lower: boolean): string {
  if (upper) return lower ? HALF_GLYPHS.both : HALF_GLYPHS.upper;
  return lower ? HALF_GLYPHS.lower : HALF_GLYPHS.neither;
}

function wideBlocks(rows: Modules, glyph: string): string[] {
  return rows.map((row) => row.map((drawn) => (drawn ? glyph : " ").repeat(2)).join(""));
}

/**
 * Drawn modules white, others black, or the reverse. Whole cells have both colours the same: where a font leaves a gap
 * above or beside its blocks, or draws `#` for one, nothing of it shows.
 */
function colored(line: string, invert: boolean): string {
  const [drawn, empty] = invert ? [BLACK, WHITE] : [WHITE, BLACK];
  const runs = line.matchAll(/([█#]+)|( +)|([▀▄]+)/g);
  const cells = Array.from(runs, ([run, whole, blank]) => {
    const foreground = blank === undefined ? drawn : empty;
    const background = whole === undefined ? empty : drawn;
    return `\u001b[38;5;${foreground};48;5;${background}m${run}`;
  });
  return cells.join("") + RESET;
}
