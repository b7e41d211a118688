/** What a terminal is sent to copy something, read as terminals and multiplexers read it. */
import { describe, expect, it } from "vitest";
import { copiedInWords, copySequence, MAX_COPIED_BYTES, multiplexerOf } from "../../src/ui/clipboard.ts";

const ESC = "\u001b";
const BEL = "\u0007";

/** What a terminal would have on its clipboard. */
function copied(sent: string): string[] {
  const sequences = [...sent.matchAll(new RegExp(`${ESC}\\]52;c;([A-Za-z0-9+/=]+)${BEL}`, "g"))];
  return sequences.map(([, contents = ""]) => Buffer.from(contents, "base64").toString("utf8"));
}

/** What a multiplexer passes on of the strings meant for it. */
function passedOn(sent: string, prefix: string, restore: (contents: string) => string): string {
  const strings = sent.matchAll(new RegExp(`${ESC}P${prefix}([^]*?(?<!${ESC}))${ESC}\\\\`, "g"));
  return [...strings].map(([, contents = ""]) => restore(contents)).join("");
}

/** As tmux does it: a sequence that is not doubled would end the string there. */
function undoubled(contents: string): string {
  expect(contents.replaceAll(`${ESC}${ESC}`, "")).not.toContain(ESC);
  return contents.replaceAll(`${ESC}${ESC}`, ESC);
}

const TEXT = `https://example.com/pair#ä${"x".repeat(300)}`;

describe("copying", () => {
  it("is one sequence for a terminal", () => {
    expect(copySequence(TEXT)).toMatch(/^\S+$/);
    expect(copied(copySequence(TEXT))).toEqual([TEXT]);
  });

  it("reaches tmux itself and, wrapped, the terminal behind it", () => {
    const sent = copySequence(TEXT, "tmux");
    expect(copied(sent.slice(0, sent.indexOf(`${ESC}P`)))).toEqual([TEXT]);
    const behind = passedOn(sent, "tmux;", undoubled);
    expect(copied(behind)).toEqual([TEXT]);
  });

  it("is passed on by screen, in pieces it takes", () => {
    const sent = copySequence(TEXT, "screen");
    expect(copied(passedOn(sent, "", (contents) => contents))).toEqual([TEXT]);
    expect(Math.max(...sent.split(`${ESC}\\`).map((piece) => piece.length))).toBeLessThan(512);
  });

  it("is refused for what a terminal would drop", () => {
    expect(copied(copySequence("ä".repeat(MAX_COPIED_BYTES / 2)))).toHaveLength(1);
    expect(() => copySequence(`${"ä".repeat(MAX_COPIED_BYTES / 2)}x`)).toThrow(RangeError);
  });

  it("knows what stands in between, and says so", () => {
    expect(multiplexerOf({ TMUX: "/tmp/tmux,1,0", STY: "1.x" })).toBe("tmux");
    expect(multiplexerOf({ TMUX: "", STY: "1.x" })).toBe("screen");
    expect(multiplexerOf({})).toBe("none");
    expect(copiedInWords("tmux").join(" ")).toMatch(/set-clipboard/);
    expect(copiedInWords("none").join(" ")).not.toMatch(/tmux/);
  });
});
