/** A QR code as a square of modules. */
import type { GreyPicture } from "./pixels.ts";

/** Row by row, `true` for dark, without a quiet zone. */
export type Modules = readonly (readonly boolean[])[];

/** Whether the modules above and below each other in one character of the package's small form are dark. */
const HALVES: Readonly<Record<string, readonly [upper: boolean, lower: boolean]>> = {
  "█": [false, false],
  "▀": [false, true],
  "▄": [true, false],
  " ": [true, true],
};

/**
 * The QR code of `text` (ASCII) for a terminal: error correction level L, the smallest version that holds it; 41 modules a
 * side for a pairing URL. Throws when the text is too long for any version (2,953 bytes).
 */
export async function terminalModules(text: string): Promise<Modules> {
  const { default: qrcode } = await import("qrcode-terminal");
  let drawn = "";
  qrcode.generate(text, { small: true }, (output) => {
    drawn = output;
  });
  // Around the code there is one light module on each side, of which the first line holds the upper one only.
  const lines = drawn.split("\n").slice(1);
  const side = (lines[0]?.length ?? 0) - 2;
  const rows = lines.flatMap((line) => {
    const halves = Array.from(line.slice(1, -1), (glyph) => HALVES[glyph] ?? [false, false]);
    return [halves.map(([upper]) => upper), halves.map(([, lower]) => lower)];
  });
  return rows.slice(0, side);
}

const QUIET_ZONE = 4;
const MODULE_PIXELS = 4;

/** A clean picture, four pixels a module, with the full quiet zone. */
export function modulesPicture(modules: Modules): GreyPicture {
  const side = (modules.length + 2 * QUIET_ZONE) * MODULE_PIXELS;
  const pixels = new Uint8Array(side * side).fill(255);
  modules.forEach((row, y) => {
    row.forEach((dark, x) => {
      if (!dark) return;
      for (let line = 0; line < MODULE_PIXELS; line++) {
        const start = ((y + QUIET_ZONE) * MODULE_PIXELS + line) * side + (x + QUIET_ZONE) * MODULE_PIXELS;
        pixels.fill(0, start, start + MODULE_PIXELS);
      }
    });
  });
  return { width: side, height: side, pixels };
}
