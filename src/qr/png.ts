/** PNG files (ISO/IEC 15948) of black and white pixels, written without a library of images: that takes long to load. */
import { crc32, deflateSync } from "node:zlib";
import type { Modules } from "./modules.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** One bit, greyscale, deflate, the usual filters, not interlaced. */
const FORMAT = [1, 0, 0, 0, 0];

export interface PngOptions {
  /** Light modules around. */
  readonly quietZone: number;
  /** Pixels of a module. */
  readonly scale: number;
  /** Light on black. */
  readonly invert?: boolean;
}

/** The picture of a QR code. */
export function modulesPng(modules: Modules, { quietZone, scale, invert = false }: PngOptions): Buffer {
  const side = (modules.length + 2 * quietZone) * scale;
  const squares = Array.from({ length: side }, (_, pixel) => Math.floor(pixel / scale) - quietZone);
  return encodePng(squares.map((y) => squares.map((x) => (modules[y]?.[x] === true) !== invert)));
}

/** A PNG file, one bit a pixel. Each row is a list of pixels, `true` for black, all of the same length. */
function encodePng(rows: readonly (readonly boolean[])[]): Buffer {
  const width = rows[0]?.length ?? 0;
  const stride = 1 + Math.ceil(width / 8);
  const bytes = new Uint8Array(rows.length * stride); // each row begins with its filter: 0, none
  rows.forEach((row, y) => {
    row.forEach((black, x) => {
      const index = y * stride + 1 + (x >> 3);
      if (!black) bytes[index] = (bytes[index] ?? 0) | (0x80 >> (x & 7));
    });
  });
  return Buffer.concat([
    Buffer.from(SIGNATURE),
    chunk("IHDR", Buffer.from([...bigEndian(width), ...bigEndian(rows.length), ...FORMAT])),
    chunk("IDAT", deflateSync(bytes, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, contents: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), contents]);
  return Buffer.concat([bigEndian(contents.length), body, bigEndian(crc32(body))]);
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
