/** What kind of image the bytes are, decided from their first few before any decoder sees them, and what it costs. */
import { isPlainSvg } from "./plain-svg.ts";
import { unreadable } from "./unreadable.ts";

export type ImageKind = "png" | "jpeg" | "gif" | "webp" | "tiff" | "heif" | "svg";

/** Hexadecimal of the first twelve bytes. */
const SIGNATURES: readonly (readonly [ImageKind, RegExp])[] = [
  ["png", /^89504e470d0a1a0a/],
  ["jpeg", /^ffd8ff/],
  ["gif", /^47494638/],
  ["webp", /^52494646.{8}57454250/],
  ["tiff", /^(?:49492a00|4d4d002a)/],
  ["heif", /^.{8}66747970/],
];

/** How files begin that are taken for pictures, whatever their names. */
const MISTAKEN: readonly (readonly [what: string, beginning: RegExp])[] = [
  ["a PDF document", /^%PDF-/],
  ["a web page", /^\s*<(?:!doctype html|html|head|body)\b/i],
];

/** Brands of pictures whose pixels are compressed as HEVC: what phones of Apple write. */
const HEIC = /^[\0-\xff]{4}ftyp[\0-\xff]*(?:hei[cxms]|hev[cxms])/;
const BRANDS_LENGTH = 64;

/** Throws `unreadable` for what is no image, or an SVG document that could cost too much. */
export function imageKind(image: Uint8Array): ImageKind {
  const start = Buffer.from(image.subarray(0, 12)).toString("hex");
  const known = SIGNATURES.find(([, signature]) => signature.test(start));
  if (known !== undefined) return known[0];
  const beginning = latin1(image, 4096);
  const mistaken = MISTAKEN.find(([, pattern]) => pattern.test(beginning));
  if (mistaken !== undefined) {
    throw unreadable(`the file is ${mistaken[0]}, not an image`, "Take a screenshot of the QR code in it.");
  }
  if (!/<(?:[\w.-]+:)?svg\b/.test(beginning)) throw unreadable("the file is not an image");
  if (isPlainSvg(image)) return "svg";
  throw unreadable(
    "the SVG document is more than a simple drawing",
    "Save it as PNG, or take a screenshot of it.",
  );
}

/** Whether a file of the kind `heif` says that it is HEIC, for which decoders need a licence, rather than AVIF. */
export function isHeic(image: Uint8Array): boolean {
  return HEIC.test(latin1(image, BRANDS_LENGTH));
}

function latin1(image: Uint8Array, length: number): string {
  return Buffer.from(image.subarray(0, length)).toString("latin1");
}

/** Bytes of one channel of one pixel, where there is more than one. */
const DEPTHS: Readonly<Record<string, number>> = {
  ushort: 2,
  short: 2,
  uint: 4,
  int: 4,
  float: 4,
  double: 8,
  complex: 8,
  dpcomplex: 16,
};

/**
 * Bytes per pixel that a decoder keeps for the whole picture at once, measured: rows cannot be had singly from
 * progressive files (whose JPEG coefficients have 16 bits), from a TIFF file in one strip, nor from any AVIF or GIF file.
 */
export function bytesPerPixel(
  kind: ImageKind,
  channels: number,
  isProgressive: boolean,
  depth: string,
): number {
  if (kind === "heif") return 16;
  if (kind === "gif") return 12;
  const whole = channels * (DEPTHS[depth] ?? 1);
  if (kind === "tiff") return whole;
  return isProgressive ? whole * 2 : 0;
}
