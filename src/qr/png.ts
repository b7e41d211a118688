/** PNG files (ISO/IEC 15948) of black and white pixels, written without a library of images: that takes long to load. */

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** One bit, greyscale, deflate, the usual filters, not interlaced. */
const FORMAT = [1, 0, 0, 0, 0];

/** A PNG file, one bit a pixel. Each row is a list of pixels, `true` for black, all of the same length. */
export async function encodePng(rows: readonly (readonly boolean[])[]): Promise<Uint8Array> {
  const { deflateSync } = await import("node:zlib");
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
    await chunk("IHDR", Buffer.from([...bigEndian(width), ...bigEndian(rows.length), ...FORMAT])),
    await chunk("IDAT", deflateSync(bytes, { level: 9 })),
    await chunk("IEND", Buffer.alloc(0)),
  ]);
}

async function chunk(type: string, contents: Uint8Array): Promise<Buffer> {
  const { crc32 } = await import("node:zlib");
  const body = Buffer.concat([Buffer.from(type, "latin1"), contents]);
  return Buffer.concat([bigEndian(contents.length), body, bigEndian(crc32(body))]);
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
