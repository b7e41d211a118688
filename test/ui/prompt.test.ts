/** Which keys count, on streams and a clock of the test's own. */
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { OpenQuestion } from "../../src/ui/open-question.ts";
import { PlainReporter } from "../../src/ui/plain.ts";
import { TerminalPrompter } from "../../src/ui/prompt.ts";
import { FakeClock } from "../relay/support.ts";

const OPTIONS = { json: false, quiet: false, verbose: false, accessible: true };

function openTerminal() {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const clock = new FakeClock();
  const question = new OpenQuestion();
  const prompter = new TerminalPrompter(streams, clock, question);
  const reporter = new PlainReporter(streams, OPTIONS, question);
  const ask = (signal = new AbortController().signal) => prompter.confirm("Sure?", signal);
  return { ...streams, clock, prompter, reporter, ask };
}

/** Lets everything happen that does not wait for time. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
}

describe("a question", () => {
  it.each([
    ["y", true],
    ["Y", true],
    ["n", false],
    ["N", false],
    ["q", false],
    ["\r", false],
    ["\n", false],
    ["\u0004", false],
    ["x n y", false],
    ["x y n", true],
  ])("takes %j for %s", async (keys, answer) => {
    const { ask, clock, stdin } = openTerminal();
    const answered = ask();
    clock.advance(300);
    await settle();
    stdin.write(keys);
    expect(await answered).toBe(answer);
  });

  it("hears no key of its first 300 ms", async () => {
    const { ask, clock, stdin } = openTerminal();
    stdin.write("y");
    const answered = ask();
    for (let time = 0; time < 290; time += 10) {
      stdin.write("y");
      clock.advance(10);
      await settle();
    }
    clock.advance(10);
    await settle();
    stdin.write("n");
    expect(await answered).toBe(false);
  });

  it("hears no key that waited while the program was busy", async () => {
    const { ask, clock, stdin } = openTerminal();
    const answered = ask();
    stdin.write("y");
    clock.advance(10_000);
    await settle();
    stdin.write("n");
    expect(await answered).toBe(false);
  });

  it.each(["\u0003", "y\u0003"])("is left by Ctrl-C at any time (%j)", async (keys) => {
    const { ask, stdin } = openTerminal();
    const answered = ask();
    stdin.write(keys);
    await expect(answered).rejects.toMatchObject({ code: "interrupted" });
  });

  it.each([
    ["the end of input", (stdin: PassThrough) => stdin.end()],
    ["a closed terminal", (stdin: PassThrough) => stdin.destroy(new Error("EIO"))],
  ])("takes %s for no", async (_name, close) => {
    const { ask, stdin } = openTerminal();
    const answered = ask();
    close(stdin);
    expect(await answered).toBe(false);
    expect(await ask()).toBe(false);
  });

  it("is withdrawn when it is not needed any more", async () => {
    const { ask, clock, stdin, stderr } = openTerminal();
    const controller = new AbortController();
    const answered = ask(controller.signal);
    controller.abort(new Error("gone"));
    await expect(answered).rejects.toThrow("gone");
    await expect(ask(controller.signal)).rejects.toThrow("gone");
    clock.advance(1000);
    stdin.write("y");
    expect(String(stderr.read())).toBe("Sure? [y/N] \n");
  });
});

describe("what is said while a question waits", () => {
  it("comes on lines of its own, and the question again after it", async () => {
    const { ask, clock, stdin, stderr, reporter } = openTerminal();
    reporter.say("Before.");
    const answered = ask();
    reporter.progress("Meanwhile.");
    reporter.warn("careful.");
    clock.advance(300);
    await settle();
    stdin.write("y");
    await answered;
    reporter.say("After.");
    expect(String(stderr.read())).toBe(
      "Before.\nSure? [y/N] \nMeanwhile.\nSure? [y/N] \nfxa-pair: warning: careful.\nSure? [y/N] yes\nAfter.\n",
    );
  });
});

describe("a line", () => {
  const line = (prompter: TerminalPrompter, hidden: boolean, signal = new AbortController().signal) =>
    prompter.line("Name", { hidden }, signal);

  it("is shown with its label also after a correction", async () => {
    const { prompter, stdin, stderr } = openTerminal();
    const answered = line(prompter, false);
    stdin.write("Idaa\u007f \r");
    expect(await answered).toBe("Ida");
    const last = String(stderr.read()).split("\r").at(-2);
    expect(last).toContain("Name: ");
  });

  it("is not shown when it is hidden", async () => {
    const { prompter, stdin, stderr } = openTerminal();
    const answered = line(prompter, true);
    stdin.write("secrets\u007f\r");
    expect(await answered).toBe("secret");
    expect(String(stderr.read())).toBe("Name: \n");
  });

  it("is not answered by the Enter that people press after the key before it", async () => {
    const { ask, prompter, clock, stdin } = openTerminal();
    for (const typed of ["Ida", ""]) {
      const answered = ask();
      clock.advance(300);
      await settle();
      clock.advance(0);
      stdin.write("y");
      expect(await answered).toBe(true);
      const named = line(prompter, false);
      clock.advance(299);
      stdin.write("\r");
      await settle();
      clock.advance(1);
      stdin.write(`${typed}\r`);
      expect(await named).toBe(typed);
    }
    // Where no key went before, it is an answer at once.
    const { prompter: another, stdin: keyboard } = openTerminal();
    const empty = line(another, false);
    keyboard.write("\r");
    expect(await empty).toBe("");
  });

  it("is empty at the end of input, and given up with Ctrl-C or when it is not needed", async () => {
    const { prompter, stdin } = openTerminal();
    const first = line(prompter, true);
    stdin.write("\u0003");
    await expect(first).rejects.toMatchObject({ code: "interrupted" });
    await expect(line(prompter, true, AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
    const last = line(prompter, true);
    stdin.write("\u0004");
    expect(await last).toBe("");
  });
});

describe("a choice", () => {
  const CHOICES = [
    { key: "r", label: "a fresh code" },
    { key: "q", label: "quit" },
  ];

  it.each([
    ["r", "r"],
    ["R", "r"],
    ["x q r", "q"],
    ["\r", "q"],
    ["\u0004", "q"],
  ])("takes %j for %s", async (keys, choice) => {
    const { prompter, clock, stdin, stderr } = openTerminal();
    const chosen = prompter.choose("What now?", CHOICES, new AbortController().signal);
    stdin.write("r");
    clock.advance(300);
    await settle();
    stdin.write(keys);
    expect(await chosen).toBe(choice);
    expect(String(stderr.read())).toBe(`What now? (r: a fresh code, q: quit) ${choice}\n`);
  });

  it("is the last one, harmless, at the end of input", async () => {
    const { prompter, stdin } = openTerminal();
    const chosen = prompter.choose("What now?", CHOICES, new AbortController().signal);
    stdin.end();
    expect(await chosen).toBe("q");
  });
});
