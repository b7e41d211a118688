import { expect, test } from "vitest";
import sharp from "sharp";
import { decodePixels, readHeader } from "../../src/qr/picture.ts";
import { onBackground } from "../../src/qr/pixels.ts";

/** 3 × 2 pixels, all different, half of them half transparent. */
const DRAWN = { width: 3, height: 2, channels: 4 } as const;
const PIXELS = Buffer.from(
  [0, 40, 80, 120, 160, 200].flatMap((grey) => [grey, grey, grey, 255 - (grey & 64)]),
);

test.each([1, 2, 3, 4, 5, 6, 7, 8])("orientation %i is turned as sharp turns it", async (orientation) => {
  const image = await sharp(PIXELS, { raw: DRAWN }).withMetadata({ orientation }).png().toBuffer();
  const { data, info } = await sharp(image).autoOrient().raw().toBuffer({ resolveWithObject: true });
  const header = await readHeader(image);
  expect([header.width, header.height]).toEqual([info.width, info.height]);
  const picture = await decodePixels(image, header);
  expect([picture.width, picture.height]).toEqual([info.width, info.height]);
  expect([...picture.pixels]).toEqual([...data.filter((_, index) => index % 4 === 0)]);
  expect([...(picture.alpha ?? [])]).toEqual([...data.filter((_, index) => index % 4 === 3)]);
});

test("16 bits a channel become 8", async () => {
  const image = await sharp(PIXELS, { raw: DRAWN }).toColourspace("rgb16").png().toBuffer();
  expect((await sharp(image).metadata()).depth).toBe("ushort");
  const picture = await decodePixels(image, await readHeader(image));
  const expected = [0, 40, 80, 120, 160, 200];
  picture.pixels.forEach((grey, index) => {
    expect(Math.abs(grey - (expected[index] ?? NaN))).toBeLessThanOrEqual(1);
  });
  expect([...(picture.alpha ?? [])].map((opacity) => opacity > 250)).toEqual([
    true,
    true,
    false,
    false,
    true,
    false,
  ]);
});

test("what is half transparent shows the background", () => {
  const picture = {
    width: 3,
    height: 1,
    pixels: Uint8Array.of(0, 100, 200),
    alpha: Uint8Array.of(0, 51, 255),
  };
  expect([...onBackground(picture, 255).pixels]).toEqual([255, 224, 200]);
  expect([...onBackground(picture, 0).pixels]).toEqual([0, 20, 200]);
});

test("an alpha channel that hides nothing is left out", async () => {
  const image = await sharp(Buffer.alloc(24, 255), { raw: DRAWN }).png().toBuffer();
  const header = await readHeader(image);
  expect(header.hasAlpha).toBe(true);
  expect(await decodePixels(image, header)).not.toHaveProperty("alpha");
});
