/**
 * SVG is a language: a document of some hundred bytes can ask for hours of work or for gigabytes. So only plain shapes
 * are let through, few of them, and paths that run along the axes; drawings of QR codes need no more.
 */

/** Room for a pairing URL's code with an element for each module. */
const MAX_BYTES = 64 * 1024;
const MAX_ELEMENTS = 2_000;
/** Lines and curves that run across the grid: drawing time grows with the square of their number, as they cross. */
const MAX_SLANTED_LINES = 300;
/** Circles, ellipses, round corners that are filled: room for one a module. The larger they are, the slower. */
const MAX_ROUND_SHAPES = 1_000;

const PLAIN_ELEMENTS: ReadonlySet<string> = new Set(
  (
    "svg g defs title desc metadata style path rect circle ellipse polygon polyline line " +
    "RDF Work format type namedview"
  ).split(" "),
);

/**
 * What would get around the lists, or make a plain shape expensive. Where something is allowed in its harmless form only,
 * everything else is refused, such as a comment in between. White space is single by then, so that each pattern takes
 * time in proportion to the document.
 */
const TRICKS = [
  /\0/, // UTF-16
  /encoding ?= ?["'](?!utf-8|us-ascii|iso-8859-1)/i,
  /&#|\\/, // escapes of XML and CSS
  /<!ENTITY/, // text that grows, or comes from elsewhere
  /filter|blend|isolation/i, // blurs of any strength, layers
  /rotate|skew|matrix/i, // lines along the axes, turned
  /opacity(?! ?[:=] ?["']? ?1(?:\.0*)? ?["';}])/i, // layers again
  /dasharray(?! ?[:=] ?["']? ?none)/i, // one line in countless pieces
  /line(?:cap|join)(?! ?[:=] ?["']? ?(?:butt|square|miter|bevel))/i, // a curve for each corner
  /(?<![\w-])(?!(?:translate|scale|rgb|hsl)\()[\w-]+\(/i, // references, colours that may be translucent
  /(?:rgb|hsl)\((?![\d.%, ]{5,80}\))/i, // the same with a slash …
  /(?:rgb|hsl)\((?:[^,)]{0,80},){3}/i, // … or a fourth value
  /#(?:[\da-f]{4}|[\da-f]{8})(?![\da-f])/i,
];

/** Also where it has a part of its own, such as a width; but not where there is none. */
const OUTLINE = /stroke(?! ?[:=] ?["']? ?none)/i;
const ROUND_CORNER = /\br[xy] ?[:=]/i;

/** Whether drawing the document is bound to be cheap. */
export function isPlainSvg(bytes: Uint8Array): boolean {
  if (bytes.length > MAX_BYTES) return false;
  const document = Buffer.from(bytes).toString("latin1").replaceAll(/\s+/g, " ");
  const tags = Array.from(document.matchAll(/<(?![/!?])(?:[\w.-]+:)?([\w.-]*)/g), (tag) => tag[1] ?? "");
  if (tags.length > MAX_ELEMENTS || !tags.every((name) => PLAIN_ELEMENTS.has(name))) return false;
  if (TRICKS.some((trick) => trick.test(document))) return false;
  const roundShapes = countRoundShapes(tags, ROUND_CORNER.test(document));
  const outlines = OUTLINE.test(document) ? roundShapes : 0;
  return roundShapes <= MAX_ROUND_SHAPES && slantedLines(document) + outlines <= MAX_SLANTED_LINES;
}

function countRoundShapes(tags: readonly string[], hasRoundCorners: boolean): number {
  return tags.filter(
    (name) => name === "circle" || name === "ellipse" || (name === "rect" && hasRoundCorners),
  ).length;
}

/** An upper bound for the lines and curves in `d` and `points` attributes that do not run along an axis. */
function slantedLines(document: string): number {
  const attributes = document.matchAll(/ (d|points) ?= ?(?:"([^"]*)"|'([^']*)')/g);
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
