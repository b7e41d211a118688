/**
 * SVG is a language: a document of some hundred bytes can ask for hours of work or for gigabytes. So only plain shapes
 * are let through, few of them, and paths that run along the axes; drawings of QR codes need no more.
 */

/** Room for a pairing URL's code with an element for each module. */
const MAX_BYTES = 64 * 1024;
const MAX_ELEMENTS = 2_000;
/** Lines and curves that run across the grid: drawing time grows with the square of their number, as they cross. */
const MAX_SLANTED_LINES = 300;

const PLAIN_ELEMENTS: ReadonlySet<string> = new Set(
  (
    "svg g defs title desc metadata style path rect circle ellipse polygon polyline line " +
    "linearGradient radialGradient stop RDF Work format type namedview"
  ).split(" "),
);

/** What would get around the lists, or make a plain shape expensive. */
const TRICKS = [
  /\0/, // UTF-16
  /encoding\s*=\s*["'](?!utf-8|us-ascii|iso-8859-1)/i,
  /&#|\\/, // escapes of XML and CSS
  /<!ENTITY/, // text that grows, or comes from elsewhere
  /filter|blend|isolation/i, // blurs of any strength, layers
  /rotate|skew|matrix/i, // lines along the axes, turned
  /opacity\s*[:=](?!\s*["']?\s*1(?:\.0*)?\s*["';}])/i, // layers again
  /dasharray\s*[:=](?!\s*["']?\s*none)/i, // one line in countless pieces
];

/** Whether drawing the document is bound to be cheap. */
export function isPlainSvg(bytes: Uint8Array): boolean {
  if (bytes.length > MAX_BYTES) return false;
  const document = Buffer.from(bytes).toString("latin1");
  const tags = Array.from(document.matchAll(/<(?![/!?])(?:[\w.-]+:)?([\w.-]*)/g), (tag) => tag[1] ?? "");
  return (
    tags.length <= MAX_ELEMENTS &&
    tags.every((name) => PLAIN_ELEMENTS.has(name)) &&
    !TRICKS.some((trick) => trick.test(document)) &&
    slantedLines(document) <= MAX_SLANTED_LINES
  );
}

/** An upper bound for the lines and curves in `d` and `points` attributes that do not run along an axis. */
function slantedLines(document: string): number {
  const attributes = document.matchAll(/\s(d|points)\s*=\s*(?:"([^"]*)"|'([^']*)')/g);
  let count = 0;
  for (const [, name, quoted, single] of attributes) {
    const text = quoted ?? single ?? "";
    count += name === "points" ? numbersIn(text) / 2 : slantedInPath(text);
  }
  return count;
}

/** Commands are letters, without the `e` of an exponent; what follows the first point of an `M` is lines. */
function slantedInPath(path: string): number {
  let count = 0;
  for (const [part] of path.matchAll(/[a-df-z][^a-df-z]*/gi)) {
    if (/^[hvz]/i.test(part)) continue;
    count += numbersIn(part) / 2 - (/^m/i.test(part) ? 1 : 0);
  }
  return count;
}

/** `1.5.5-2e1` is three numbers. */
function numbersIn(text: string): number {
  return Array.from(text.matchAll(/\d*\.\d+|\d+/g)).length;
}
