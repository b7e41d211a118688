/**
 * Finds the QR codes in a picture: each reader looks at the picture in several sizes, because a code that is blurred,
 * noisy or tiny in one is clear in another. A code that was found is painted over and the look repeated, so that a
 * second code in the same picture does not go unnoticed.
 */
import { decodePixels, readHeader, scaleTo } from "./picture.ts";
import type { GreyPicture } from "./picture.ts";
import { loadJsqrReader, loadQrReader } from "./readers.ts";
import type { Point, QrCode, QrReader } from "./readers.ts";
import { unreadable } from "./unreadable.ts";
import { systemClock } from "../lib/clock.ts";
import type { Clock } from "../lib/clock.ts";

export type { Point, QrCode } from "./readers.ts";

export interface QrPicture {
  /** Each different text once, in the order found; never empty. Corners are pixels of the upright picture. */
  readonly codes: readonly QrCode[];
  /** How it was searched, for people: `looked at 640×480 in 4 ways`. */
  readonly looked: string;
}

export interface DecodeOptions {
  readonly clock?: Clock;
  /** Milliseconds after which no further way is tried. */
  readonly timeLimit?: number;
}

const DEFAULT_TIME_LIMIT = 2500;
/** One picture of many codes must not cost a look for each. */
const MAX_CODES_PER_LOOK = 8;
/** Pictures below this size are looked at enlarged as well: thin modules get lost between pixels. */
const SMALL_SIDE = 500;
const ENLARGEMENT = 3;
/** Painting over reaches this far beyond the corners, in parts of the distance to the middle. */
const PAINT_MARGIN = 1.08;

/** One way to look: a reader and the length of the picture's longer side, in pixels. */
interface Way {
  readonly reader: QrReader;
  readonly side: number;
}

/**
 * Reads every QR code in an image file (PNG, JPEG, WebP, GIF, TIFF, AVIF, SVG; the first frame, upright).
 *
 * Throws a {@link FxaPairError} `unreadable` when there is none, when the bytes are no image, damaged or cut off, or when
 * the picture is too large: more than 64 MiB or 50 megapixels.
 */
export async function decodeQr(image: Uint8Array, options: DecodeOptions = {}): Promise<QrPicture> {
  const { clock = systemClock, timeLimit = DEFAULT_TIME_LIMIT } = options;
  const deadline = clock.now() + timeLimit;
  const header = await readHeader(image);
  const codes: QrCode[] = [];
  let looks = 0;
  // Light modules drawn on nothing vanish on white, dark ones on black.
  for (const background of header.hasAlpha ? (["white", "black"] as const) : (["white"] as const)) {
    const picture = await decodePixels(image, header, background);
    for (const way of await waysFor(picture)) {
      if (looks > 0 && clock.now() > deadline) break;
      looks += 1;
      await look(picture, way, header.width / picture.width, codes);
    }
    if (codes.length > 0) break;
  }
  const looked = `looked at ${header.width}×${header.height} in ${looks} way${looks === 1 ? "" : "s"}`;
  if (codes.length > 0) return { codes, looked };
  throw unreadable(
    `no QR code found (${looked})`,
    "Take the picture again: straight on, sharp, with the whole code and some white around it.",
  );
}

async function waysFor(picture: GreyPicture): Promise<Way[]> {
  const [qr, jsqr] = [await loadQrReader(), await loadJsqrReader()];
  const full = Math.max(picture.width, picture.height);
  const enlarged = full < SMALL_SIDE ? [full * ENLARGEMENT] : [];
  const smaller = [1000, SMALL_SIDE].filter((side) => side < full);
  // jsqr is slow on large pictures, and gains nothing from them.
  const jsqrSides = full <= 1000 ? [full, ...enlarged, ...smaller] : smaller;
  return [
    ...[full, ...enlarged, ...smaller].map((side) => ({ reader: qr, side })),
    ...jsqrSides.map((side) => ({ reader: jsqr, side })),
  ];
}

/** Adds to `codes` what one way finds beside them; `toOriginal` turns the picture's pixels into the file's. */
async function look(picture: GreyPicture, way: Way, toOriginal: number, codes: QrCode[]): Promise<void> {
  const scaled = await scaleTo(picture, way.side);
  const scale = (toOriginal * picture.width) / scaled.width;
  const view = { ...scaled, pixels: scaled.pixels.slice() };
  for (const { corners } of codes) paintOver(view, corners, 1 / scale);
  for (let count = 0; count < MAX_CODES_PER_LOOK; count++) {
    const found = way.reader(view);
    if (found === undefined) return;
    paintOver(view, found.corners, 1);
    if (!codes.some(({ text }) => text === found.text)) {
      const [a, b, c, d] = found.corners;
      codes.push({
        text: found.text,
        corners: [times(a, scale), times(b, scale), times(c, scale), times(d, scale)],
      });
    }
  }
}

function times({ x, y }: Point, factor: number): Point {
  return { x: x * factor, y: y * factor };
}

/** Paints a convex quadrilateral, given in pixels / `scale`, white. */
function paintOver(picture: GreyPicture, corners: QrCode["corners"], scale: number): void {
  const middle = times(
    corners.reduce((sum, { x, y }) => ({ x: sum.x + x, y: sum.y + y })),
    1 / corners.length,
  );
  const outline = corners.map(({ x, y }) => ({
    x: (middle.x + (x - middle.x) * PAINT_MARGIN) * scale,
    y: (middle.y + (y - middle.y) * PAINT_MARGIN) * scale,
  }));
  const [top, bottom] = [Math.min(...outline.map(({ y }) => y)), Math.max(...outline.map(({ y }) => y))];
  for (let y = Math.max(0, Math.floor(top)); y <= Math.min(picture.height - 1, bottom); y++) {
    const crossings = outline.flatMap((from, index) =>
      crossing(from, outline[(index + 1) % outline.length] ?? from, y),
    );
    if (crossings.length === 0) continue;
    const left = Math.max(0, Math.floor(Math.min(...crossings)));
    const right = Math.min(picture.width, Math.ceil(Math.max(...crossings)) + 1);
    if (left < right) picture.pixels.fill(255, y * picture.width + left, y * picture.width + right);
  }
}

/** Where the line from one point to another meets the row `y`. */
function crossing(from: Point, to: Point, y: number): number[] {
  if (from.y === to.y || y < Math.min(from.y, to.y) || y > Math.max(from.y, to.y)) return [];
  return [from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x)];
}
