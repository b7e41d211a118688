import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, expect, test } from "vitest";
import fc from "fast-check";
import { imageName, readImage } from "../../src/qr/images.ts";
import { SAMPLE_URL } from "./samples.ts";

const folder = mkdtempSync(join(tmpdir(), "fxa-pair-images-"));
const nothing = Readable.from([]);

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("reads a file", async () => {
  const file = join(folder, "a b.png");
  writeFileSync(file, "picture");
  expect(Buffer.from(await readImage(file, nothing)).toString()).toBe("picture");
});

test("reads standard input for -", async () => {
  const stdin = Readable.from([Buffer.from("pic"), Buffer.from("ture")]);
  expect(Buffer.from(await readImage("-", stdin)).toString()).toBe("picture");
});

test("stops reading standard input at 64 MiB", async () => {
  let chunks = 0;
  let closed = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        chunks += 1;
        yield new Uint8Array(1024 * 1024);
      }
    } finally {
      closed = true;
    }
  }
  await expect(readImage("-", endless())).rejects.toMatchObject({
    code: "unreadable",
    message: "the image is larger than 64 MiB",
  });
  expect([chunks, closed]).toEqual([65, true]);
});

test.each([
  ["missing.png", "there is no such file"],
  [".", "it is a folder"],
])("%s: %s", async (name, reason) => {
  await expect(readImage(join(folder, name), nothing)).rejects.toMatchObject({
    code: "unreadable",
    message: expect.stringContaining(reason) as string,
  });
});

test.each([
  ["data:image/svg+xml,%3Csvg/%3E", "<svg/>"],
  ["data:image/svg+xml;charset=utf-8,<text>é 100%</text>", "<text>é 100%</text>"],
  ["DATA:;base64,cGljdHVyZQ==", "picture"],
  ["data:image/png;base64,cGljdHVyZQ%3D%3D", "picture"],
  ["data:,", ""],
])("%s", async (url, contents) => {
  expect(Buffer.from(await readImage(url, nothing)).toString()).toBe(contents);
});

test("every byte string survives a data: URL, percent-encoded or not", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), async (bytes) => {
      const escaped = Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
      expect(new Uint8Array(await readImage(`data:,${escaped}`, nothing))).toEqual(bytes);
      const base64 = Buffer.from(bytes).toString("base64");
      expect(new Uint8Array(await readImage(`data:image/png;base64,${base64}`, nothing))).toEqual(bytes);
    }),
  );
});

test("a data: URL without a comma is unreadable", async () => {
  await expect(readImage("data:image/png;base64", nothing)).rejects.toMatchObject({ code: "unreadable" });
});

test.each([
  SAMPLE_URL,
  ` ${SAMPLE_URL}`,
  SAMPLE_URL.replace("https://", ""),
  SAMPLE_URL.slice(SAMPLE_URL.indexOf("channel_key")),
  "HTTP://127.0.0.1:3030/pair",
])("a URL is no picture, and is not repeated: %s", async (source) => {
  const error: unknown = await readImage(source, nothing).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: "unreadable",
    message: "not a picture; none are fetched",
    hint: "Save the picture, and name the file. A pairing URL goes to fxa-pair join, without --qr.",
  });
  expect(imageName(source)).toBe("URL");
});

test.each([
  ["/some/where/code.png", "code.png"],
  ["pair#secret/secret.png", "pair"],
  ["pair?secret", "pair"],
  ["pair%23secret", "pair"],
  ["pair%3Fsecret", "pair"],
  ["100%25.png", "100%25.png"],
  ["-", "standard input"],
  ["data:image/png;base64,secret", "data URL"],
])("%s is named %s", async (source, name) => {
  expect(imageName(source)).toBe(name);
});

test("a file that cannot be read is not named", async () => {
  const missing = join(folder, "pair#secret");
  await expect(readImage(missing, nothing)).rejects.toMatchObject({
    message: "it cannot be read (there is no such file)",
  });
});
