/** Pictures made to cost much: what a whole run takes, with the process that searches them. */
import { createServer } from "node:http";
import type { Server } from "node:http";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { qrPng } from "../../src/qr/encode.ts";
import { blankPng, finderPatterns, pngChunk } from "../qr/samples.ts";
import { cleanUp, temporaryFolder } from "./harness.ts";
import { CAN_MEASURE, costOf } from "./measured.ts";
import type { Cost } from "./measured.ts";

const MAX_SECONDS = 5;
const MAX_MEBIBYTES = 512;
const MEBIBYTE = 1024 * 1024;

let folder: string;
/** To which pictures lead that would have something fetched. */
let elsewhere: Server;
let requests = 0;

beforeAll(async () => {
  folder = temporaryFolder();
  elsewhere = createServer((_request, response) => {
    requests += 1;
    response.end();
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
});

afterAll(async () => {
  await cleanUp();
  await new Promise((resolve) => elsewhere.close(resolve));
});

function expectCheap({ status, stdout, seconds, mebibytes }: Cost): void {
  expect({ status, stdout }).toEqual({ status: 9, stdout: "" });
  expect(seconds).toBeLessThan(MAX_SECONDS);
  if (!CAN_MEASURE) return;
  // Less than that is not measured: two processes were there.
  expect(mebibytes).toBeGreaterThan(50);
  expect(mebibytes).toBeLessThan(MAX_MEBIBYTES);
}

type Build = () => Uint8Array | Promise<Uint8Array>;

const HOSTILE: readonly (readonly [name: string, words: RegExp, build: Build])[] = [
  ["a header of 60,000 × 60,000", /too many pixels \(60000×60000\)/, () => blankPng(60_000, 60_000, 1)],
  ["49 megapixels in 50 KB", /no QR code found/, () => blankPng(7_000, 7_000)],
  ["16 megapixels that must be kept whole", /no QR code found|too long/, () => large("avif", 4_000)],
  ["49 megapixels that must be kept whole", /too many pixels \(7000×7000\)/, () => large("jpeg", 7_000)],
  ["300 MB in a compressed colour profile", /no QR code found/, () => withChunk("iCCP", "icc\0\0")],
  ["300 MB in a compressed comment", /no QR code found/, () => withChunk("zTXt", "Comment\0\0")],
  ["3,000 frames", /no QR code found/, () => animation(3_000)],
  ["corners of codes everywhere", /no QR code found|too long/, () => finderPatterns(4_096)],
  ["the first half of a JPEG", /damaged or cut off/, () => half("jpeg")],
  ["the first half of a WebP", /damaged/, () => half("webp")],
  ["scripts and links in an SVG", /more than a simple drawing/, () => scripted()],
  ["a PDF named .png", /a PDF document, not an image/, () => Buffer.from("%PDF-1.7\n1 0 obj\n<< >>")],
];

// What else a machine has to do may cost a run its seconds; what a picture costs is the same each time.
const OFTEN = { retry: 2, timeout: 90_000 };

it.each(HOSTILE)("D3: %s is refused soon, and with little memory", OFTEN, async (_name, words, build) => {
  const path = join(folder, "hostile.png");
  writeFileSync(path, await build());
  const cost = await costOf(["qr", path]);
  expectCheap(cost);
  expect(cost.stderr).toMatch(words);
  expect(requests).toBe(0);
});

it.each([
  ["qr", ["qr", "-"]],
  ["join", ["join", "--yes", "--qr", "-", "--config-dir", "/nonexistent"]],
])("D3: 200 MB on the standard input of %s is not read to its end", OFTEN, async (_name, args) => {
  const cost = await costOf(args, { input: Buffer.alloc(200 * MEBIBYTE) });
  expectCheap(cost);
  expect(cost.stderr).toMatch(/standard input: the image is larger than 64 MiB/);
});

/** A small picture with so much in one chunk of its file, compressed. */
function withChunk(type: string, head: string): Uint8Array {
  const png = Buffer.from(blankPng(300, 300));
  const afterHeader = 33;
  const bomb = deflateSync(Buffer.alloc(300 * MEBIBYTE), { level: 1 });
  const chunk = pngChunk(type, Buffer.concat([Buffer.from(head, "latin1"), bomb]));
  return Buffer.concat([png.subarray(0, afterHeader), chunk, png.subarray(afterHeader)]);
}

async function large(format: "jpeg" | "avif", side: number): Promise<Uint8Array> {
  const blank = sharp({ create: { width: side, height: side, channels: 3, background: "#fff" } });
  return (
    format === "avif" ? blank.avif({ effort: 0, quality: 10 }) : blank.jpeg({ progressive: true })
  ).toBuffer();
}

/** An empty picture of 1,000 × 1,000 pixels, so many times. */
function animation(frames: number): Uint8Array {
  const side = Buffer.alloc(2);
  side.writeUInt16LE(1_000);
  const screen = Buffer.concat([Buffer.from("GIF89a"), side, side, Buffer.from("800000ffffff000000", "hex")]);
  const control = Buffer.from("21f90400010000002c00000000", "hex");
  const frame = Buffer.concat([control, side, side, Buffer.from("0002024c0100", "hex")]);
  return Buffer.concat([screen, ...Array.from({ length: frames }, () => frame), Buffer.from(";")]);
}

async function half(format: "jpeg" | "webp"): Promise<Uint8Array> {
  const noise = { type: "gaussian", mean: 128, sigma: 30 } as const;
  const create = { width: 900, height: 700, channels: 3, background: "#fff", noise } as const;
  const whole = await sharp({ create }).toFormat(format).toBuffer();
  return whole.subarray(0, whole.length >> 1);
}

/** It shows a code, too, which must not count. */
async function scripted(): Promise<Uint8Array> {
  const address = elsewhere.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  const host = `http://127.0.0.1:${address.port}`;
  const code = `data:image/png;base64,${Buffer.from(await qrPng("a code")).toString("base64")}`;
  return Buffer.from(
    `<?xml-stylesheet href="${host}/style.css"?>` +
      `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400" onload="fetch('${host}')">` +
      `<script href="${host}/script.js">fetch("${host}")</script>` +
      `<a href="${host}"><image href="${host}/code.png" width="400" height="400"/></a>` +
      `<image href="${code}" width="400" height="400"/></svg>`,
  );
}
