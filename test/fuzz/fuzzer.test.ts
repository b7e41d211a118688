import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { instrument } from "./engine/branches.mjs";
import { readCorpus } from "./engine/corpus.ts";
import { Coverage, clearCounters } from "./engine/coverage.ts";
import { Fuzzer } from "./engine/fuzzer.ts";
import type { FuzzMessage } from "./engine/messages.ts";
import type { Target } from "./engine/target.ts";
import { loadTarget, TARGETS } from "./targets/index.ts";

declare global {
  var fuzzCoverage: (name: string, lines: number[], constants: (string | number)[]) => Uint8Array;
}

const depth = globalThis.fuzzCoverage("a-test", [1, 2, 3, 4], []);

/** Fails for inputs that begin with four certain bytes; each right one takes another branch. */
const hidden: Target = {
  subjects: [],
  maxLength: 64,
  seeds: [],
  run(input) {
    for (const [at, byte] of [0xf0, 0x0d, 0xca, 0xfe].entries()) {
      if (input[at] !== byte) return;
      depth[at]!++;
    }
    throw new Error("found");
  },
};

const fuzz = (target: Target, executions: number, seed = 1) =>
  new Fuzzer(target, { seed, corpus: [], goesOn: (done) => done < executions }).run();

describe("the fuzzer", () => {
  it("finds what only chance upon chance would find, by the branches on the way, and makes it small", async () => {
    const { failure } = await fuzz(hidden, 2_000_000);
    expect(failure?.error).toEqual(new Error("found"));
    expect(Buffer.from(failure!.input).toString("hex")).toBe("f00dcafe");
  });

  it("does the same again with the same seed", async () => {
    const inputs = async (seed: number): Promise<string[]> => {
      const tried: string[] = [];
      const target = {
        ...hidden,
        run: (input: Uint8Array) => void tried.push(Buffer.from(input).toString("hex")),
      };
      await fuzz(target, 500, seed);
      return tried;
    };
    expect(await inputs(1)).toEqual(await inputs(1));
    expect(await inputs(1)).not.toEqual(await inputs(2));
  });

  it("counts each way of each condition, and leaves the program what it is", async () => {
    const program = instrument(
      "src/example.ts",
      `export const f = (a: number, b?: string): string => {
         if (a > 5) return "large";
         switch (a) { case 1: return b ?? "one"; default: }
         for (const letter of "ab") if (letter === "b" && a < 0) return "negative";
         try { return a === 3 ? JSON.parse("{") : "other"; } catch { return "caught"; }
       };`,
    );
    const { f } = (await import(`data:text/javascript,${encodeURIComponent(program)}`)) as {
      f: (a: number, b?: string) => string;
    };
    const coverage = new Coverage();
    const isNew = (run: () => string, expected: string): boolean => {
      clearCounters();
      expect(run()).toBe(expected);
      return coverage.add();
    };
    expect(isNew(() => f(6), "large")).toBe(true);
    expect(isNew(() => f(7), "large")).toBe(false);
    expect(isNew(() => f(1, "b"), "b")).toBe(true);
    expect(isNew(() => f(1), "one")).toBe(true);
    expect(isNew(() => f(-1), "negative")).toBe(true);
    expect(isNew(() => f(3), "caught")).toBe(true);
    expect(isNew(() => f(2), "other")).toBe(true);
    expect(isNew(() => f(4), "other")).toBe(false);
  });

  it("tells of an input that does not come to an end", async () => {
    const assignment = {
      target: new URL("endless-target.ts", import.meta.url).href,
      seed: 1,
      seconds: 600,
      executions: 1e9,
      patience: 300,
      save: false,
    };
    const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
    const loader = ["--import", new URL("../typescript.mjs", import.meta.url).href];
    const arguments_ = [...loader, path("engine/process.ts"), JSON.stringify(assignment)];
    const child = spawn(process.execPath, arguments_, { stdio: ["ignore", "pipe", "inherit"] });
    const messages: FuzzMessage[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      messages.push(JSON.parse(line) as FuzzMessage);
    }
    const failure = messages.find((message) => message.type === "failure");
    expect(failure?.message).toBe("it does not come to an end");
    expect(Buffer.from(failure!.input, "base64url")).toContain(0x55);
  });
});

describe("what fuzzing has kept goes through", () => {
  it.each(TARGETS)("%s", async (name) => {
    const target = await loadTarget(name);
    for (const input of [...target.seeds, ...readCorpus(name)]) await target.run(input);
    await target.finish?.();
  });
});
