import { crc32, deflateSync } from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";

/** A URL with the length and alphabet of a real one. */
export const SAMPLE_URL =
  "https://accounts.firefox.com/pair#channel_id=Jh2mM1bDkbUaV9sJb0y8WA&channel_key=n7Qe0mZJ1sO3c4vGd5yKxT2uB6wL8rPfHiA9NzXqVEk";

export const pairingUrl: fc.Arbitrary<string> = fc
  .record({
    origin: fc.constantFrom(
      "https://accounts.firefox.com",
      "https://accounts.stage.mozaws.net",
      "http://127.0.0.1:3030",
    ),
    id: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  })
  .map(
    ({ origin, id, key }) =>
      `${origin}/pair#channel_id=${Buffer.from(id).toString("base64url")}&channel_key=${Buffer.from(key).toString("base64url")}`,
  );

/** A greyscale PNG whose rows are all zero, as small as its header is large; `deep`: 16 bits RGBA, interlaced. */
export function blankPng(width: number, height: number, rows = height, deep = false): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set(deep ? [16, 6, 0, 0, 1] : [8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync(Buffer.alloc((width + 1) * rows), { level: 9 })),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A PNG file of some 200 KB, tiled with what readers take for the corners of codes: there are countless ways to combine. */
export async function finderPatterns(side: number): Promise<Uint8Array> {
  const pixels = Buffer.from(
    Array.from({ length: 64 }, (_, index) => {
      const [x, y] = [index % 8, index >> 3];
      return x < 7 && y < 7 && Math.max(Math.abs(x - 3), Math.abs(y - 3)) !== 2 ? 0 : 255;
    }),
  );
  const tile = await sharp(pixels, { raw: { width: 8, height: 8, channels: 1 } })
    .png()
    .toBuffer();
  return sharp({ create: { width: side, height: side, channels: 3, background: "#fff" } })
    .composite([{ input: tile, tile: true }])
    .toColourspace("b-w")
    .png()
    .toBuffer();
}

export function pngChunk(type: string, contents: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), contents]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(contents.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
