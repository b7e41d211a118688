/** What the terminal can draw, as far as the environment and the terminal itself tell. */

export interface TerminalCapabilities {
  /** Whether block characters arrive as such: the locale's character set is UTF-8. */
  readonly unicode: boolean;
  /** What is behind the text, where known: without colours, it decides which modules are the drawn ones. */
  readonly background?: "dark" | "light" | undefined;
  /** Set only where pictures are certain to be shown. */
  readonly image?: ImageCapability | undefined;
  /** Pixels of a character, where the terminal told. */
  readonly cell?: CellSize | undefined;
}

export interface ImageCapability {
  readonly protocol: "kitty" | "iterm2" | "sixel";
  /** Always known for sixel, which is not scaled by the terminal. */
  readonly cell?: CellSize | undefined;
}

export interface CellSize {
  readonly width: number;
  readonly height: number;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads the locale (`LC_ALL`, `LC_CTYPE`, `LANG`, the first that is set), `COLORFGBG`, and what terminals tell of themselves. */
export function capabilitiesFrom(variables: Variables, platform: string): TerminalCapabilities {
  return {
    unicode: hasUnicode(variables, platform),
    background: backgroundOf(variables.COLORFGBG),
    image: imageOf(variables),
  };
}

/** No locale at all is what ssh and containers leave behind; their terminals speak UTF-8 all the same. */
function hasUnicode(variables: Variables, platform: string): boolean {
  if (variables.TERM === "linux") return true; // the console has the blocks in each of its fonts
  if (platform === "win32" || platform === "darwin") return true;
  const locale = [variables.LC_ALL, variables.LC_CTYPE, variables.LANG].find((value) => value);
  return locale === undefined || !locale.includes(".") || /\.utf-?8(?:@|$)/i.test(locale);
}

/** `foreground;background` as numbers of the sixteen colours, with something between them in rxvt. */
function backgroundOf(colors: string | undefined): "dark" | "light" | undefined {
  const index = /;(\d{1,2})$/.exec(colors ?? "")?.[1];
  if (index === undefined || Number(index) > 15) return undefined;
  return index === "7" || Number(index) > 8 ? "light" : "dark";
}

/** The names that only such terminals give themselves. A program that stands between keeps pictures to itself. */
function imageOf(variables: Variables): ImageCapability | undefined {
  const { TERM = "", TERM_PROGRAM, LC_TERMINAL } = variables;
  if (isMultiplexed(variables)) return undefined;
  if (TERM === "xterm-kitty" || TERM === "xterm-ghostty") return { protocol: "kitty" };
  const isITerm = TERM_PROGRAM === "iTerm.app" || (TERM_PROGRAM === undefined && LC_TERMINAL === "iTerm2");
  if (TERM.startsWith("xterm") && (isITerm || TERM_PROGRAM === "WezTerm")) return { protocol: "iterm2" };
  return undefined;
}

function isMultiplexed({ TMUX, STY, ZELLIJ, TERM = "" }: Variables): boolean {
  return (
    [TMUX, STY, ZELLIJ].some((value) => value !== undefined && value !== "") || /^(?:screen|tmux)/.test(TERM)
  );
}

/** How large is a cell (XTWINOPS 16), and what can you do (DA1)? */
const QUESTIONS = "\u001b[16t\u001b[c";

/** What to write to the terminal so that it tells more, by sequences for {@link withAnswer}; empty where it could harm. */
export function questionsFor(variables: Variables): string {
  const { TERM = "" } = variables;
  return isMultiplexed(variables) || TERM === "" || TERM === "dumb" || TERM === "linux" ? "" : QUESTIONS;
}

/** The number in DA1's answer that stands for sixel. */
const SIXEL_ATTRIBUTE = "4";

/** What is known once the terminal sent `sequence`: the same object when that tells nothing new. */
export function withAnswer(known: TerminalCapabilities, sequence: string): TerminalCapabilities {
  // eslint-disable-next-line no-control-regex
  const size = /^\u001b\[6;(\d{1,3});(\d{1,3})t$/.exec(sequence);
  if (size !== null) {
    const cell = { width: Number(size[2]), height: Number(size[1]) };
    if (cell.width === 0 || cell.height === 0) return known;
    return { ...known, cell, ...(known.image === undefined ? {} : { image: { ...known.image, cell } }) };
  }
  // eslint-disable-next-line no-control-regex
  const attributes = /^\u001b\[\?([\d;]*)c$/.exec(sequence)?.[1]?.split(";");
  if (attributes === undefined || known.image !== undefined || known.cell === undefined) return known;
  if (!attributes.slice(1).includes(SIXEL_ATTRIBUTE)) return known;
  return { ...known, image: { protocol: "sixel", cell: known.cell } };
}
