/** Painting over what was found, so that a reader that finds one code at a time goes on to the next. */
import type { FoundCode, Point } from "./findings.ts";
import type { GreyPicture } from "./pixels.ts";

/** Reaches this far beyond the corners, in parts of the distance to the middle. */
const MARGIN = 1.08;
const WHITE = 255;

/** Paints a convex quadrilateral white. */
export function paintOver(picture: GreyPicture, corners: FoundCode["corners"]): void {
  const sum = corners.reduce((a, b) => ({ x: a.x + b.x, y: a.y + b.y }));
  const middle = { x: sum.x / corners.length, y: sum.y / corners.length };
  const outline = corners.map(({ x, y }) => ({
    x: middle.x + (x - middle.x) * MARGIN,
    y: middle.y + (y - middle.y) * MARGIN,
  }));
  const [top, bottom] = [Math.min(...outline.map(({ y }) => y)), Math.max(...outline.map(({ y }) => y))];
  for (let y = Math.max(0, Math.floor(top)); y <= Math.min(picture.height - 1, bottom); y++) {
    const crossings = outline.flatMap((from, index) =>
      crossing(from, outline[(index + 1) % outline.length] ?? from, y),
    );
    if (crossings.length === 0) continue;
    const left = Math.max(0, Math.floor(Math.min(...crossings)));
    const right = Math.min(picture.width, Math.ceil(Math.max(...crossings)) + 1);
    if (left < right) picture.pixels.fill(WHITE, y * picture.width + left, y * picture.width + right);
  }
}

/** Where the line from one point to another meets the row `y`. */
function crossing(from: Point, to: Point, y: number): number[] {
  if (from.y === to.y || y < Math.min(from.y, to.y) || y > Math.max(from.y, to.y)) return [];
  return [from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x)];
}
