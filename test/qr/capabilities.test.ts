import { describe, expect, test } from "vitest";
import { capabilitiesFrom, questionsFor, withAnswer } from "../../src/qr/capabilities.ts";

type Variables = Record<string, string>;

describe("block characters", () => {
  test.each<[boolean, Variables, string]>([
    [true, { LANG: "de_DE.UTF-8" }, "linux"],
    [true, { LC_CTYPE: "C.utf8", LANG: "C.ISO-8859-1" }, "linux"],
    [true, {}, "linux"],
    [true, { LC_ALL: "", LANG: "" }, "linux"],
    [true, { LANG: "C" }, "linux"],
    [true, { LANG: "de_DE.ISO-8859-1", TERM: "linux" }, "linux"],
    [true, { LANG: "de_DE.ISO-8859-1" }, "win32"],
    [false, { LANG: "de_DE.ISO-8859-1" }, "linux"],
    [false, { LC_ALL: "ja_JP.eucJP", LANG: "ja_JP.UTF-8" }, "linux"],
    [false, { LANG: "de_DE.ISO-8859-15@euro" }, "linux"],
  ])("%s with %j on %s", (unicode, variables, platform) => {
    expect(capabilitiesFrom(variables, platform).unicode).toBe(unicode);
  });
});

describe("ground", () => {
  test.each<[string | undefined, string]>([
    ["dark", "15;0"],
    ["light", "0;15"],
    ["light", "0;default;15"],
    ["light", "0;7"],
    ["dark", "7;8"],
    [undefined, "default;default"],
    [undefined, "0;231"],
    [undefined, ""],
  ])("%s by COLORFGBG=%s", (background, COLORFGBG) => {
    expect(capabilitiesFrom({ COLORFGBG }, "linux").background).toBe(background);
  });
});

describe("pictures", () => {
  test.each<[string | undefined, Variables]>([
    ["kitty", { TERM: "xterm-kitty" }],
    ["kitty", { TERM: "xterm-ghostty", TERM_PROGRAM: "ghostty" }],
    ["iterm2", { TERM: "xterm-256color", TERM_PROGRAM: "iTerm.app" }],
    ["iterm2", { TERM: "xterm-256color", LC_TERMINAL: "iTerm2" }],
    ["iterm2", { TERM: "xterm-256color", TERM_PROGRAM: "WezTerm" }],
    [undefined, { TERM: "xterm-256color" }],
    // The variables of one terminal, in another one that was started from it.
    [undefined, { TERM: "xterm-256color", KITTY_WINDOW_ID: "1" }],
    [undefined, { TERM: "foot", TERM_PROGRAM: "WezTerm" }],
    [undefined, { TERM: "xterm-256color", TERM_PROGRAM: "Apple_Terminal", LC_TERMINAL: "iTerm2" }],
    // A program between, which keeps them to itself.
    [undefined, { TERM: "tmux-256color", TERM_PROGRAM: "iTerm.app" }],
    [undefined, { TERM: "xterm-kitty", TMUX: "default,1,0" }],
    [undefined, { TERM: "screen.xterm-kitty" }],
    [undefined, { TERM: "xterm-kitty", STY: "1.pts" }],
    [undefined, { TERM: "xterm-kitty", ZELLIJ: "0" }],
  ])("by %s in %j", (protocol, variables) => {
    expect(capabilitiesFrom(variables, "linux").image?.protocol).toBe(protocol);
  });
});

describe("what the terminal answers", () => {
  const known = { unicode: true };
  const SIZE = "\u001b[6;20;9t";
  const SIXEL = "\u001b[?62;4;22c";
  const cell = { width: 9, height: 20 };

  test("sixel needs the size of a cell, and the word of the terminal", () => {
    const sized = withAnswer(known, SIZE);
    expect(sized).toEqual({ unicode: true, cell });
    expect(withAnswer(sized, SIXEL)).toEqual({ unicode: true, cell, image: { protocol: "sixel", cell } });
    expect(withAnswer(sized, "\u001b[?62;22c")).toBe(sized);
    // The first number is the kind of terminal.
    expect(withAnswer(sized, "\u001b[?4;22c")).toBe(sized);
    expect(withAnswer(known, SIXEL)).toBe(known);
  });

  test("a protocol that is known already stays, and learns the size of a cell", () => {
    const kitty = { unicode: true, image: { protocol: "kitty" } } as const;
    const sized = withAnswer(kitty, SIZE);
    expect(sized).toEqual({ unicode: true, cell, image: { protocol: "kitty", cell } });
    expect(withAnswer(sized, SIXEL)).toBe(sized);
  });

  test.each(["\u001b[6;0;0t", "\u001b[4;480;720t", "\u001b[A", "x", ""])("%j tells nothing", (sequence) => {
    expect(withAnswer(known, sequence)).toBe(known);
  });

  test.each<[string, Variables]>([
    ["\u001b[16t\u001b[c", { TERM: "xterm-256color" }],
    ["", { TERM: "linux" }],
    ["", { TERM: "dumb" }],
    ["", {}],
    ["", { TERM: "tmux-256color" }],
    ["", { TERM: "xterm", TMUX: "x" }],
  ])("is asked by %j in %j", (questions, variables) => {
    expect(questionsFor(variables)).toBe(questions);
  });
});
