import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import sharp from "sharp";
import { systemClock } from "../../src/lib/clock.ts";
import { readHeader } from "../../src/qr/picture.ts";
import { qrPng, qrSvg } from "../../src/qr/encode.ts";
import { LADDER, rungsFor } from "../../src/qr/ladder.ts";
import { search } from "../../src/qr/search.ts";
import { codesIn, textsIn } from "./found.ts";
import { SAMPLE_URL, finderPatterns } from "./samples.ts";

const PICTURES = new URL("pictures/", import.meta.url);

interface Sample {
  readonly file: string;
  readonly texts: readonly string[];
}

const samples = JSON.parse(readFileSync(new URL("manifest.json", PICTURES), "utf8")) as Sample[];

describe("pictures", () => {
  test.each(samples.filter(({ texts }) => texts.length > 0))("reads $file", async ({ file, texts }) => {
    const found = await textsIn(readFileSync(new URL(file, PICTURES)));
    expect(found.toSorted()).toEqual([...texts].toSorted());
  });

  test.each(samples.filter(({ texts }) => texts.length === 0))("finds nothing in $file", async ({ file }) => {
    expect(await textsIn(readFileSync(new URL(file, PICTURES)))).toEqual([]);
  });
});

describe("where codes are", () => {
  test("corners are those of the dark modules, in pixels of the picture", async () => {
    const [code] = await codesIn(await qrPng(SAMPLE_URL));
    const [low, high] = [4 * 8, 45 * 8];
    const expected = [
      { x: low, y: low },
      { x: high, y: low },
      { x: high, y: high },
      { x: low, y: high },
    ];
    code?.corners.forEach(({ x, y }, index) => {
      expect(Math.abs(x - (expected[index]?.x ?? NaN))).toBeLessThan(4);
      expect(Math.abs(y - (expected[index]?.y ?? NaN))).toBeLessThan(4);
    });
  });

  test("a small code in a very large picture is found, and located there", async () => {
    const code = await qrPng(SAMPLE_URL);
    const picture = await sharp({ create: { width: 6000, height: 5000, channels: 3, background: "#999" } })
      .composite([{ input: Buffer.from(code), left: 5000, top: 4000 }])
      .jpeg()
      .toBuffer();
    const codes = await codesIn(picture);
    expect(codes.map(({ text }) => text)).toEqual([SAMPLE_URL]);
    expect(codes[0]?.corners[0].x).toBeGreaterThan(5020);
    expect(codes[0]?.corners[0].x).toBeLessThan(5045);
  });

  test("three codes in one picture are all found, a repeated one once", async () => {
    const texts = ["https://one.example/", "two", SAMPLE_URL, "two"];
    const tiles = await Promise.all(
      texts.map(async (text) =>
        sharp(await qrPng(text))
          .resize(300)
          .toBuffer(),
      ),
    );
    const picture = await sharp({ create: { width: 1400, height: 400, channels: 3, background: "#fff" } })
      .composite(tiles.map((input, index) => ({ input, left: 20 + index * 340, top: 30 })))
      .png()
      .toBuffer();
    expect((await textsIn(picture)).toSorted()).toEqual([...new Set(texts)].toSorted());
  });
});

describe("kinds of files", () => {
  test.each(["jpeg", "webp", "gif", "tiff", "avif"] as const)("reads %s", async (format) => {
    expect(
      await textsIn(
        await sharp(await qrPng(SAMPLE_URL))
          .toFormat(format)
          .toBuffer(),
      ),
    ).toEqual([SAMPLE_URL]);
  });

  test("reads an SVG that is one pixel a module", async () => {
    const svg = qrSvg(SAMPLE_URL).replace(/ width="\d+" height="\d+"/, "");
    expect(await textsIn(Buffer.from(svg))).toEqual([SAMPLE_URL]);
  });

  test.each([
    [1, "392×592", 32, 32],
    [3, "392×592", 32, 232],
    [6, "592×392", 232, 32],
    [8, "592×392", 32, 32],
  ])("turns the picture as its EXIF orientation %i says", async (orientation, size, left, top) => {
    const tall = sharp(await qrPng(SAMPLE_URL)).extend({ bottom: 200, background: "#fff" });
    const image = await tall.jpeg().withMetadata({ orientation }).toBuffer();
    const { width, height } = await readHeader(image);
    expect(`${width}×${height}`).toBe(size);
    const [code] = await codesIn(image);
    const corners = code?.corners ?? [];
    expect(Math.abs(Math.min(...corners.map(({ x }) => x)) - left)).toBeLessThan(5);
    expect(Math.abs(Math.min(...corners.map(({ y }) => y)) - top)).toBeLessThan(5);
  });

  test("looks at the first frame of an animation only", async () => {
    const frames = await Promise.all(
      ["first", "second"].map(async (text) => sharp(await qrPng(text)).toBuffer()),
    );
    const animation = await sharp(
      frames.map((frame) => Buffer.from(frame)),
      { join: { animated: true } },
    )
      .gif()
      .toBuffer();
    expect((await sharp(animation).metadata()).pages).toBe(2);
    expect(await textsIn(animation)).toEqual(["first"]);
  });

  test.each([
    ["dark modules on nothing", "#000", 0],
    ["light modules on nothing", "#fff", 255],
  ])("reads %s", async (_name, background, drawn) => {
    const { data, info } = await sharp(await qrPng(SAMPLE_URL))
      .toColourspace("b-w")
      .raw()
      .toBuffer({ resolveWithObject: true });
    const alpha = Buffer.from(data.map((grey) => (grey === drawn ? 255 : 0)));
    const picture = await sharp({
      create: { width: info.width, height: info.height, channels: 3, background },
    })
      .joinChannel(alpha, { raw: { width: info.width, height: info.height, channels: 1 } })
      .png()
      .toBuffer();
    expect(await textsIn(picture)).toEqual([SAMPLE_URL]);
  });
});

test("D4: a second pairing code that only the second look sees is found, too", async () => {
  const other = SAMPLE_URL.replace("channel_id=J", "channel_id=K");
  const [code, side] = [await qrPng(SAMPLE_URL), 400];
  // So pale that against the mean of its surroundings it is no code; in the whole picture it is the darkest there is.
  const pale = await sharp(await qrPng(other))
    .toColourspace("b-w")
    .linear(24 / 255, 255 - 24)
    .png()
    .toBuffer();
  const picture = await sharp({ create: { width: 2 * side, height: side, channels: 3, background: "#fff" } })
    .composite([
      { input: Buffer.from(code), left: 0, top: 0 },
      { input: pale, left: side, top: 0 },
    ])
    .png()
    .toBuffer();
  const found: string[][] = [[]];
  for await (const finding of search(picture, { clock: systemClock, until: "pairing-url" })) {
    if (finding.type === "look") found.push([]);
    else if (finding.type === "code") found.at(-1)?.push(finding.text);
  }
  expect(found).toEqual([[], [SAMPLE_URL], [other]]);
});

test("a look that goes on and on is ended, and the next one is tried", async () => {
  const findings: string[] = [];
  const options = { clock: systemClock, lookTimeLimit: 100 };
  for await (const { type } of search(await finderPatterns(4096), options)) findings.push(type);
  expect(findings).toEqual(["picture", ...rungsFor(LADDER, 4096, 4096).map(() => "look")]);
});

test("zxing reads again after one of its looks was ended", async () => {
  const options = { clock: systemClock, ladder: [{ engine: "zxing" }] } as const;
  const picture = await finderPatterns(2048);
  for await (const { type } of search(picture, { ...options, lookTimeLimit: 20 }))
    expect(type).not.toBe("code");
  const texts: string[] = [];
  for await (const finding of search(await qrPng(SAMPLE_URL), options))
    if (finding.type === "code") texts.push(finding.text);
  expect(texts).toEqual([SAMPLE_URL]);
});
