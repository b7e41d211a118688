/**
 * One JSON object a line (NDJSON). Everything outside plain text is escaped, so that a line is one line for every reader
 * (U+2028 ends one for some), and a terminal that shows it obeys nothing in it.
 */

/** JSON itself escapes the controls below U+0020 and lone surrogates. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** `value` as one line with its line end. Parsing it gives the same value. */
export function formatJsonLine(value: Readonly<Record<string, unknown>>): string {
  return `${escapeUnprintable(JSON.stringify(value))}\n`;
}

/** JSON text that means the same, with everything in it escaped that is not plain. */
export function escapeUnprintable(json: string): string {
  // Nearly every line is plain, which is quick to see.
  return /[^ -~]/.test(json) ? json.replaceAll(UNPRINTABLE, escape) : json;
}

function escape(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }).join("");
}
