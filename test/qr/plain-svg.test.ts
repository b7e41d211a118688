import { expect, test } from "vitest";
import { isPlainSvg } from "../../src/qr/plain-svg.ts";
import { qrMatrix, qrSvg } from "../../src/qr/encode.ts";
import { SAMPLE_URL } from "./samples.ts";

function svg(contents: string, before = ""): Buffer {
  return Buffer.from(
    `${before}<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400">${contents}</svg>`,
  );
}

/** One element a dark module, as many generators draw. */
const rectangles = qrMatrix(SAMPLE_URL)
  .flatMap((row, y) =>
    row.map((dark, x) => (dark ? `<svg:rect x="${x}mm" y="${y}mm" width="1mm" height="1mm"/>` : "")),
  )
  .join("");

test.each<[string, Uint8Array]>([
  ["our own drawing", Buffer.from(qrSvg(SAMPLE_URL))],
  ["a rectangle a module, with a prefix", svg(rectangles)],
  ["strokes of one path", svg(`<path transform="scale(8)" class="q" d="M4 4.5h7${"m8 0h1".repeat(800)}"/>`)],
  [
    "declaration, document type, comment, style, group, opacity 1",
    svg(
      '<!-- drawn --><style><![CDATA[ .a { fill: #000; opacity: 1 } ]]></style><g fill-opacity="1.0"><path d="M0 0h9v9z"/></g>',
      '<?xml version="1.0" encoding="UTF-8" standalone="no"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">',
    ),
  ],
  ["some curves", svg(`<path d="M1 1${"c1.5.5-2e1 3 4 5".repeat(60)}"/>`)],
])("lets through: %s", (_name, document) => {
  expect(isPlainSvg(document)).toBe(true);
});

test.each<[string, Uint8Array]>([
  ["64 KiB", svg(" ".repeat(64 * 1024))],
  ["2,001 elements", svg("<g/>".repeat(2_000))],
  ["an image", svg('<image href="data:image/png;base64,AAAA"/>')],
  ["an image with a prefix", svg('<x:image xmlns:x="http://www.w3.org/2000/svg" href="a.png"/>')],
  ["repeated drawing", svg('<use href="#a"/>')],
  ["a filter", svg('<rect style="FILTER:blur(300px)"/>')],
  ["an escaped filter", svg('<rect style="fil\\74 er:blur(300px)"/>')],
  ["a character reference", svg('<rect style="&#102;ilter:blur(300px)"/>')],
  ["an entity", svg("<g>&a;</g>", '<!DOCTYPE svg [<!ENTITY a "b">]>')],
  ["UTF-16", Buffer.from('<svg><rect style="x"/></svg>', "utf16le")],
  ["another encoding", svg("", '<?xml version="1.0" encoding="utf-7"?>')],
  ["layers", svg('<g opacity=".5"/>')],
  ["layers, nearly opaque", svg('<g style="opacity:1e-3"/>')],
  ["dashes", svg('<path stroke-dasharray="0.001" d="M0 0h9"/>')],
  ["turned lines", svg('<g transform="rotate(45)"/>')],
  ["many crossing lines", svg(`<path d="M0 0${"L1 9 9 1".repeat(151)}"/>`)],
  ["many lines after a move", svg(`<path d="m0 0${" 1-9".repeat(301)}"/>`)],
  ["many lines in a polygon", svg(`<polygon points="${"1,9 ".repeat(301)}"/>`)],
  ["lines in many paths", svg("<path d='M0 0L1 9'/>".repeat(301))],
])("refuses: %s", (_name, document) => {
  expect(isPlainSvg(document)).toBe(false);
});
