/** What is asked for again, and with which words, where a pairing URL or a code is wanted. */
import { describe, expect, it } from "vitest";
import { askForPairingUrl, askForSource } from "../../src/commands/ask-source.ts";
import type { Asking } from "../../src/commands/ask-source.ts";

const OPTIONS = { qrTimeout: 5000 };
const CODE = "12 apple river stone";
const NEITHER = /^That is neither a pairing URL nor a picture/;

/** What is said to somebody who answers so, one after the other, and then nothing. */
async function saidTo(answers: readonly string[], asks: "a code, too" | "a URL only") {
  const said: string[] = [];
  const left = [...answers];
  const prompter = { paste: () => Promise.resolve(left.shift() ?? "") };
  const run = {
    environment: { platform: "linux" },
    reporter: { say: (text: string) => said.push(text) },
    signal: new AbortController().signal,
  };
  const asking: Asking = {
    question: { explanation: "", label: "" },
    whenNothing: "Run it again.",
    takesCodes: false,
  };
  const asked =
    asks === "a code, too"
      ? askForSource(prompter as never, OPTIONS, run as never)
      : askForPairingUrl(prompter as never, OPTIONS, run as never, asking);
  const outcome: unknown = await asked.catch((error: unknown) => error);
  return { said, outcome };
}

describe("where a code to type is an answer, too", () => {
  it("is read, and named to whoever answers with something else", async () => {
    const { said, outcome } = await saidTo(["what is this", CODE], "a code, too");
    expect(said).toEqual([expect.stringMatching(NEITHER)]);
    expect(said[0]).toMatch(/and no code\. A code is a number and three words; a pairing URL begins/);
    expect(outcome).toEqual({
      kind: "code",
      code: { nameplate: "12", words: ["apple", "river", "stone"] },
    });
  });
});

describe("where only a pairing URL is", () => {
  it("a code is refused with the command that takes it, and never asked for", async () => {
    const { said, outcome } = await saidTo(["what is this", CODE], "a URL only");
    expect(said).toEqual([
      expect.stringMatching(/nor a picture\. A pairing URL begins with https:/),
      expect.stringMatching(/^That is a code to type.* fxa-pair join\.$/),
    ]);
    expect(said[0]).not.toMatch(/code/);
    expect(outcome).toMatchObject({ code: "usage", hint: "Run it again." });
  });
});
