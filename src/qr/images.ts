/** Where `--qr`, `--scan` and `qr` take their picture from: a file, standard input, or a `data:` URL (RFC 2397). */
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { MAX_IMAGE_BYTES, tooManyBytes } from "./picture.ts";
import { unreadable } from "./unreadable.ts";

/** Read at once: files of many megabytes take a multiple of the time in the usual small pieces. */
export const PIECE_BYTES = 1024 * 1024;

/**
 * The bytes of an image named on the command line: `-` stands for `stdin`, a `data:` URL for its contents, everything
 * else for a file. At most 64 MiB are read; more, nothing at all or what cannot be read is `unreadable`.
 */
export async function readImage(source: string, stdin: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (source === "-") return readAll(stdin);
  if (isDataUrl(source)) return readDataUrl(source);
  if (isUrl(source)) {
    throw unreadable(
      "not a picture; none are fetched",
      "Save the picture, and name the file. A pairing URL goes to fxa-pair join, without --qr.",
    );
  }
  try {
    return await readAll(createReadStream(source, { highWaterMark: PIECE_BYTES }));
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw unreadable(`it cannot be read (${reason(cause.code)})`, "Check the file's name.", cause);
  }
}

/**
 * A name for the image in messages: the last part of a path, up to where a URL would have its query or fragment, since
 * a URL given by mistake may hold a channel key.
 */
export function imageName(source: string): string {
  if (source === "-") return "standard input";
  if (isDataUrl(source)) return "data URL";
  if (isUrl(source)) return "URL";
  return basename(source.split(/[#?]|%(?:23|3f)/i, 1)[0] ?? "");
}

function isDataUrl(source: string): boolean {
  return /^data:/i.test(source);
}

/** Also without its beginning, as it is when it was copied badly. */
function isUrl(source: string): boolean {
  return /^\s*[a-z][a-z\d+.-]*:\/\//i.test(source) || /channel_(?:id|key)/.test(source);
}

/** Throws `unreadable` as soon as there are more than 64 MiB. */
export async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > MAX_IMAGE_BYTES) throw tooManyBytes(); // leaving the loop also closes the stream
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function readDataUrl(url: string): Uint8Array {
  const comma = url.indexOf(",");
  if (comma < 0) throw unreadable("it has no comma, so no contents");
  if (url.length - comma > MAX_IMAGE_BYTES * 2) throw tooManyBytes();
  const contents = percentDecode(url.slice(comma + 1));
  const isBase64 = /;\s*base64\s*$/i.test(url.slice(0, comma));
  return isBase64 ? Buffer.from(contents.toString("latin1"), "base64") : contents;
}

/** Every `%xx` becomes that byte, all other text its UTF-8 bytes. */
function percentDecode(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8").toString("latin1");
  return Buffer.from(
    bytes.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
}

function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string" && "syscall" in error;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "not allowed",
  EISDIR: "it is a folder",
};

function reason(code: string): string {
  return REASONS[code] ?? code;
}
