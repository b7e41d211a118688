/** Pasting what is not shown, into terminals that mark pastes and ones that do not. */
import { PassThrough } from "node:stream";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askPaste, PASTE_PAUSE_MS } from "../../src/ui/ask-paste.ts";
import { OpenQuestion } from "../../src/ui/open-question.ts";
import { MAX_PASTE, PasteInput } from "../../src/ui/paste-input.ts";
import type { TypingAid } from "../../src/ui/prompt.ts";
import { FakeClock } from "../relay/support.ts";

const ESC = "\u001b";
const marked = (text: string) => `${ESC}[200~${text}${ESC}[201~`;

function feed(...pieces: readonly string[]) {
  const input = new PasteInput();
  const steps = pieces.map((piece) => input.feed(piece));
  return { text: input.text, steps };
}

describe("input", () => {
  it.each([
    ["typed", ["a", "b", "\r"], "ab", ["more", "more", "enter"]],
    ["corrected", ["ab\u007fc", "\b", "\r"], "a", ["more", "more", "enter"]],
    ["cleared", ["ab", "\u0015", "c\r"], "c", ["more", "cleared", "enter"]],
    [
      "with other keys between",
      [`a${ESC}[A${ESC}OPb${ESC}x\u0001c`, ESC, "[D"],
      "abc",
      ["more", "more", "more"],
    ],
    ["pasted", [marked("a\r\nb\tc\r"), "\r"], "a\nb\tc\n", ["pasted", "enter"]],
    ["pasted twice", [marked("a"), marked("b"), "\n"], "ab", ["pasted", "pasted", "enter"]],
    [
      "pasted with colours",
      [marked(`${ESC}[47;30m██${ESC}[0m\u0007${ESC}[2J${ESC}]`)],
      `${ESC}[47;30m██${ESC}[0m`,
      ["pasted"],
    ],
    ["pasted without marks", ["a\rb\r\nc\r"], "a\nb\nc", ["enter"]],
    ["pasted without marks, in pieces", ["a\r", "b\r", "\r"], "a\nb\n", ["enter", "enter", "enter"]],
    ["Ctrl-C", ["a\u0003"], "a", ["interrupted"]],
    ["Ctrl-C in a paste without an end", [`${ESC}[200~a`, "\u0003"], "a", ["more", "interrupted"]],
    ["Ctrl-D", ["\u0004"], "", ["ended"]],
    ["Ctrl-D after something", ["a\u0004"], "a", ["more"]],
  ])("%s", (_name, pieces, text, steps) => {
    expect(feed(...pieces)).toEqual({ text, steps });
  });

  it("means the same in whatever pieces a paste comes", () => {
    const whole = `x${marked("https://a/\r\nb██")}${ESC}[Ay`;
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 8 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
        const pieces = at.slice(1).map((end, index) => whole.slice(at[index], end));
        expect(feed(...pieces).text.replaceAll(/\n+/g, "\n")).toBe("xhttps://a/\nb██y");
      }),
    );
  });

  it("is bounded", () => {
    const long = "a\u0001".repeat(MAX_PASTE);
    expect(feed(marked(long), marked(long), "b\r").text).toHaveLength(MAX_PASTE + 1);
    expect(feed(`${"a\r".repeat(MAX_PASTE)}\r`).text).toHaveLength(MAX_PASTE + 1);
  });
});

/** What helps with a number and letters behind it. */
function assist(typed: string): TypingAid | undefined {
  if (!/^\d[a-z]*$/.test(typed)) return undefined;
  const hint = typed.length === 2 ? "abc abd" : "";
  return { hint, completed: typed.length > 2 ? `${typed.slice(0, 1)}abc` : typed };
}

function open({ marks = true, aided = false } = {}) {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const clock = new FakeClock();
  const question = new OpenQuestion();
  const ask = (signal = new AbortController().signal) =>
    askPaste({
      streams,
      clock,
      question,
      label: "Paste",
      marked: marks,
      signal,
      assist: aided ? assist : undefined,
    });
  return { ...streams, clock, question, ask };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
}

/** What a line of a terminal shows after these characters. */
function line(written: string): string {
  return Array.from(written.split("\n").at(-1) ?? "").reduce(
    (shown, key) => (key === "\b" ? shown.slice(0, -1) : shown + key),
    "",
  );
}

describe("what is typed rather than pasted", () => {
  it("is shown as long as it can be that, and completed by Tab", async () => {
    const { stdin, stderr, clock, ask } = open({ marks: false, aided: true });
    const answer = ask();
    let seen = "";
    const after = async (keys: string) => {
      stdin.write(keys);
      await settle();
      seen += String(stderr.read() ?? "");
      return line(seen);
    };
    expect(await after("7ab")).toBe("Paste: 7ab");
    expect(await after("\u007f")).toBe("Paste: 7a");
    expect(await after("://x")).toBe("Paste: ");
    expect(await after("\u0015")).toBe("Paste: (cleared) ");
    expect(await after("7")).toBe("Paste: (cleared) 7");
    expect(await after("ab\t")).toBe("Paste: (cleared) 7abc");
    await after("\r");
    clock.advance(PASTE_PAUSE_MS);
    expect(await answer).toBe("7abc");
    expect(seen + String(stderr.read() ?? "")).not.toMatch(/characters/);
  });

  it("is helped along by words where Tab has nothing to add", async () => {
    const { stdin, stderr, ask } = open({ marks: false, aided: true });
    const controller = new AbortController();
    const answer = ask(controller.signal);
    answer.catch(() => undefined);
    stdin.write("7a\t");
    await settle();
    expect(String(stderr.read())).toBe("Paste: 7a\n(abc abd)\nPaste: 7a");
    controller.abort();
  });

  it("is shown where it is pasted, too, and anything else is not", async () => {
    const { stdin, stderr, clock, ask } = open({ aided: true });
    const answer = ask();
    stdin.write(marked("7abc"));
    await settle();
    expect(String(stderr.read())).toMatch(/Paste: 7abc$/);
    stdin.write("\u0015");
    stdin.write(marked("https://secret"));
    await settle();
    expect(String(stderr.read())).not.toContain("secret");
    stdin.write("\r");
    await settle();
    clock.advance(PASTE_PAUSE_MS);
    expect(await answer).toBe("https://secret");
  });

  it("has Tab as a character where nothing helps", () => {
    const input = new PasteInput((text) => assist(text)?.completed);
    expect([input.feed("x\ty"), input.text]).toEqual(["more", "x\ty"]);
    expect(input.feed("\u00157ab\t")).toBe("cleared");
    expect(input.text).toBe("7abc");
    expect([input.feed(marked("\t")), input.text]).toEqual(["pasted", "7abc\t"]);
  });
});

describe("asking", () => {
  it("tells how much was pasted and shows none of it", async () => {
    const { ask, stdin, stderr, clock } = open();
    const answered = ask();
    stdin.write(marked("secret\nsecret"));
    await settle();
    stdin.write("more\r");
    await settle();
    clock.advance(PASTE_PAUSE_MS);
    expect(await answered).toBe("secret\nsecretmore");
    expect(String(stderr.read())).toBe(
      `${ESC}[?2004hPaste: (13 characters pasted, press Enter) ${ESC}[?2004l\n`,
    );
  });

  it("waits a moment after Enter, since terminals without marks send many", async () => {
    const { ask, stdin, stderr, clock } = open({ marks: false });
    const answered = ask();
    for (const line of ["a\r", "ö\r"]) {
      stdin.write(line);
      await settle();
      clock.advance(PASTE_PAUSE_MS - 1);
    }
    clock.advance(1);
    expect(await answered).toBe("a\nö");
    expect(String(stderr.read())).toBe("Paste: (3 characters)\n");
  });

  it.each([
    ["the end of input", (stdin: PassThrough) => stdin.end()],
    ["a closed terminal", (stdin: PassThrough) => stdin.destroy(new Error("EIO"))],
    ["Ctrl-D", (stdin: PassThrough) => stdin.write("\u0004")],
  ])("hears nothing at %s", async (_name, close) => {
    const { ask, stdin, stderr } = open();
    const answered = ask();
    close(stdin);
    expect(await answered).toBe("");
    expect(String(stderr.read())).toContain(`${ESC}[?2004l`);
  });

  it("always has the terminal stop marking", async () => {
    const { ask, stdin, stderr } = open();
    const interrupted = ask();
    stdin.write("\u0003");
    await expect(interrupted).rejects.toMatchObject({ code: "interrupted" });
    expect(String(stderr.read())).toMatch(/2004l\n$/);

    const controller = new AbortController();
    const withdrawn = ask(controller.signal);
    controller.abort(new Error("gone"));
    await expect(withdrawn).rejects.toThrow("gone");
    expect(String(stderr.read())).toMatch(/2004l\n$/);
    await expect(ask(controller.signal)).rejects.toThrow("gone");
    expect(stderr.read()).toBeNull();
  });
});
