/**
 * From the bytes of an image file to grey pixels, within fixed bounds: whoever sends a picture chooses neither how much
 * memory nor how much time it costs. Nothing but the bytes is read: an SVG document is given no base address, so the
 * files and hosts that it names are not loaded.
 */
import type { Metadata, Sharp } from "sharp";
import { bytesPerPixel, imageKind, isHeic } from "./image-kinds.ts";
import type { ImageKind } from "./image-kinds.ts";
import type { GreyPicture, SeeThroughPicture } from "./pixels.ts";
import { turnUpright } from "./pixels.ts";
import { unreadable } from "./unreadable.ts";
import type { FxaPairError } from "../lib/errors.ts";

/** Largest image file that is looked at: more than any camera writes. */
export const MAX_IMAGE_BYTES = 64 * 1024 * 1024;
/** The largest pictures of common phones have 50 megapixels. */
const MAX_PIXELS = 50_000_000;
/** What may be held of a file, and by a decoder that has to keep the whole picture. */
const MAX_KEPT_BYTES = 256 * 1024 * 1024;
/** Of the file, in pieces and whole, here and in the process that decodes it. */
const COPIES = 4;
/** Seconds. As in the search: only for when nobody is left to end it. */
const DECODE_TIME_LIMIT = 20;
/** Pixels kept per side: a code that fills a twentieth of a picture still has three pixels a module. */
const MAX_SIDE = 4096;
/** SVG documents are drawn with their longer side this long, whatever size they state. */
const SVG_SIDE = 500;
/** Pixels per inch at which one SVG pixel is one pixel. */
const SVG_DENSITY = 72;

/** What the header says; width and height are those of the upright picture. */
export interface PictureHeader {
  readonly kind: ImageKind;
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  /** How the file's picture lies, as EXIF counts: 1 is upright. */
  readonly orientation: number;
}

/**
 * Reads the header and refuses with `unreadable` whatever is no image of a known kind, or too large to decode; no pixel
 * has been decoded then.
 */
export async function readHeader(image: Uint8Array): Promise<PictureHeader> {
  if (image.length === 0) throw unreadable("the image is empty");
  if (image.length > MAX_IMAGE_BYTES) throw tooManyBytes();
  const kind = imageKind(image);
  const metadata = await readMetadata(image);
  const { channels, depth, hasAlpha, isProgressive, orientation = 1 } = metadata;
  const pixels = metadata.width * metadata.height;
  const kept = pixels * bytesPerPixel(kind, channels, isProgressive, depth) + image.length * COPIES;
  if (pixels > MAX_PIXELS || kept > MAX_KEPT_BYTES) {
    throw unreadable(
      `the image has too many pixels (${metadata.width}×${metadata.height})`,
      "Cut out the part with the QR code, or make the picture smaller.",
    );
  }
  const { width, height } = metadata.autoOrient;
  return { kind, width, height, hasAlpha, orientation };
}

async function readMetadata(image: Uint8Array): Promise<Metadata> {
  const { default: sharp } = await import("sharp");
  try {
    return await sharp(image, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw undecodable(image, "the image is damaged or of an unknown kind", undefined, cause);
  }
}

/**
 * Decodes the first frame, upright, made smaller to at most 4,096 pixels a side. Damaged and truncated files are refused
 * with `unreadable`.
 */
export async function decodePixels(image: Uint8Array, header: PictureHeader): Promise<SeeThroughPicture> {
  const { default: sharp } = await import("sharp");
  const density = Math.min(
    Math.max((SVG_DENSITY * SVG_SIDE) / Math.max(header.width, header.height), 1),
    100_000,
  );
  const forSvg = header.kind === "svg" ? { density } : {};
  try {
    const picture = sharp(image, {
      limitInputPixels: MAX_PIXELS,
      failOn: "truncated",
      pages: 1,
      ...forSvg,
    })
      .timeout({ seconds: DECODE_TIME_LIMIT })
      .resize({ width: MAX_SIDE, height: MAX_SIDE, fit: "inside", withoutEnlargement: true });
    const { grey, alpha } = header.hasAlpha
      ? await splitAlpha(picture)
      : { grey: await greyPixels(picture), alpha: undefined };
    // Turned only now: sharp would keep the whole picture for it, at its full size and depth.
    const upright = turnUpright(grey, header.orientation);
    return alpha === undefined
      ? upright
      : { ...upright, alpha: turnUpright(alpha, header.orientation).pixels };
  } catch (cause) {
    throw undecodable(image, "the image is damaged or cut off", "Save or copy the picture again.", cause);
  }
}

/** What could not be decoded, with the reason for which most are that reach this. */
function undecodable(
  image: Uint8Array,
  message: string,
  hint: string | undefined,
  cause: unknown,
): FxaPairError {
  if (!isHeic(image)) return unreadable(message, hint, cause);
  return unreadable(
    "the image is in Apple's HEIC format, which cannot be decoded here",
    "Save it as JPEG or PNG, or take a screenshot of it.",
    cause,
  );
}

/** The same picture with its longer side `side` pixels long. */
export async function scaleTo(picture: GreyPicture, side: number): Promise<GreyPicture> {
  if (side === Math.max(picture.width, picture.height)) return picture;
  return greyPixels((await raw(picture)).resize(side, side, { fit: "inside" }));
}

/** Blurred by a Gaussian of `sigma` pixels. */
export async function blurred(picture: GreyPicture, sigma: number): Promise<GreyPicture> {
  return greyPixels((await raw(picture)).blur(sigma));
}

/** Turned clockwise around its middle, and so much larger that nothing is cut off. */
export async function turned(picture: GreyPicture, degrees: number): Promise<GreyPicture> {
  return greyPixels((await raw(picture)).rotate(degrees, { background: "#888" }));
}

async function raw({ width, height, pixels }: GreyPicture): Promise<Sharp> {
  const { default: sharp } = await import("sharp");
  return sharp(pixels, { raw: { width, height, channels: 1 } });
}

/** Grey and alpha apart, each as a picture, since sharp gives no alpha beside grey; no alpha that hides nothing. */
async function splitAlpha(image: Sharp): Promise<{ grey: GreyPicture; alpha?: GreyPicture }> {
  const { default: sharp } = await import("sharp");
  const { data, info } = await image
    .toColourspace("srgb")
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const raw = { width: info.width, height: info.height, channels: 4 } as const;
  const grey = await greyPixels(sharp(data, { raw }).removeAlpha());
  const alpha = await greyPixels(sharp(data, { raw }).extractChannel("alpha"));
  return alpha.pixels.every((opacity) => opacity === 255) ? { grey } : { grey, alpha };
}

async function greyPixels(image: Sharp): Promise<GreyPicture> {
  const { data, info } = await image.toColourspace("b-w").raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: data };
}

export function tooManyBytes(): FxaPairError {
  return unreadable(`the image is larger than ${MAX_IMAGE_BYTES / 1024 / 1024} MiB`);
}
