import { expect, test } from "vitest";
import fc from "fast-check";
import sharp from "sharp";
import { qrMatrix, qrPng, qrSvg } from "../../src/qr/encode.ts";
import { textsIn } from "./found.ts";
import { SAMPLE_URL, pairingUrl } from "./samples.ts";

test("a pairing URL takes version 6 at level L, without a quiet zone", () => {
  const matrix = qrMatrix(SAMPLE_URL);
  expect(matrix).toHaveLength(41);
  expect(matrix.every((row) => row.length === 41)).toBe(true);
  expect(matrix[0]?.slice(0, 8)).toEqual([true, true, true, true, true, true, true, false]);
});

test.each([
  ["PNG", qrPng],
  ["SVG", async (text: string) => Buffer.from(qrSvg(text))],
])("%s: 8 pixels a module, four light modules around, exact black and white", async (_name, draw) => {
  const { data, info } = await sharp(await draw(SAMPLE_URL))
    .toColourspace("b-w")
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([49 * 8, 49 * 8]);
  const matrix = qrMatrix(SAMPLE_URL);
  for (const [index, grey] of data.entries()) {
    const [x, y] = [Math.floor((index % info.width) / 8) - 4, Math.floor(index / info.width / 8) - 4];
    if (grey !== (matrix[y]?.[x] === true ? 0 : 255)) expect.unreachable(`module ${x},${y} is ${grey}`);
  }
});

test("the PNG is a small greyscale file", async () => {
  const png = await qrPng(SAMPLE_URL);
  expect(png.length).toBeLessThan(8_000);
  expect(await sharp(png).metadata()).toMatchObject({ format: "png", hasAlpha: false });
});

test("every pairing URL comes back from PNG and SVG", async () => {
  await fc.assert(
    fc.asyncProperty(pairingUrl, async (url) => {
      for (const file of [await qrPng(url), Buffer.from(qrSvg(url))]) {
        expect(await textsIn(file)).toEqual([url]);
      }
    }),
    { numRuns: 12 },
  );
});

test("text beyond the largest version is an error, not a broken code", () => {
  expect(qrMatrix("x".repeat(2953))).toHaveLength(177);
  expect(() => qrMatrix("x".repeat(2954))).toThrow();
});
