import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import type { AddressInfo } from "node:net";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import sharp from "sharp";
import { FxaPairError } from "../../src/lib/errors.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { decodeQr } from "../../src/qr/decode.ts";
import { formatFinding } from "../../src/qr/findings.ts";
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
  expect(looked).toMatch(/^looked at 392×392 in \d+ ways$/);
});

test("gives the reason for which a picture is refused", async () => {
  const search = decodeQr(Buffer.from("no picture"), { clock: new FakeClock(), signal: never });
  await expect(search).rejects.toMatchObject({
    code: "unreadable",
    message: "the file is not an image",
    hint: "Give a PNG, JPEG, WebP, GIF, TIFF, AVIF or SVG picture that shows the QR code.",
  });
});

test("finds no code in a picture without one, and says how it looked", async () => {
  const search = decodeQr(blankPng(600, 600), { clock: new FakeClock(), signal: never });
  await expect(search).rejects.toMatchObject({
    code: "unreadable",
    message: expect.stringMatching(/^no QR code found \(looked at 600×600 in \d+ ways\)$/) as string,
  });
});

type Row = readonly [name: string, message: string, build: () => Promise<Uint8Array> | Uint8Array];

const REFUSED: readonly Row[] = [
  ["nothing at all", "the image is empty", () => new Uint8Array(0)],
  ["text named .png", "the file is not an image", () => Buffer.from("I am not a picture.\n".repeat(50))],
  [
    "a header of 60,000 × 60,000",
    "the image has too many pixels (60000×60000)",
    () => blankPng(60_000, 60_000, 1),
  ],
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
  [
    "a PDF named .png",
    "the file is a PDF document, not an image",
    () => Buffer.from("%PDF-1.7\n%âãÏÓ\n1 0 obj"),
  ],
  ["a web page", "the file is a web page, not an image", () => Buffer.from("\n<!doctype html><svg/>")],
  ["HEIC", "the image is in Apple's HEIC format, which cannot be decoded here", () => heic()],
];

const BUSY: readonly Row[] = [
  ["49 megapixels of nothing", "", () => blankPng(7_000, 7_000)],
  ["a picture full of corners of codes", "", () => finderPatterns(4096)],
];

describe("hostile files", () => {
  test.each(REFUSED)("%s: %s", async (_name, message, build) => {
    const search = textsIn(await build());
    await expect(search).rejects.toMatchObject({ code: "unreadable", hint: expect.any(String) as string });
    await expect(search).rejects.toThrow(message);
  });

  // Here the clock is the point; which reason is given depends on how quick the machine is.
  test.each([...REFUSED, ...BUSY])("%s: ends within five seconds", async (_name, _message, build) => {
    const image = await build();
    const start = performance.now();
    const search = decodeQr(image, { clock: systemClock, signal: never });
    await expect(search).rejects.toMatchObject({ code: "unreadable", hint: expect.any(String) as string });
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

  test("what a decoder would keep is bounded, together with the file", async () => {
    expect(await readHeader(gifHeader(4_700))).toMatchObject({ width: 4_700 });
    const tooMany = "the image has too many pixels";
    await expect(readHeader(gifHeader(4_800))).rejects.toThrow(tooMany);
    const padding = Buffer.alloc(1024 * 1024);
    await expect(readHeader(Buffer.concat([gifHeader(4_700), padding]))).rejects.toThrow(tooMany);
  });

  test("16 bits a channel count twice", async () => {
    expect(await readHeader(blankPng(4_000, 4_000, 1, true))).toMatchObject({ width: 4_000 });
    await expect(readHeader(blankPng(4_200, 4_200, 1, true))).rejects.toThrow(
      "the image has too many pixels",
    );
  });

  test("a TIFF file may have to be kept whole", async () => {
    expect(await readHeader(tiffHeader(5_700))).toMatchObject({ width: 5_700 });
    await expect(readHeader(tiffHeader(5_900))).rejects.toThrow("the image has too many pixels");
  });
});

describe("a search that goes on and on", () => {
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
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  test("does not begin when it was interrupted before", async () => {
    const reason = new FxaPairError("interrupted", "Interrupted.");
    const search = decodeQr(new Uint8Array(0), { clock: new FakeClock(), signal: AbortSignal.abort(reason) });
    await expect(search).rejects.toBe(reason);
  });
});

/** A search whose process writes `output` and then ends, or does not; with that process. */
function stubbed(output: string, end: string, clock = new FakeClock()) {
  const child = fork(fileURLToPath(new URL("search-stub.mjs", import.meta.url)), [output, end], {
    stdio: ["pipe", "pipe", "ignore", "ipc"],
  });
  const written = once(child, "message");
  const search = decodeQr(new Uint8Array(0), { clock, signal: never }, () => child);
  return { child, written, search };
}

const PICTURE = formatFinding({ type: "picture", width: 30, height: 20 });
const LOOK = formatFinding({ type: "look" });
const corner = { x: 1, y: 2 };
const how = { engine: "zxing", rung: "zxing 1000", ms: 7 } as const;
const code = { text: "found", corners: [corner, corner, corner, corner], ...how } as const;
const CODE = formatFinding({ type: "code", ...code, corners: [...code.corners] });

describe("a search that ends early", () => {
  test("by the clock: what was found by then counts", async () => {
    const clock = new FakeClock();
    const { child, written, search } = stubbed(
      PICTURE + LOOK + CODE + LOOK + CODE.slice(0, 9),
      "never",
      clock,
    );
    await written;
    clock.advance(3_000);
    expect(await search).toEqual({ codes: [code], looked: "looked at 30×20 in 2 ways", isComplete: false });
    expect(child.signalCode).toBe("SIGKILL");
    expect(clock.pending).toBe(0);
  });

  test("by the clock, with nothing found", async () => {
    const clock = new FakeClock();
    const { written, search } = stubbed(PICTURE + LOOK, "never", clock);
    await written;
    clock.advance(3_000);
    await expect(search).rejects.toMatchObject({
      code: "unreadable",
      message: "no QR code found in time (looked at 30×20 in 1 way)",
    });
  });

  test("by Ctrl-C, which a terminal sends to all processes", async () => {
    await expect(stubbed(PICTURE, "SIGINT").search).rejects.toMatchObject({ code: "interrupted" });
  });

  test.each([
    ["with a status", "", "3"],
    ["by a fault", PICTURE, "SIGSEGV"],
  ])("%s", async (_name, output, end) => {
    await expect(stubbed(output, end).search).rejects.toMatchObject({
      code: "unreadable",
      message: "the image cannot be decoded",
    });
  });

  test("by a fault, after something was found", async () => {
    expect((await stubbed(PICTURE + LOOK + CODE, "SIGSEGV").search).codes).toEqual([code]);
  });
});

function svg(contents: string, side: number): Buffer {
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">${contents}</svg>`,
  );
}

/** What such a file begins with; then comes what only a decoder for it understands. */
function heic(): Buffer {
  return Buffer.concat([Buffer.from("\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "latin1"), Buffer.alloc(4000, 7)]);
}

function gifHeader(side: number): Buffer {
  const header = Buffer.from("GIF89a\0\0\0\0\0\0\0,\0\0\0\0\0\0\0\0\0\x02\x02L\x01\0;", "latin1");
  for (const offset of [6, 8, 18, 20]) header.writeUInt16LE(side, offset);
  return header;
}

/** 16 bits RGBA in a single strip that holds nothing. */
function tiffHeader(side: number): Buffer {
  const SHORT = 3;
  const entries: [tag: number, value: number][] = [
    [256, side],
    [257, side],
    [258, 16],
    [259, 1],
    [262, 2],
    [273, 8],
    [277, 4],
    [278, side],
    [279, 0],
    [338, 2],
  ];
  const file = Buffer.alloc(8 + 2 + entries.length * 12 + 4);
  file.write("II*\0", "latin1");
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, value], index) => {
    const at = 10 + index * 12;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(SHORT, at + 2);
    file.writeUInt32LE(1, at + 4);
    file.writeUInt16LE(value, at + 8);
  });
  return file;
}

async function photo(format: "jpeg" | "png"): Promise<Uint8Array> {
  const noise = { type: "gaussian", mean: 128, sigma: 30 } as const;
  const create = { width: 900, height: 700, channels: 3, background: "#fff", noise } as const;
  return sharp({ create }).toFormat(format).toBuffer();
}

function half(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length >> 1);
}
