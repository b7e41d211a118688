import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import type { AddressInfo } from "node:net";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import sharp from "sharp";
import { decodeQr } from "../../src/qr/decode.ts";
import { decodePixels } from "../../src/qr/picture.ts";
import { qrPng, qrSvg } from "../../src/qr/encode.ts";
import { SAMPLE_URL, blankPng } from "./samples.ts";

const PICTURES = new URL("pictures/", import.meta.url);

interface Sample {
  readonly file: string;
  readonly texts: readonly string[];
}

const samples = JSON.parse(readFileSync(new URL("manifest.json", PICTURES), "utf8")) as Sample[];

async function textsIn(image: Uint8Array): Promise<string[]> {
  return (await decodeQr(image)).codes.map(({ text }) => text);
}

describe("pictures", () => {
  test.each(samples.filter(({ texts }) => texts.length > 0))("reads $file", async ({ file, texts }) => {
    const { codes } = await decodeQr(readFileSync(new URL(file, PICTURES)), { timeLimit: Infinity });
    expect(codes.map(({ text }) => text).toSorted()).toEqual([...texts].toSorted());
  });

  test.each(samples.filter(({ texts }) => texts.length === 0))("finds nothing in $file", async ({ file }) => {
    await expect(decodeQr(readFileSync(new URL(file, PICTURES)))).rejects.toMatchObject({
      code: "unreadable",
      message: expect.stringMatching(/^no QR code found \(looked at \d+×\d+ in \d+ ways\)$/) as string,
    });
  });
});

describe("where codes are", () => {
  test("corners are those of the dark modules, in pixels of the picture", async () => {
    const { codes, looked } = await decodeQr(await qrPng(SAMPLE_URL));
    const [low, high] = [4 * 8, 45 * 8];
    const expected = [
      { x: low, y: low },
      { x: high, y: low },
      { x: high, y: high },
      { x: low, y: high },
    ];
    codes[0]?.corners.forEach(({ x, y }, index) => {
      expect(Math.abs(x - (expected[index]?.x ?? NaN))).toBeLessThan(4);
      expect(Math.abs(y - (expected[index]?.y ?? NaN))).toBeLessThan(4);
    });
    expect(looked).toMatch(/^looked at 392×392 in \d ways$/);
  });

  test("a small code in a very large picture is found, and located there", async () => {
    const code = await qrPng(SAMPLE_URL);
    const picture = await sharp({ create: { width: 6000, height: 5000, channels: 3, background: "#999" } })
      .composite([{ input: Buffer.from(code), left: 5000, top: 4000 }])
      .jpeg()
      .toBuffer();
    const { codes } = await decodeQr(picture);
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
    const { looked, codes } = await decodeQr(await tall.jpeg().withMetadata({ orientation }).toBuffer());
    expect(looked).toContain(size);
    const corners = codes[0]?.corners ?? [];
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

describe("hostile files", () => {
  const bounded = { timeout: 10_000 };

  test.each<[string, string, () => Promise<Uint8Array> | Uint8Array]>([
    ["nothing at all", "the image is empty", () => new Uint8Array(0)],
    ["text named .png", "the file is not an image", () => Buffer.from("I am not a picture.\n".repeat(50))],
    [
      "a header of 60,000 × 60,000",
      "the image has too many pixels (60000×60000)",
      () => blankPng(60_000, 60_000, 1),
    ],
    ["49 megapixels of nothing", "no QR code found", () => blankPng(7_000, 7_000)],
    ["an SVG of 60,000 × 60,000", "the image has too many pixels", () => svg("", 60_000)],
    ["more than 64 MiB", "the image is larger than 64 MiB", () => new Uint8Array(64 * 1024 * 1024 + 1)],
    ["a JPEG cut off", "the image is damaged or cut off", async () => half(await photo("jpeg"))],
    ["a PNG cut off", "the image is damaged or cut off", async () => half(await photo("png"))],
    [
      "a JPEG cut off in its header",
      "the image is damaged or of an unknown kind",
      async () => (await photo("jpeg")).subarray(0, 100),
    ],
    [
      "36 megapixels that must be kept whole",
      "the image has too many pixels",
      () => blankPng(6_000, 6_000, 1, true),
    ],
    ["a GIF of 49 megapixels", "the image has too many pixels", () => gifHeader(7_000)],
    ["a gzipped SVG", "the file is not an image", () => gzipSync(svg("<g/>", 400))],
  ])("%s", bounded, async (_name, message, build) => {
    const error = decodeQr(await build());
    await expect(error).rejects.toMatchObject({ code: "unreadable", hint: expect.any(String) as string });
    await expect(error).rejects.toThrow(message);
  });

  test("an SVG loads neither files nor hosts", bounded, async () => {
    const folder = mkdtempSync(join(tmpdir(), "fxa-pair-svg-"));
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(request.url ?? "");
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const file = join(folder, "code.png");
      writeFileSync(file, await qrPng(SAMPLE_URL));
      const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      // Documents with references are refused; the drawing itself, asked directly, would not load them either.
      const draw = async (document: Buffer): Promise<boolean> => {
        const header = { kind: "svg", width: 400, height: 400, hasAlpha: true } as const;
        return (await decodePixels(document, header, "white")).pixels.some((grey) => grey !== 255);
      };
      const inline = `data:image/png;base64,${readFileSync(file, "base64")}`;
      expect(await draw(svg(`<image href="${inline}" width="400" height="400"/>`, 400))).toBe(true);
      for (const reference of [file, "code.png", pathToFileURL(file).href, `${host}/code.png`]) {
        const style = `<style>@import url("${host}/style.css");</style>`;
        const document = svg(`${style}<image href="${reference}" width="400" height="400"/>`, 400);
        expect(await draw(document)).toBe(false);
        await expect(decodeQr(document)).rejects.toMatchObject({ code: "unreadable" });
      }
      const dtd = Buffer.from(`<!DOCTYPE svg SYSTEM "${host}/svg.dtd">`);
      await expect(decodeQr(Buffer.concat([dtd, svg("<g/>", 400)]))).rejects.toMatchObject({
        code: "unreadable",
      });
      expect(requests).toEqual([]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    }
  });

  test("no further way is tried once the time is over", async () => {
    let now = 0;
    const clock = { now: () => (now += 1000), wallTime: () => 0, after: () => () => undefined };
    await expect(decodeQr(blankPng(600, 600), { clock, timeLimit: 1 })).rejects.toThrow(
      "looked at 600×600 in 1 way)",
    );
  });
});

function svg(contents: string, side: number): Buffer {
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">${contents}</svg>`,
  );
}

function gifHeader(side: number): Buffer {
  const header = Buffer.from("GIF89a\0\0\0\0\0\0\0,\0\0\0\0\0\0\0\0\0\x02\x02L\x01\0;", "latin1");
  for (const offset of [6, 8, 18, 20]) header.writeUInt16LE(side, offset);
  return header;
}

async function photo(format: "jpeg" | "png"): Promise<Uint8Array> {
  const noise = { type: "gaussian", mean: 128, sigma: 30 } as const;
  const create = { width: 900, height: 700, channels: 3, background: "#fff", noise } as const;
  return sharp({ create }).toFormat(format).toBuffer();
}

function half(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length >> 1);
}
