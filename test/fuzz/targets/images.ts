/** The first look at an image file: its kind, and whether an SVG document is plain enough to be drawn. */
import { bytesPerPixel, imageKind, isHeic } from "../../../src/qr/image-kinds.ts";
import { isPlainSvg } from "../../../src/qr/plain-svg.ts";
import type { Target } from "../engine/target.ts";
import { check } from "../engine/target.ts";
import { checkWords, expectOwnError } from "./words.ts";

const KINDS = ["png", "jpeg", "gif", "webp", "tiff", "heif", "svg"];
const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h1v1h-1z" fill="#000"/></svg>';

export const target: Target = {
  subjects: ["src/qr/image-kinds", "src/qr/plain-svg"],
  maxLength: 4_096,
  seeds: [
    ...[
      "89504e470d0a1a0a",
      "ffd8ff",
      "47494638",
      "524946460000000057454250",
      "49492a00",
      "0000001866747970",
      "000000186674797068656963",
    ].map((start) => Buffer.from(start, "hex")),
    ...[
      SVG,
      `<?xml version="1.0"?>${SVG}`,
      SVG.replace("path", "image"),
      SVG.replace("fill", "style='filter:blur(9px)' fill"),
    ].map((text) => Buffer.from(text)),
  ],
  words: [
    "<!ENTITY",
    "&#",
    "<use ",
    "href=",
    "rotate(",
    "stroke-dasharray",
    "opacity: .5",
    "<circle r='1'/>",
    "<!--",
    "url(#a)",
    "ftypheic",
    "<rect rx='1' stroke='red'/>",
    "<polygon points='0,0 1,1'/>",
  ],
  run(input) {
    try {
      const kind = imageKind(input);
      check(KINDS.includes(kind), "a kind that is none");
      isHeic(input);
      for (const depth of ["uchar", "ushort", "double"])
        check(bytesPerPixel(kind, 4, true, depth) <= 64, "a pixel that costs too much");
      if (kind !== "svg") return;
      const text = Buffer.from(input).toString("latin1");
      check(isPlainSvg(input), "a drawing that may cost anything");
      check(
        !/<!ENTITY|<(?:[\w.-]+:)?(?:script|image|use|foreignObject|filter|animate)\b/.test(text),
        "more than a drawing",
      );
    } catch (error) {
      checkWords(expectOwnError(error), Buffer.from(input).toString("utf8"), 16);
    }
  },
};
