/** What a phone makes of a screen, from a screenshot: each kind of picture people take, always the same for the same code. */
import sharp from "sharp";
import type { Sharp } from "sharp";

/** A picture of a screenshot (PNG), as a file. */
export type Photograph = (screenshot: Uint8Array) => Promise<Uint8Array>;

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly grey: Float32Array;
}

/** Where the screen's corners are in the photograph, in parts of its sides: clockwise from the upper left one. */
type Corners = readonly [Corner, Corner, Corner, Corner];
type Corner = readonly [x: number, y: number];

const FROM_THE_SIDE: Corners = [[0.12, 0.05], [0.88, 0.16], [0.84, 0.84], [0.08, 0.97]]; // prettier-ignore
const TILTED: Corners = [[0.22, 0.04], [0.97, 0.2], [0.8, 0.96], [0.04, 0.78]]; // prettier-ignore
const STRAIGHT: Corners = [[0.05, 0.04], [0.95, 0.05], [0.96, 0.95], [0.04, 0.96]]; // prettier-ignore

export const PHOTOGRAPHS: Readonly<Record<string, Photograph>> = {
  "scaled down": async (shot) => sharp(shot).resize({ width: 230 }).png().toBuffer(),
  "scaled up, not by whole pixels": async (shot) => sharp(shot).resize({ width: 1130 }).png().toBuffer(),
  "sent through a messenger": async (shot) => sharp(shot).resize({ width: 420 }).jpeg({ quality: 12 }).toBuffer(),
  "out of focus": async (shot) => sharp(shot).resize({ width: 640 }).blur(2.6).jpeg({ quality: 70 }).toBuffer(),
  "upside down": async (shot) => sharp(shot).rotate(180).webp({ quality: 60 }).toBuffer(),
  "from the side": async (shot) => file(seen(await pixelsOf(sharp(shot)), 900, FROM_THE_SIDE), 75),
  "tilted": async (shot) => file(seen(await pixelsOf(sharp(shot)), 900, TILTED), 75),
  "with the grid of the display": async (shot) =>
    file(gridded(seen(await pixelsOf(sharp(shot)), 1100, STRAIGHT)), 80),
  "in the dark": async (shot) => file(dimmed(seen(await pixelsOf(sharp(shot)), 900, FROM_THE_SIDE)), 70),
  "with a light mirrored in it": async (shot) => file(mirroring(seen(await pixelsOf(sharp(shot)), 900, STRAIGHT)), 75),
  "from afar": async (shot) => {
    const near = await pixelsOf(sharp(shot).resize({ width: 330 }));
    return file(placed(near, 1600, 1200), 70);
  },
}; // prettier-ignore

async function pixelsOf(picture: Sharp): Promise<Pixels> {
  const { data, info } = await picture.toColourspace("b-w").raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, grey: Float32Array.from(data) };
}

async function file({ width, height, grey }: Pixels, quality: number): Promise<Uint8Array> {
  const bytes = Buffer.from(Uint8ClampedArray.from(grey));
  return sharp(bytes, { raw: { width, height, channels: 1 } })
    .jpeg({ quality })
    .toBuffer();
}

/** The screen on a grey desk, as a camera that does not stand before it sees it. */
function seen(screen: Pixels, width: number, corners: Corners): Pixels {
  const height = Math.round((width * screen.height) / screen.width);
  const toScreen = inverse(projection(corners));
  return picture(width, height, (x, y) => {
    const [u = 0, v = 0, w = 1] = toScreen.map(
      ([a, b, c]) => (a * (x + 0.5)) / width + (b * (y + 0.5)) / height + c,
    );
    return at(screen, (u / w) * screen.width - 0.5, (v / w) * screen.height - 0.5) ?? 120;
  });
}

/** In the middle of a much larger photograph. */
function placed(screen: Pixels, width: number, height: number): Pixels {
  const [left, top] = [(width - screen.width) / 2, (height - screen.height) / 2];
  return picture(width, height, (x, y) => at(screen, x - left, y - top) ?? 110 + ((x * 7 + y * 13) % 23));
}

/** The pixels of the display beat with those of the camera. */
function gridded(photo: Pixels): Pixels {
  return picture(photo.width, photo.height, (x, y) => {
    const beat = 1 - 0.16 * Math.sin(x * 1.9) ** 2 - 0.16 * Math.sin(y * 2.1 + x * 0.05) ** 2;
    return pixel(photo, x, y) * beat + noise(x, y) * 10;
  });
}

function dimmed(photo: Pixels): Pixels {
  return picture(photo.width, photo.height, (x, y) => 12 + pixel(photo, x, y) * 0.22 + noise(x, y) * 9);
}

function mirroring(photo: Pixels): Pixels {
  const [left, top, radius] = [photo.width * 0.56, photo.height * 0.6, photo.width * 0.16];
  return picture(photo.width, photo.height, (x, y) => {
    const distance = Math.hypot(x - left, y - top) / radius;
    return pixel(photo, x, y) * 0.85 + 170 * Math.exp(-2 * distance * distance);
  });
}

function picture(width: number, height: number, grey: (x: number, y: number) => number): Pixels {
  return {
    width,
    height,
    grey: Float32Array.from({ length: width * height }, (_, i) => grey(i % width, Math.floor(i / width))),
  };
}

function pixel({ width, grey }: Pixels, x: number, y: number): number {
  return grey[y * width + x] ?? 0;
}

/** Between the four pixels around; `undefined` beyond the edge. */
function at(source: Pixels, x: number, y: number): number | undefined {
  if (x < -0.5 || y < -0.5 || x > source.width - 0.5 || y > source.height - 0.5) return undefined;
  const [left, top] = [clamp(Math.floor(x), source.width - 2), clamp(Math.floor(y), source.height - 2)];
  const [dx, dy] = [Math.min(1, Math.max(0, x - left)), Math.min(1, Math.max(0, y - top))];
  const upper = pixel(source, left, top) * (1 - dx) + pixel(source, left + 1, top) * dx;
  const lower = pixel(source, left, top + 1) * (1 - dx) + pixel(source, left + 1, top + 1) * dx;
  return upper * (1 - dy) + lower * dy;
}

function clamp(value: number, largest: number): number {
  return Math.min(Math.max(value, 0), largest);
}

/** From -1 to 1, the same for the same place. */
function noise(x: number, y: number): number {
  const value = Math.sin(x * 12.9898 + y * 78.233) * 43758.5453;
  return (value - Math.floor(value)) * 2 - 1;
}

type Row = readonly [number, number, number];
type Matrix = readonly [Row, Row, Row];

/** Takes the unit square to the four corners. */
function projection([[x0, y0], [x1, y1], [x2, y2], [x3, y3]]: Corners): Matrix {
  const [dx1, dx2, sx] = [x1 - x2, x3 - x2, x0 - x1 + x2 - x3];
  const [dy1, dy2, sy] = [y1 - y2, y3 - y2, y0 - y1 + y2 - y3];
  const determinant = dx1 * dy2 - dx2 * dy1;
  const g = (sx * dy2 - dx2 * sy) / determinant;
  const h = (dx1 * sy - sx * dy1) / determinant;
  return [
    [x1 - x0 + g * x1, x3 - x0 + h * x3, x0],
    [y1 - y0 + g * y1, y3 - y0 + h * y3, y0],
    [g, h, 1],
  ];
}

/** Up to a factor, which does not matter here. */
function inverse([[a, b, c], [d, e, f], [g, h, i]]: Matrix): Matrix {
  return [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ];
}
