/** Each requirement can be broken, and each breakage still has its place in the source. That it is noticed is seen by running it. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BREAKAGES, NOT_BREAKABLE } from "./breakages/all.ts";
import { occurrences } from "./broken-tree.ts";
import { noticedBy } from "./noticing.ts";
import { readRequirements, requireKnown } from "./requirements.ts";

const ids = readRequirements().map(({ id }) => id);

describe("breakages", () => {
  it("break requirements that there are", () => {
    const known = new Set(ids);
    const named = [...BREAKAGES.flatMap((breakage) => breakage.ids), ...Object.keys(NOT_BREAKABLE)];
    expect(named.filter((id) => !known.has(id))).toEqual([]);
    expect(BREAKAGES.filter((breakage) => breakage.ids.length === 0)).toEqual([]);
  });

  it("are at least one for each requirement that can be broken", () => {
    const excused = new Set(Object.keys(NOT_BREAKABLE));
    const broken = new Set(BREAKAGES.flatMap((breakage) => breakage.ids));
    expect(ids.filter((id) => !broken.has(id) && !excused.has(id))).toEqual([]);
  });

  it("are told in words of their own", () => {
    expect(new Set(BREAKAGES.map(({ words }) => words)).size).toBe(BREAKAGES.length);
  });

  it("change something that is in its file once", () => {
    const misplaced = BREAKAGES.filter(({ file, find, replace }) => {
      const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
      return !/^(?:src|bin)\//.test(file) || find === replace || occurrences(text, find) !== 1;
    });
    expect(misplaced).toEqual([]);
  });
});

describe("a breakage", () => {
  const test = { file: "test/a.test.ts", name: "is %s" };
  const ran = (status: string, ...failures: string[]) => ({ ...test, name: "is so", status, failures });

  it("is noticed by a test that fails", () => {
    const failed = ran("failed", "AssertionError: expected 1 to be 2");
    expect(noticedBy([test], [ran("passed"), failed])).toBe(failed);
  });

  it.each([
    ["UNNOTICED", [ran("passed"), ran("skipped")]],
    ["UNNOTICED: no test ran", [ran("skipped")]],
    ["UNNOTICED", [ran("passed"), { ...ran("failed", "AssertionError: no"), file: "test/b.test.ts" }]],
    [
      "AN ERROR OF THE BREAKAGE: the program cannot run with it",
      [ran("failed", "ReferenceError: a is not defined")],
    ],
  ])("is %s where that is so", (words, runs) => {
    expect(noticedBy([test], runs)).toBe(words);
  });
});

it("a misspelt choice of what is to be run is refused", () => {
  requireKnown(["C1", "W3"], ids);
  expect(() => {
    requireKnown(["C1", "C99"], ids);
  }).toThrow(/C99/);
});
