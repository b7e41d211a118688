/** Grey pixels in memory: turning them upright, putting them on a background. */

/** Grey pixels, row by row: 0 is black, 255 white. */
export interface GreyPicture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** A picture before it is put on a background: 0 is transparent in `alpha`, 255 opaque. */
export interface SeeThroughPicture extends GreyPicture {
  readonly alpha?: Uint8Array;
}

/** Turns a picture that lies as EXIF's `orientation` says: 1 is upright, from 5 on width and height are exchanged. */
export function turnUpright(picture: GreyPicture, orientation: number): GreyPicture {
  if (orientation === 1) return picture;
  const { width, height } = orientation >= 5 ? { width: picture.height, height: picture.width } : picture;
  const [first, right, down] = path(picture.width, picture.height, orientation);
  const pixels = new Uint8Array(width * height);
  let index = 0;
  for (let y = 0; y < height; y++) {
    let from = first + y * down;
    for (let x = 0; x < width; x++, from += right) pixels[index++] = picture.pixels[from] ?? 0;
  }
  return { width, height, pixels };
}

/** Which pixel is the upright picture's top left one, and how far it is from each to the one on its right and below. */
function path(width: number, height: number, orientation: number): readonly [number, number, number] {
  const [topRight, bottomLeft, bottomRight] = [width - 1, (height - 1) * width, width * height - 1];
  const paths: readonly (readonly [number, number, number])[] = [
    [0, 1, width],
    [topRight, -1, width],
    [bottomRight, -1, -width],
    [bottomLeft, 1, -width],
    [0, width, 1],
    [bottomLeft, -width, 1],
    [bottomRight, -width, -1],
    [topRight, width, -1],
  ];
  return paths[orientation - 1] ?? [0, 1, width];
}

/** What shows when the picture lies on black (0), white (255) or a grey. */
export function onBackground(
  { width, height, pixels, alpha }: SeeThroughPicture,
  background: number,
): GreyPicture {
  if (alpha === undefined) return { width, height, pixels };
  const shown = pixels.map((grey, index) => background + ((grey - background) * (alpha[index] ?? 0)) / 255);
  return { width, height, pixels: shown };
}
