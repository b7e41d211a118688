/** What is made of what people type, paste and drop where join asks for the code. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTypedSource } from "../../src/commands/typed-source.ts";

const linux = { home: "/srv/ida", platform: "linux" };
const windows = { home: "C:\\People\\Ida", platform: "win32" };
const ID = "Ab_-".repeat(5) + "AA";
const KEY = "k-_7".repeat(10) + "Aww";
const URL = `https://accounts.firefox.com/pair#channel_id=${ID}&channel_key=${KEY}`;

describe("a pairing URL", () => {
  it.each([
    ["alone", URL],
    ["among white space", `\t  ${URL} \r\n`],
    ["wrapped by a terminal", `${URL.slice(0, 40)}\n${URL.slice(40, 80)}\r\n${URL.slice(80)}`],
    ["wrapped, lines filled and indented", `  ${URL.slice(0, 40)}   \n  ${URL.slice(40)}  `],
    ["in angle brackets", `<${URL}>`],
    ["in double quotes", `"${URL}"`],
    ["in single quotes", `'${URL}' `],
    ["in typographic quotes", `“${URL}”`],
    ["in brackets and quotes", `"<${URL}>"`],
    ["escaped as for a shell", URL.replaceAll(/[#&=]/g, "\\$&")],
  ])("%s", (_name, text) => {
    expect(parseTypedSource(text, linux)).toEqual({ kind: "url", text: URL });
  });

  it("is not repaired where it could lead elsewhere", () => {
    const odd = "https://accounts.firefox.com\\@evil.example/pair#channel_id=a";
    expect(parseTypedSource(odd, linux)).toEqual({ kind: "url", text: odd });
    const blank = URL.replace("firefox", "fire fox");
    expect(parseTypedSource(blank, linux)).toEqual({ kind: "url", text: blank });
  });

  it("without its beginning is no file name", () => {
    const rest = URL.slice(URL.indexOf("/pair"));
    expect(parseTypedSource(rest, linux)).toEqual({ kind: "url", text: rest });
  });
});

describe("a code to type", () => {
  it.each([
    ["as it is shown", "12-apple-river-stone"],
    ["with blanks, shortened and in capitals", " 12 APPL RIVE STON\n"],
    ["in quotes", '"12-apple-river-stone"'],
    ["without its number", "apple river stone"],
    ["with a word that is wrong", "12-apple-rivver-stone"],
    ["that is not whole", "12-apple"],
  ])("%s", (_name, text) => {
    const written = text.trim().replaceAll('"', "");
    expect(parseTypedSource(text, linux)).toEqual({ kind: "code", text: written });
  });

  it.each([
    ["a picture's name", "12-apple-river-stone.png", "pictures"],
    ["a path", "./12-apple-river-stone", "pictures"],
    ["a sentence", "what is this", "unknown"],
    ["a number", "12", "unknown"],
  ])("is not %s", (_name, text, kind) => {
    expect(parseTypedSource(text, linux)).toMatchObject({ kind });
  });
});

describe("pictures", () => {
  it.each([
    ["a plain path", "/srv/ida/code.png", ["/srv/ida/code.png"]],
    ["with a blank after it", "/srv/ida/code.png ", ["/srv/ida/code.png"]],
    ["in single quotes", "'/srv/ida/my code.png' ", ["/srv/ida/my code.png"]],
    ["with a quote in it", "'/srv/ida/Ida'\\''s code.png'", ["/srv/ida/Ida's code.png"]],
    ["in double quotes", '"/srv/ida/my \\"code\\".png"', ['/srv/ida/my "code".png']],
    ["with backslashes", "/Volumes/ida/my\\ code\\ \\(2\\).png ", ["/Volumes/ida/my code (2).png"]],
    ["several", "'/a/b c.png' /d/e.jpg\n~/f.webp", ["/a/b c.png", "/d/e.jpg", "/srv/ida/f.webp"]],
    ["a file URL", "file:///srv/ida/my%20c%C3%B6de.png", ["/srv/ida/my cöde.png"]],
    ["a file URL with this machine's name", "file://laptop/tmp/a.png\r\n", ["/tmp/a.png"]],
    ["the home folder", "~/code.png", ["/srv/ida/code.png"]],
    ["a name alone", "code.PNG", ["code.PNG"]],
    ["a relative path without an ending", "./code", ["./code"]],
    ["written without quotes", "/srv/ida/my own code.png", ["/srv/ida/my own code.png"]],
    ["two written without quotes", "my code.png my other.jpeg", ["my code.png", "my other.jpeg"]],
    ["a path of Windows elsewhere", "C:\\a\\b.png", ["C:\\a\\b.png"]],
    ["a data: URL", "data:image/png;base64,AAAA\nBBBB", ["data:image/png;base64,AAAABBBB"]],
  ])("%s", (_name, text, sources) => {
    expect(parseTypedSource(text, linux)).toEqual({ kind: "pictures", sources });
  });

  it.each([
    ["a plain path", "C:\\People\\Ida\\code.png", ["C:\\People\\Ida\\code.png"]],
    ["in quotes", '"C:\\People\\Ida\\my code.png"', ["C:\\People\\Ida\\my code.png"]],
    ["on a share", '"\\\\server\\share\\code.png"', ["\\\\server\\share\\code.png"]],
    ["a relative path", ".\\code.png", [".\\code.png"]],
    ["the home folder", "~\\code.png", ["C:\\People\\Ida\\code.png"]],
    ["a file URL", "file:///C:/People/Ida/my%20code.png", ["C:\\People\\Ida\\my code.png"]],
  ])("on Windows: %s", (_name, text, sources) => {
    expect(parseTypedSource(text, windows)).toEqual({ kind: "pictures", sources });
  });
});

describe("the QR code itself", () => {
  const line = "█▀▀▀▀▀█ ▄▀ █▀▀▀▀▀█";

  it("is many lines of blocks", () => {
    const text = `  \n${`${line}\n`.repeat(13)}`;
    expect(parseTypedSource(text, linux)).toEqual({ kind: "blocks", text });
    const ascii = "##    ##  ####\r\n".repeat(21);
    expect(parseTypedSource(ascii, linux)).toEqual({ kind: "blocks", text: ascii });
  });

  it("is not a few", () => {
    expect(parseTypedSource(`${line}\n${line}`, linux)).toEqual({ kind: "unknown" });
  });
});

describe("anything else", () => {
  it.each([
    ["nothing", "", "nothing"],
    ["white space", " \r\n\t", "nothing"],
    ["words", "what is this", "unknown"],
    ["an open quote", "'/srv/ida/code.png", "unknown"],
    ["a broken file URL", "file:///srv/%zz.png", "unknown"],
    ["another kind of file", "notes.txt", "unknown"],
  ])("%s", (_name, text, kind) => {
    expect(parseTypedSource(text, linux)).toEqual({ kind });
  });

  it("whatever it is, is told quickly and without a failure", () => {
    const pieces = fc.constantFrom(
      "'",
      '"',
      "\\",
      " ",
      "\n",
      "file:",
      "~",
      "/",
      "a.png",
      "█",
      "<",
      ">",
      "%",
      "x",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 300 }), fc.string(), (parts, any) => {
        parseTypedSource(parts.join(""), linux);
        parseTypedSource(any, windows);
      }),
    );
    for (const long of [
      "'".repeat(65_536),
      "\\".repeat(65_536),
      "a ".repeat(32_768),
      "<".repeat(65_536),
      " \n".repeat(32_768),
    ])
      parseTypedSource(`x${long}x`, linux);
  });
});
