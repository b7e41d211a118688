/**
 * Finds the QR codes in a picture: each reader looks at the picture in several sizes, because a code that is blurred,
 * noisy or tiny in one is clear in another. A code that was found is painted over and the look repeated, so that a
 * second code in the same picture does not go unnoticed.
 */
import { runInNewContext } from "node:vm";
import type { Finding, Point, QrCode } from "./findings.ts";
import { decodePixels, readHeader, scaleTo } from "./picture.ts";
import { onBackground } from "./pixels.ts";
import type { GreyPicture } from "./pixels.ts";
import { loadJsqrReader, loadQrReader } from "./readers.ts";
import type { QrReader } from "./readers.ts";

/** One picture of many codes must not cost a look for each. */
const MAX_CODES_PER_LOOK = 8;
/** Pictures below this size are looked at enlarged as well: thin modules get lost between pixels. */
const SMALL_SIDE = 500;
const ENLARGEMENT = 3;
/** From this size on, a smaller version is looked at first: it takes a fraction of the time, and mostly suffices. */
const LARGE_SIDE = 1000;
/** Painting over reaches this far beyond the corners, in parts of the distance to the middle. */
const PAINT_MARGIN = 1.08;

/**
 * Milliseconds after which one look ends without a result. The search as a whole is ended from outside, long before; but
 * should nobody be left to do so, it must not go on for ever.
 */
const LOOK_TIME_LIMIT = 20_000;
const WHITE = 255;
const BLACK = 0;

/** One way to look: a reader and the length of the picture's longer side, in pixels. */
interface Way {
  readonly reader: QrReader;
  readonly side: number;
}

/**
 * Searches an image file (PNG, JPEG, WebP, GIF, TIFF, AVIF, SVG; the first frame, upright) in one way after the other.
 * Each different text is found once. This takes as long as it takes: {@link decodeQr} sets the limit.
 *
 * Throws a {@link FxaPairError} `unreadable` when the bytes are no image, damaged or cut off, or when the picture is too
 * large: more than 64 MiB or 50 megapixels. A look that takes longer than `lookTimeLimit` milliseconds finds nothing.
 */
export async function* search(
  image: Uint8Array,
  lookTimeLimit = LOOK_TIME_LIMIT,
): AsyncGenerator<Finding, void, undefined> {
  const header = await readHeader(image);
  yield { type: "picture", width: header.width, height: header.height };
  const picture = await decodePixels(image, header);
  const codes: QrCode[] = [];
  // Light modules drawn on nothing vanish on white, dark ones on black.
  for (const background of picture.alpha === undefined ? [WHITE] : [WHITE, BLACK]) {
    const grey = onBackground(picture, background);
    for (const way of await waysFor(grey, lookTimeLimit)) {
      yield { type: "look" };
      for (const code of await look(grey, way, header.width / grey.width, codes)) {
        codes.push(code);
        yield { type: "code", ...code };
      }
    }
    if (codes.length > 0) return;
  }
}

async function waysFor(picture: GreyPicture, timeLimit: number): Promise<Way[]> {
  const qr = limited(await loadQrReader(), timeLimit);
  const jsqr = limited(await loadJsqrReader(), timeLimit);
  const full = Math.max(picture.width, picture.height);
  const enlarged = full < SMALL_SIDE ? [full * ENLARGEMENT] : [];
  const halved = full > SMALL_SIDE ? [SMALL_SIDE] : [];
  const reduced = full > LARGE_SIDE ? [LARGE_SIDE] : [];
  // jsqr is slow on large pictures, and gains nothing from them.
  const jsqrSides = full > LARGE_SIDE ? [...reduced, ...halved] : [full, ...enlarged, ...halved];
  return [
    ...[...reduced, full, ...enlarged, ...halved].map((side) => ({ reader: qr, side })),
    ...jsqrSides.map((side) => ({ reader: jsqr, side })),
  ];
}

/** What one way finds beside `known` codes; `toOriginal` turns the picture's pixels into the file's. */
async function look(
  picture: GreyPicture,
  way: Way,
  toOriginal: number,
  known: readonly QrCode[],
): Promise<QrCode[]> {
  const scaled = await scaleTo(picture, way.side);
  const scale = (toOriginal * picture.width) / scaled.width;
  const view = { ...scaled, pixels: scaled.pixels.slice() };
  for (const { corners } of known) paintOver(view, corners, 1 / scale);
  const codes: QrCode[] = [];
  for (let count = 0; count < MAX_CODES_PER_LOOK; count++) {
    const found = way.reader(view);
    if (found === undefined) break;
    paintOver(view, found.corners, 1);
    if ([...known, ...codes].some(({ text }) => text === found.text)) continue;
    const [a, b, c, d] = found.corners;
    codes.push({
      text: found.text,
      corners: [times(a, scale), times(b, scale), times(c, scale), times(d, scale)],
    });
  }
  return codes;
}

/** A reader that finds nothing when it takes longer. Only the engine itself can stop a computation. */
function limited(reader: QrReader, timeLimit: number): QrReader {
  return (picture) => {
    let found: QrCode | undefined;
    const read = (): void => {
      found = reader(picture);
    };
    try {
      runInNewContext("read()", { read }, { timeout: timeLimit });
    } catch (error) {
      if (!isTimeout(error)) throw error;
    }
    return found;
  };
}

/** Not an `Error` of this context. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === "object" &&
    error !== null &&
    "code" in error &&
    error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
  );
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
    if (left < right) picture.pixels.fill(WHITE, y * picture.width + left, y * picture.width + right);
  }
}

/** Where the line from one point to another meets the row `y`. */
function crossing(from: Point, to: Point, y: number): number[] {
  if (from.y === to.y || y < Math.min(from.y, to.y) || y > Math.max(from.y, to.y)) return [];
  return [from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x)];
}
