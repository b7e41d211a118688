/**
 * File names as terminals write them when files are dropped on a window: in single quotes (GNOME, KDE), with backslashes
 * (macOS), in double quotes (Windows), as `file:` URLs (some on X11), several with blanks or line ends between them.
 */
import { fileURLToPath } from "node:url";

export interface PathContext {
  /** What `~` stands for. */
  readonly home: string;
  /** "linux", "darwin", "win32", … */
  readonly platform: string;
}

interface Word {
  readonly text: string;
  /** Whether a part of it was in quotes or after a backslash: then a blank in it or after it means what it says. */
  readonly quoted: boolean;
}

const PICTURE_NAME = /\.(?:png|jpe?g|webp|gif|tiff?|avif|svg)$/i;
const PATH_START = /^(?:[/~]|\.{1,2}[/\\]|[a-z]:[/\\]|\\\\|file:)/i;
const WINDOWS_START = /^(?:[a-z]:[/\\]|\\\\)/i;

/**
 * The paths in `text`, or `undefined` when it does not look like paths of files: each must begin like a path or end like
 * a picture. Nothing is opened.
 */
export function parseDroppedPaths(text: string, context: PathContext): readonly string[] | undefined {
  const words = splitWords(text.trim(), context.platform);
  if (words === undefined || words.length === 0) return undefined;
  const paths: string[] = [];
  for (const { text: written } of joinBroken(words)) {
    if (!PATH_START.test(written) && !PICTURE_NAME.test(written)) return undefined;
    const path = resolve(written, context);
    if (path === undefined) return undefined;
    paths.push(path);
  }
  return paths;
}

/** Splits as a shell does; `undefined` when a quote is left open. */
function splitWords(text: string, platform: string): Word[] | undefined {
  const words: Word[] = [];
  // A quoted stretch, an escaped character, blanks, or one character of none of these.
  const pieces = /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|(\s+)|([^])/gu;
  let word: { text: string; quoted: boolean } | undefined;
  for (const [piece, single, double, escaped, blank] of text.matchAll(pieces)) {
    if (blank !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word ??= { text: "", quoted: false };
    if (single !== undefined || double !== undefined) {
      word.text += single ?? unescape(double ?? "", platform);
      word.quoted = true;
    } else if (escaped !== undefined) {
      // In a path of Windows a backslash is what it is anywhere else: a slash.
      const literal = platform === "win32" || WINDOWS_START.test(word.text + piece);
      word.text += literal ? piece : escaped;
      word.quoted ||= !literal;
    } else if (piece === "'" || piece === '"') {
      return undefined;
    } else {
      word.text += piece;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

function unescape(text: string, platform: string): string {
  if (platform === "win32" || WINDOWS_START.test(text)) return text;
  return text.replaceAll(/\\(["\\$`])/g, "$1");
}

/** Puts names with blanks together that somebody wrote without quotes: `/srv/ida/my photo.png`. */
function joinBroken(words: readonly Word[]): Word[] {
  const joined: Word[] = [];
  for (const word of words) {
    const before = joined.at(-1);
    const goesOn =
      before !== undefined &&
      !before.quoted &&
      !word.quoted &&
      !PICTURE_NAME.test(before.text) &&
      !PATH_START.test(word.text);
    if (goesOn) joined[joined.length - 1] = { text: `${before.text} ${word.text}`, quoted: false };
    else joined.push(word);
  }
  return joined;
}

/** In quotes a shell leaves ~ as it is; but nobody's folder is called so. */
function resolve(written: string, { home, platform }: PathContext): string | undefined {
  if (/^file:/i.test(written)) return fromFileUrl(written, platform);
  return /^~(?:[/\\]|$)/.test(written) ? home + written.slice(1) : written;
}

function fromFileUrl(text: string, platform: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const windows = platform === "win32";
  // Some name the machine itself as the host; where hosts mean nothing it can only be this one.
  if (!windows) url.host = "";
  try {
    return fileURLToPath(url, { windows });
  } catch {
    return undefined;
  }
}
