/**
 * QR codes drawn with characters. Light modules are the drawn ones, since most terminals are dark; with colours the
 * choice is explicit for both, so that themes and light terminals cannot turn the code over.
 */

export interface TerminalQrOptions {
  /** Half blocks: one column and half a line a module (45 × 23 cells for a pairing URL); else two columns a module. */
  readonly small: boolean;
  /**
   * White and black by escape sequences (default). Without, half blocks in the terminal's own colours or, when not
   * small, plain ASCII: both right for dark terminals only.
   */
  readonly color?: boolean;
  /** Dark and light exchanged: for light terminals without colours, or a scanner that asks for it. */
  readonly invert?: boolean;
}

/** What a light and a dark module, two columns wide, look like; and what starts a line of half blocks. */
interface Palette {
  readonly light: string;
  readonly dark: string;
  readonly start: string;
  readonly end: string;
}

const RESET = "\u001b[0m";
// The fixed part of the 256-colour table: unlike the first sixteen, terminals do not re-map these.
const WHITE = "231";
const BLACK = "16";

// What the package draws for one module in its large form.
const PACKAGE_DARK = "\u001b[40m  \u001b[0m";
const PACKAGE_LIGHT = "\u001b[47m  \u001b[0m";

/**
 * `text` (ASCII) as lines without a final line end, each starting and ending in the default colours. The quiet zone is
 * two modules wide instead of four: scanners manage, and a pairing URL still fits 24 lines.
 */
export async function qrTerminal(text: string, options: TerminalQrOptions): Promise<string> {
  const { default: qrcode } = await import("qrcode-terminal");
  let drawn = "";
  qrcode.generate(text, { small: options.small }, (output) => {
    drawn = output;
  });
  const lines = drawn.split("\n");
  const palette = choosePalette(options);
  const draw = options.small ? halfBlocks : fullBlocks;
  return draw(lines, palette, options.invert === true && options.color === false).join("\n");
}

function choosePalette({ color = true, invert = false }: TerminalQrOptions): Palette {
  if (!color) return { light: invert ? "  " : "##", dark: invert ? "##" : "  ", start: "", end: "" };
  const [light, dark] = invert ? [BLACK, WHITE] : [WHITE, BLACK];
  return {
    light: `\u001b[48;5;${light}m  `,
    dark: `\u001b[48;5;${dark}m  `,
    start: `\u001b[38;5;${light};48;5;${dark}m`,
    end: RESET,
  };
}

/** The package leaves one light module around; a second one is put beside it. */
function halfBlocks(lines: readonly string[], palette: Palette, swapGlyphs: boolean): string[] {
  const body = lines.slice(1).filter((line) => line !== "");
  const width = (body[0]?.length ?? 0) + 2;
  const all = ["█".repeat(width), ...body.map((line) => `█${line}█`), "▀".repeat(width)];
  return all.map((line) => palette.start + (swapGlyphs ? complement(line) : line) + palette.end);
}

const COMPLEMENTS: Readonly<Record<string, string>> = { "█": " ", " ": "█", "▀": "▄", "▄": "▀" };

function complement(line: string): string {
  return Array.from(line, (glyph) => COMPLEMENTS[glyph] ?? glyph).join("");
}

function fullBlocks(lines: readonly string[], palette: Palette): string[] {
  const body = lines.map((line) => PACKAGE_LIGHT + line + PACKAGE_LIGHT);
  const edge = PACKAGE_LIGHT.repeat(body.length + 2);
  return [edge, ...body, edge].map(
    (line) =>
      line.replaceAll(PACKAGE_LIGHT, palette.light).replaceAll(PACKAGE_DARK, palette.dark) + palette.end,
  );
}
