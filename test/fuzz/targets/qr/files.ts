/** Small image files of QR codes, of the kinds that are read, and what it takes for damage to get past a checksum. */
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { qrMatrix, qrSvg } from "../../../../src/qr/encode.ts";
import { modulesPng } from "../../../../src/qr/png.ts";

const SIGNATURE_BYTES = 8;
/** Length, type and checksum of a chunk. */
const CHUNK_BYTES = 12;

/** Of both: plain ones, and as cameras, browsers and editors write them. */
export async function filesOf(short: string, long: string): Promise<Uint8Array[]> {
  const options = { quietZone: 2, scale: 2 };
  const small = modulesPng(qrMatrix(short), options);
  const picture = sharp(small);
  return [
    small,
    modulesPng(qrMatrix(long), options),
    modulesPng(qrMatrix(short), { ...options, invert: true }),
    await picture.clone().png({ palette: true }).toBuffer(),
    await picture.clone().toColourspace("rgb16").png({ progressive: true }).toBuffer(),
    await picture.clone().ensureAlpha(0.5).png().toBuffer(),
    await picture.clone().jpeg({ quality: 60 }).toBuffer(),
    await picture
      .clone()
      .jpeg({ quality: 60, progressive: true })
      .withMetadata({ orientation: 6 })
      .toBuffer(),
    await picture.clone().webp({ lossless: true }).toBuffer(),
    await picture.clone().webp({ quality: 60 }).toBuffer(),
    await picture.clone().gif().toBuffer(),
    await picture.clone().tiff({ compression: "lzw" }).toBuffer(),
    Buffer.from(qrSvg(short)),
  ];
}

/** The same PNG file with the right checksum behind each chunk; other files as they are. */
export function withChecksums(file: Uint8Array): Uint8Array {
  const bytes = Buffer.from(file);
  for (let at = SIGNATURE_BYTES; at + CHUNK_BYTES <= bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return bytes;
}
