/** What the terminal can draw, as far as the environment tells. */

export interface TerminalCapabilities {
  /** Whether block characters arrive as such: the locale's character set is UTF-8. */
  readonly unicode: boolean;
  /** What is behind the text, where known: without colours, it decides which modules are the drawn ones. */
  readonly background?: "dark" | "light" | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads the locale (`LC_ALL`, `LC_CTYPE`, `LANG`, the first that is set) and `COLORFGBG`. */
export function capabilitiesFrom(variables: Variables, platform: string): TerminalCapabilities {
  return { unicode: hasUnicode(variables, platform), background: backgroundOf(variables.COLORFGBG) };
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
