/** The typesetting of manual pages: text made safe for roff, and the few macros of man(7) that are used. */

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\e",
  "-": "\\-",
  "'": "\\(aq",
  '"': "\\(dq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
};

/** Bytes of a line of source, as far as words allow. */
const LINE = 78;

/**
 * Text as it is to be read, on one line: hyphens stay hyphens that can be copied, quotes stay straight, nothing in it is
 * a request, and what is not ASCII is named by its code point.
 */
export function roff(text: string): string {
  const escaped = text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\\\-'"`^~]/g, (character) => ESCAPES[character] ?? character)
    .replaceAll(/[^ -~]/gu, (character) => {
      const code = character.codePointAt(0) ?? 0;
      return `\\[u${code.toString(16).toUpperCase().padStart(4, "0")}]`;
    });
  return harmless(escaped);
}

/** The same on as many lines as it takes, for running text. */
export function prose(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of roff(text).split(" ")) {
    if (line !== "" && line.length + 1 + word.length > LINE) {
      lines.push(line);
      line = harmless(word);
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}

/** A full stop at the start of a line would make a request of it. */
function harmless(line: string): string {
  return line.startsWith(".") ? `\\&${line}` : line;
}

/** In bold: what is typed as it stands. */
export function bold(text: string): string {
  return `\\fB${roff(text)}\\fR`;
}

/** In italics: what something else is typed for. */
export function italic(text: string): string {
  return `\\fI${roff(text)}\\fR`;
}

export function section(title: string, ...lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`.SH ${roff(title.toUpperCase())}`, ...lines];
}

/** A term, and below it what it means. */
export function entry(term: string, ...meaning: readonly string[]): string[] {
  return [".TP", term, ...meaning];
}

/** Paragraphs of plain text. */
export function paragraphs(text: string): string[] {
  return text.split("\n\n").flatMap((each, index) => (index === 0 ? [prose(each)] : [".PP", prose(each)]));
}

/** Lines that stay as they are; indentation is kept. */
export function verbatim(lines: readonly string[]): string[] {
  const kept = lines.map((line) => {
    const indent = /^ */.exec(line)?.[0] ?? "";
    return `${indent.replaceAll(" ", "\\ ")}${roff(line.trimStart())}`;
  });
  return [".RS 4", ".nf", ...kept, ".fi", ".RE"];
}
