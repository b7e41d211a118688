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
  [
    "opaque colours of any notation",
    svg('<g fill="#FFF" stroke="rgb(1, 2, 3)"><path fill="#0a0b0c" d=""/></g>'),
  ],
  ["a dot a module", svg('<circle cx="9" cy="9" r="4"/>'.repeat(1_000))],
  ["outlined circles, some", svg('<g stroke="#000"><circle r="9"/></g>'.repeat(300))],
  ["no outlines, said so", svg(`<g stroke="none" style="stroke: none">${"<circle r='9'/>".repeat(301)}</g>`)],
  ["a line a row, indented", svg(Array.from({ length: 40 }, () => `\n${" ".repeat(300)}<g/>`).join(""))],
  ["words in brackets", svg("<!-- made by a program (of some name) --><desc>a code (QR)</desc>")],
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
  ["layers, with a comment in between", svg('<g style="opacity/**/:.5"/>')],
  ["a gradient", svg('<linearGradient id="a"/><rect fill="url(#a)"/>')],
  ["another gradient", svg('<radialGradient id="a"/><rect fill="url(#a)"/>')],
  ["a reference", svg('<rect fill="url(#a)"/>')],
  ["#rgba", svg('<rect fill="#000A"/>')],
  ["#rrggbbaa", svg('<rect style="fill:#000000aa"/>')],
  ...[
    "rgba(0,0,0,.5)",
    "RGBA(0 0 0 / 50%)",
    "hsla(0,0%,0%,.5)",
    "hwb(0 0% 0% / .5)",
    "color-mix(in srgb,red,#000)",
  ]
    .concat(["rgb(0 0 0 / .5)", "rgb(0,0,0,.5)", "hsl(0,0%,0%,.5)", "oklab(0 0 0 / .5)", "rgb(0,0,var(--a))"])
    .map((color): [string, Uint8Array] => [color, svg(`<rect fill="${color}"/>`)]),
  ["1,001 circles", svg('<circle r="9"/>'.repeat(1_001))],
  ["outlined circles", svg(`<g stroke="#000">${'<circle r="9"/>'.repeat(301)}</g>`)],
  ["outlined ellipses", svg(`<style>ellipse{stroke:red}</style>${'<x:ellipse r="9"/>'.repeat(301)}`)],
  ["outlined rectangles with round corners", svg(`<g stroke="#000">${'<rect rx="9"/>'.repeat(301)}</g>`)],
  ["round corners of lines", svg('<path stroke-linejoin="round" d="M0 0h9v9"/>')],
  ["round ends of lines", svg('<g style="stroke-linecap : round"/>')],
  ["dashes, with a comment in between", svg('<g style="stroke-dasharray/**/:1"/>')],
  ["dashes", svg('<path stroke-dasharray="0.001" d="M0 0h9"/>')],
  ["turned lines", svg('<g transform="rotate(45)"/>')],
  ["many crossing lines", svg(`<path d="M0 0${"L1 9 9 1".repeat(151)}"/>`)],
  ["many lines after a move", svg(`<path d="m0 0${" 1-9".repeat(301)}"/>`)],
  ["many lines in a polygon", svg(`<polygon points="${"1,9 ".repeat(301)}"/>`)],
  ["lines in many paths", svg("<path d='M0 0L1 9'/>".repeat(301))],
])("refuses: %s", (_name, document) => {
  expect(isPlainSvg(document)).toBe(false);
});

// Half a second for what takes a few milliseconds: whatever grows with the square of the length takes many seconds.
test.each<[string, (length: number) => string]>([
  ["opacity and white space", (length) => `<g opacity=${" ".repeat(length)}`],
  ["dashes and white space", (length) => `<g stroke-dasharray=${" ".repeat(length)}`],
  ["an encoding and white space", (length) => `<?xml encoding${" ".repeat(length)}`],
  ["a path and white space", (length) => `<path d${" ".repeat(length)}`],
  ["white space between letters", (length) => " opacity".repeat(length / 8)],
  ["a function and white space", (length) => `<g fill="rgb(${" ".repeat(length)}`],
  ["a word", (length) => "<g " + "a".repeat(length)],
  ["a tag's name", (length) => "<" + "a".repeat(length)],
  ["many tags", (length) => "<".repeat(length)],
  ["colons", (length) => "<" + "a:".repeat(length / 2)],
  ["digits", (length) => `<path d="M${"1".repeat(length)}"/>`],
  ["a colour", (length) => "#" + "a".repeat(length)],
  ["hashes", (length) => "#".repeat(length)],
  ["an open attribute", (length) => ` d='`.repeat(length / 4)],
  ["commas", (length) => `rgb(${",".repeat(length)}`],
  ["open brackets", (length) => "a(".repeat(length / 2)],
])("is quick with 64 KiB of %s", (_name, text) => {
  for (const document of [svg(text(65_000)), Buffer.from(text(65_000))]) {
    const start = performance.now();
    isPlainSvg(document);
    expect(performance.now() - start).toBeLessThan(500);
  }
});
