/** A picture as one rung of the ladder shows it to a reader, and the way back from its pixels to the picture's. */
import type { Point } from "./findings.ts";
import { shownSide } from "./ladder.ts";
import type { View } from "./ladder.ts";
import { blurred, scaleTo, turned } from "./picture.ts";
import type { GreyPicture } from "./pixels.ts";

export interface ShownPicture {
  readonly shown: GreyPicture;
  /** From a point of the shown picture to the one it is of. */
  readonly toPicture: (point: Point) => Point;
  readonly fromPicture: (point: Point) => Point;
}

const MIDDLE_GREY = 128;

/** The picture in other sizes, by their longer sides: most rungs share one. */
export type Scales = Map<number, Promise<GreyPicture>>;

export async function show(picture: GreyPicture, view: View, scales: Scales): Promise<ShownPicture> {
  let shown = await scale(picture, view, scales);
  const factor = picture.width / shown.width;
  if (view.contrast !== undefined) shown = withLocalContrast(shown, view.contrast.reach, view.contrast.gain);
  if (view.gamma !== undefined) shown = withGamma(shown, view.gamma);
  if (view.sharpen !== undefined) shown = await sharpened(shown, view.sharpen.sigma, view.sharpen.gain);
  if (view.turn === undefined) {
    return {
      shown,
      toPicture: ({ x, y }) => ({ x: x * factor, y: y * factor }),
      fromPicture: ({ x, y }) => ({ x: x / factor, y: y / factor }),
    };
  }
  const upright = shown;
  shown = await turned(upright, view.turn);
  const [from, to] = [middleOf(shown), middleOf(upright)];
  return {
    shown,
    toPicture: (point) => {
      const { x, y } = turnAround(point, from, to, -(view.turn ?? 0));
      return { x: x * factor, y: y * factor };
    },
    fromPicture: ({ x, y }) => turnAround({ x: x / factor, y: y / factor }, to, from, view.turn ?? 0),
  };
}

async function scale(picture: GreyPicture, view: View, scales: Scales): Promise<GreyPicture> {
  const side = shownSide(view, Math.max(picture.width, picture.height));
  const scaled = scales.get(side) ?? scaleTo(picture, side);
  scales.set(side, scaled);
  return scaled;
}

function middleOf({ width, height }: GreyPicture): Point {
  return { x: width / 2, y: height / 2 };
}

/** Clockwise, as y points down. */
function turnAround({ x, y }: Point, from: Point, to: Point, degrees: number): Point {
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  const [dx, dy] = [x - from.x, y - from.y];
  return { x: to.x + dx * cos - dy * sin, y: to.y + dx * sin + dy * cos };
}

/** Shadows, glare and a gradual light vanish: what counts is how a pixel differs from the mean around it. */
export function withLocalContrast(
  { width, height, pixels }: GreyPicture,
  reach: number,
  gain: number,
): GreyPicture {
  const radius = Math.max(3, Math.round(Math.min(width, height) * reach));
  const sums = summedAreas(pixels, width, height);
  const row = width + 1;
  const result = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - radius), Math.min(height, y + radius + 1)];
    for (let x = 0; x < width; x++) {
      const left = Math.max(0, x - radius);
      const right = Math.min(width, x + radius + 1);
      const sum =
        (sums[bottom * row + right] ?? 0) -
        (sums[top * row + right] ?? 0) -
        (sums[bottom * row + left] ?? 0) +
        (sums[top * row + left] ?? 0);
      const mean = sum / ((bottom - top) * (right - left));
      result[y * width + x] = MIDDLE_GREY + gain * ((pixels[y * width + x] ?? 0) - mean);
    }
  }
  return { width, height, pixels: new Uint8Array(result.buffer) };
}

/** Of all pixels above and to the left of each; four of them give the sum of any rectangle. */
function summedAreas(pixels: Uint8Array, width: number, height: number): Float64Array {
  const row = width + 1;
  const sums = new Float64Array(row * (height + 1));
  for (let y = 0; y < height; y++) {
    let sum = 0;
    for (let x = 0; x < width; x++) {
      sum += pixels[y * width + x] ?? 0;
      sums[(y + 1) * row + x + 1] = (sums[y * row + x + 1] ?? 0) + sum;
    }
  }
  return sums;
}

async function sharpened(picture: GreyPicture, sigma: number, gain: number): Promise<GreyPicture> {
  const soft = await blurred(picture, sigma);
  const pixels = Uint8ClampedArray.from(
    picture.pixels,
    (grey, index) => grey + gain * (grey - (soft.pixels[index] ?? 0)),
  );
  return { ...picture, pixels: new Uint8Array(pixels.buffer) };
}

function withGamma({ width, height, pixels }: GreyPicture, power: number): GreyPicture {
  const curve = Uint8Array.from({ length: 256 }, (_, grey) => 255 * (grey / 255) ** power);
  return { width, height, pixels: pixels.map((grey) => curve[grey] ?? 0) };
}
