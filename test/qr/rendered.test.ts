/** Pairing codes as they come out of screens, printers, cameras and messengers, drawn at random within readable bounds. */
import fc from "fast-check";
import sharp from "sharp";
import { expect, test } from "vitest";
import { qrPng } from "../../src/qr/encode.ts";
import { textsIn } from "./found.ts";
import { pairingUrl } from "./samples.ts";

/** Modules of a pairing URL's code and its quiet zone, per side; longer ones have more. */
const MODULES = 49;
const MIDDLE = 0.5;

const rendering = fc.record({
  pixelsPerModule: fc.double({ min: 3, max: 9, noNaN: true }),
  degrees: fc.integer({ min: 0, max: 359 }),
  /** Standard deviation of the blur, in modules. */
  blur: fc.double({ min: 0, max: 0.35, noNaN: true }),
  /** Largest deviation, of 255. */
  noise: fc.integer({ min: 0, max: 30 }),
  seed: fc.nat(),
  quality: fc.integer({ min: 35, max: 95 }),
  dark: fc.integer({ min: 0, max: 70 }),
  light: fc.integer({ min: 160, max: 255 }),
  isInverted: fc.boolean(),
});

type Rendering = typeof rendering extends fc.Arbitrary<infer Value> ? Value : never;

async function render(url: string, how: Rendering): Promise<Uint8Array> {
  const side = Math.round(MODULES * how.pixelsPerModule);
  const background = how.isInverted ? "#000" : "#fff";
  let picture = sharp(await qrPng(url)).resize(side, side);
  if (how.isInverted) picture = picture.negate();
  let drawn = sharp(await picture.png().toBuffer()).rotate(how.degrees, { background });
  const sigma = how.blur * how.pixelsPerModule;
  if (sigma >= 0.3) drawn = drawn.blur(sigma);
  const { data, info } = await drawn.toColourspace("b-w").raw().toBuffer({ resolveWithObject: true });
  const random = generator(how.seed);
  const noisy = data.map((grey) =>
    Math.round(
      Math.min(
        255,
        Math.max(0, how.dark + ((how.light - how.dark) * grey) / 255 + (random() - MIDDLE) * 2 * how.noise),
      ),
    ),
  );
  return sharp(noisy, { raw: { width: info.width, height: info.height, channels: 1 } })
    .jpeg({ quality: how.quality })
    .toBuffer();
}

/** The mulberry32 generator: the same noise for the same seed. */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const RUNS = Number(process.env.FXA_PAIR_TEST_RUNS ?? 40);

test("a pairing URL is read from every picture that can be read", { timeout: RUNS * 3_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(pairingUrl, rendering, async (url, how) => {
      expect(await textsIn(await render(url, how))).toEqual([url]);
    }),
    { numRuns: RUNS },
  );
});
