/** Finds QR codes in a grid where each square is one module exactly, as nothing photographed ever is. */
import type { Modules } from "./modules.ts";

/** Whether the module at `x`, `y` is dark; asked for any whole numbers. */
export type DarkAt = (x: number, y: number) => boolean;

const FINDER_SIDE = 7;
const SMALLEST_SIDE = 21;
const LARGEST_SIDE = 177;
const SIDE_STEP = 4;

export interface GridExtent {
  readonly width: number;
  readonly height: number;
  /** The rows in which the top of a code is looked for. */
  readonly tops: readonly [first: number, last: number];
}

/** The squares between three finder patterns (ISO/IEC 18004, 6.3.3), as they lie. */
export function* codesInGrid(
  isDark: DarkAt,
  { width, height, tops: [first, last] }: GridExtent,
): Generator<Modules> {
  for (let y = first; y <= Math.min(last, height - SMALLEST_SIDE); y++) {
    for (let x = 0; x <= width - SMALLEST_SIDE; x++) {
      if (!isFinder(isDark, x, y)) continue;
      const largest = Math.min(LARGEST_SIDE, width - x, height - y);
      for (let side = SMALLEST_SIDE; side <= largest; side += SIDE_STEP) {
        const far = side - FINDER_SIDE;
        if (!isFinder(isDark, x + far, y) || !isFinder(isDark, x, y + far)) continue;
        yield cutOut(isDark, x, y, side);
      }
    }
  }
}

/** Dark ring, light ring, dark middle. */
function isFinder(isDark: DarkAt, left: number, top: number): boolean {
  for (let y = 0; y < FINDER_SIDE; y++) {
    for (let x = 0; x < FINDER_SIDE; x++) {
      const ring = Math.max(Math.abs(x - 3), Math.abs(y - 3));
      if (isDark(left + x, top + y) !== (ring !== 2)) return false;
    }
  }
  return true;
}

function cutOut(isDark: DarkAt, left: number, top: number, side: number): Modules {
  return Array.from({ length: side }, (_row, y) =>
    Array.from({ length: side }, (_module, x) => isDark(left + x, top + y)),
  );
}
