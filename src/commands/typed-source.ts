/**
 * What somebody typed, pasted or dropped where a command asks for the code of the other device: a pairing URL, a code to
 * type, the names of pictures of its QR code, or the QR code itself, copied from another terminal as block characters. Only
 * what it is is decided here; nothing is opened and no part of it is trusted.
 */
import { looksLikeTypedCode } from "../pairing/typed-code.ts";
import { parseDroppedPaths } from "./dropped-paths.ts";
import type { PathContext } from "./dropped-paths.ts";

export type TypedSource =
  | { readonly kind: "nothing" }
  | { readonly kind: "url"; readonly text: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "pictures"; readonly sources: readonly string[] }
  | { readonly kind: "blocks"; readonly text: string }
  | { readonly kind: "unknown" };

/** The characters that QR codes are drawn with, and at least as many lines as half blocks need for the smallest. */
const BLOCKS = /[▀▄█▌▐▖▗▘▙▚▛▜▝▞▟]|##|\[[\d;]+m/;
const MIN_LINES = 11;
// eslint-disable-next-line no-control-regex
const COLORS = /\u001b\[[\d;]{0,32}m/g;

/** More than any URL has, and than the names of some dropped files have together. */
const MAX_CHARACTERS = 16_384;

/** What goes around a URL in mails, chats and programs. */
const WRAPPINGS: readonly (readonly [string, string])[] = [
  ["<", ">"],
  ['"', '"'],
  ["'", "'"],
  ["`", "`"],
  ["“", "”"],
  ["„", "“"],
  ["«", "»"],
  ["(", ")"],
];

export function parseTypedSource(text: string, context: PathContext): TypedSource {
  if (looksDrawn(text)) return { kind: "blocks", text };
  const trimmed = text.replaceAll(COLORS, "").trim();
  if (trimmed === "") return { kind: "nothing" };
  if (/^data:image\//i.test(trimmed)) return { kind: "pictures", sources: [withoutLineEnds(trimmed)] };
  if (trimmed.length > MAX_CHARACTERS) return { kind: "unknown" };
  const url = findUrl(trimmed);
  if (url !== undefined) return { kind: "url", text: url };
  const code = unwrap(trimmed);
  if (looksLikeTypedCode(code)) return { kind: "code", text: code };
  const sources = parseDroppedPaths(trimmed, context);
  return sources === undefined ? { kind: "unknown" } : { kind: "pictures", sources };
}

function looksDrawn(text: string): boolean {
  const drawn = text.split(/\r\n|[\r\n]/).filter((line) => BLOCKS.test(line));
  return drawn.length >= MIN_LINES;
}

/** A URL as its device wrote it: without wrapping, in one piece. Its parts are judged by whoever parses it. */
function findUrl(trimmed: string): string | undefined {
  const text = unwrap(withoutLineEnds(trimmed));
  if (/^https?:/i.test(text)) return withoutEscapes(text);
  // Copied badly: without its beginning it is still no file name, and must not be shown as one.
  return /channel_(?:id|key)\\?=/.test(text) ? text : undefined;
}

/** Terminals break long lines, and some copy the break along with the blanks that fill the line. */
function withoutLineEnds(text: string): string {
  return text.replaceAll(/[ \t]*[\r\n]+[ \t]*/g, "");
}

function unwrap(text: string, layers = 3): string {
  const wrapping = WRAPPINGS.find(([before, after]) => text.startsWith(before) && text.endsWith(after));
  if (layers === 0 || wrapping === undefined) return text;
  return unwrap(text.slice(1, -1).trim(), layers - 1);
}

/** A URL that was dropped on a terminal comes as if for a shell. */
function withoutEscapes(text: string): string {
  return text.replaceAll(/\\([#&=?_-])/g, "$1");
}
