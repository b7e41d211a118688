/** Pictures as DEC's terminals and many since take them (VT330/VT340 Programmer Reference, chapter 14). */
import type { Modules } from "./modules.ts";

export interface SixelOptions {
  /** Pixels of a module. */
  readonly scale: number;
  /** Light modules around. */
  readonly quietZone: number;
  readonly invert: boolean;
}

/** Pixel rows of one band, which are the bits of one character. */
const BAND = 6;
const FIRST_CHARACTER = 0x3f;
/** From here on, a run is shorter when it is counted. */
const SHORT_RUN = 4;
/** Square pixels that are not drawn stay as they are; black is colour 0, white 1. */
const COLORS = ["#0;2;0;0;0", "#1;2;100;100;100"].join("");

/** A picture in two colours with the cursor at its upper left corner. */
export function encodeSixel(modules: Modules, { scale, quietZone, invert }: SixelOptions): string {
  const side = (modules.length + 2 * quietZone) * scale;
  const squareOf = (pixel: number) => Math.floor(pixel / scale) - quietZone;
  const isBlack = (x: number, y: number) => (modules[squareOf(y)]?.[squareOf(x)] === true) !== invert;
  const bands: string[] = [];
  for (let top = 0; top < side; top += BAND) {
    const height = Math.min(BAND, side - top);
    const bits = Array.from({ length: side }, (_column, x) => {
      let black = 0;
      for (let row = 0; row < height; row++) if (isBlack(x, top + row)) black |= 1 << row;
      return black;
    });
    const all = (1 << height) - 1;
    bands.push(`#0${runs(bits)}$#1${runs(bits.map((black) => all & ~black))}`);
  }
  return `\u001bP0;1;0q"1;1;${side};${side}${COLORS}${bands.join("-")}\u001b\\`;
}

function runs(bits: readonly number[]): string {
  const characters = bits.map((bit) => String.fromCharCode(FIRST_CHARACTER + bit)).join("");
  return characters.replaceAll(/(.)\1*/g, (run: string, character: string) =>
    run.length < SHORT_RUN ? run : `!${run.length}${character}`,
  );
}
