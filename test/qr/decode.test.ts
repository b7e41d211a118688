import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import type { AddressInfo } from "node:net";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import sharp from "sharp";
import { FxaPairError } from "../../src/lib/errors.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { decodeQr } from "../../src/qr/decode.ts";
import { decodePixels, readHeader } from "../../src/qr/picture.ts";
import { qrPng } from "../../src/qr/encode.ts";
import { FakeClock } from "../relay/support.ts";
import { textsIn } from "./found.ts";
import { SAMPLE_URL, blankPng, finderPatterns } from "./samples.ts";

const never = new AbortController().signal;

test("finds codes, and says how it looked", async () => {
  const { codes, looked } = await decodeQr(await qrPng(SAMPLE_URL), {
    clock: new FakeClock(),
    signal: never,
  });
  expect(codes.map(({ text }) => text)).toEqual([SAMPLE_URL]);
  expect(looked).toMatch(/^looked at 392×392 in \d ways$/);
});

test("finds no code in a picture without one, and says how it looked", async () => {
  const search = decodeQr(blankPng(600, 600), { clock: new FakeClock(), signal: never });
  await expect(search).rejects.toMatchObject({
    code: "unreadable",
    message: expect.stringMatching(/^no QR code found \(looked at 600×600 in \d ways\)$/) as string,
  });
});

describe("hostile files", () => {
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
    ["a picture full of corners of codes", "no QR code found in time", () => finderPatterns(4096)],
  ])("%s", async (_name, message, build) => {
    const image = await build();
    const start = performance.now();
    const error = decodeQr(image, { clock: systemClock, signal: never });
    await expect(error).rejects.toMatchObject({ code: "unreadable", hint: expect.any(String) as string });
    await expect(error).rejects.toThrow(message);
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  test("an SVG loads neither files nor hosts", async () => {
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
        const header = { kind: "svg", width: 400, height: 400, hasAlpha: true, orientation: 1 } as const;
        return (await decodePixels(document, header)).alpha?.some((opacity) => opacity !== 0) ?? true;
      };
      const inline = `data:image/png;base64,${readFileSync(file, "base64")}`;
      expect(await draw(svg(`<image href="${inline}" width="400" height="400"/>`, 400))).toBe(true);
      for (const reference of [file, "code.png", pathToFileURL(file).href, `${host}/code.png`]) {
        const style = `<style>@import url("${host}/style.css");</style>`;
        const document = svg(`${style}<image href="${reference}" width="400" height="400"/>`, 400);
        expect(await draw(document)).toBe(false);
        await expect(textsIn(document)).rejects.toMatchObject({ code: "unreadable" });
      }
      const dtd = Buffer.from(`<!DOCTYPE svg SYSTEM "${host}/svg.dtd">`);
      expect(await textsIn(Buffer.concat([dtd, svg("<g/>", 400)]))).toEqual([]);
      expect(requests).toEqual([]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    }
  });

  test("what a decoder would keep is bounded", async () => {
    expect(await readHeader(gifHeader(4_700))).toMatchObject({ width: 4_700 });
    await expect(readHeader(gifHeader(4_800))).rejects.toThrow("the image has too many pixels (4800×4800)");
  });
});

describe("a search that goes on and on", () => {
  test("ends with what was found when the time is over", async () => {
    const code = await sharp(await qrPng(SAMPLE_URL)).toBuffer();
    const image = await sharp(await finderPatterns(4096))
      .composite([{ input: code, left: 1848, top: 1848 }])
      .png()
      .toBuffer();
    const { codes, looked } = await decodeQr(image, { clock: systemClock, signal: never });
    expect(codes.map(({ text }) => text)).toEqual([SAMPLE_URL]);
    expect(looked).toMatch(/^looked at 4096×4096 in \d ways?$/);
  });

  test("ends when the clock says so, and tells how far it came", async () => {
    const clock = new FakeClock();
    const search = decodeQr(await finderPatterns(4096), { clock, signal: never, timeLimit: 1000 });
    clock.advance(1000);
    await expect(search).rejects.toMatchObject({
      code: "unreadable",
      message: "reading the image takes too long",
    });
  });

  test("ends at once when it is interrupted", async () => {
    const interrupt = new AbortController();
    const reason = new FxaPairError("interrupted", "Interrupted.");
    const search = decodeQr(await finderPatterns(4096), { clock: new FakeClock(), signal: interrupt.signal });
    const start = performance.now();
    interrupt.abort(reason);
    await expect(search).rejects.toBe(reason);
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  test("does not begin when it was interrupted before", async () => {
    const reason = new FxaPairError("interrupted", "Interrupted.");
    const search = decodeQr(new Uint8Array(0), { clock: new FakeClock(), signal: AbortSignal.abort(reason) });
    await expect(search).rejects.toBe(reason);
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
