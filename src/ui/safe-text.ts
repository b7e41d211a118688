/**
 * Text that somebody else chose (a name, an e-mail address, a browser's description, an error body), made fit for a
 * terminal: it cannot move the cursor, set the title or the clipboard, run right to left, hide parts of itself, or fill
 * the screen. What is left out stays visible as an escape, since it may be the very sign of a forgery.
 */

/** Controls, formatting (bidi, zero-width, tags), separators of lines, unassigned, private, and lone surrogates. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/** Drawn on top of the character before. */
const COMBINING = /\p{M}/u;
/** More than any language needs on one character; piled higher they cover the lines above. */
const MAX_COMBINING = 4;

/**
 * Two cells wide, after Unicode's East Asian Width (W and F) and the emoji. Whole blocks, so that new characters count as
 * wide rather than as narrow; pictographs that some terminals draw narrow count as wide, too.
 */
const WIDE =
  /[\p{Extended_Pictographic}\p{Regional_Indicator}\p{scx=Han}\p{scx=Hangul}\u1100-\u11ff\u231a-\u23ff\u2600-\u27bf\u2b00-\u2bff\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d37f}\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]/u;
/** In these blocks, too, but never wide. */
const ASCII = /[ -~]/;

const ELLIPSIS = "…";

/**
 * `foreign` for display: dangerous and invisible characters as `\u{…}`, and cut to `maxCells` terminal cells, the last of
 * which is then an ellipsis. Escapes and wide characters are never cut in two.
 */
export function displayText(foreign: string, maxCells = 80): string {
  let text = "";
  let cells = 0;
  let fitting = ""; // what still leaves room for the ellipsis
  let marks = MAX_COMBINING; // a mark at the start would sit on our own words
  for (const character of foreign) {
    marks = COMBINING.test(character) ? marks + 1 : 0;
    const shown = marks > MAX_COMBINING || INVISIBLE.test(character) ? escape(character) : character;
    cells += shown === character ? cellsOf(character) : shown.length;
    if (cells > maxCells) return fitting + ELLIPSIS;
    text += shown;
    if (cells < maxCells) fitting = text;
  }
  return text;
}

/** Terminal cells that a text takes which {@link displayText} has made fit. */
export function cellsIn(text: string): number {
  return Array.from(text, cellsOf).reduce((sum, cells) => sum + cells, 0);
}

function escape(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function cellsOf(character: string): number {
  if (ASCII.test(character)) return 1;
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
