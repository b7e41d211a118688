/** The table is whole, and points at tests that are there. That they pass is seen by running them. */
import { describe, expect, it } from "vitest";
import { filesNaming, testsOf } from "./find-tests.ts";
import { resultOf, summary, tableOf } from "./results.ts";
import { COUNTS, idsIn, readRequirements } from "./requirements.ts";
import { asPattern, isMeant, testNamesIn } from "./test-names.ts";
import { TESTS_BY_REQUIREMENT } from "./tests-by-requirement.ts";

const requirements = readRequirements();

describe("docs/security.md", () => {
  it("has every requirement, once and in order", () => {
    const ids = Object.entries(COUNTS).flatMap(([part, count]) =>
      Array.from({ length: count }, (_, index) => `${part}${index + 1}`),
    );
    expect(requirements.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(ids).toHaveLength(87);
  });
});

describe("the tests of requirements", () => {
  const listed = Object.entries(TESTS_BY_REQUIREMENT).flatMap(([id, files]) =>
    Object.entries(files).flatMap(([file, names]) => names.map((name) => ({ id, file, name }))),
  );

  it("are there under the names that are listed", () => {
    const missing = listed.filter(({ file, name }) => !testNamesIn(file).some((path) => isMeant(path, name)));
    expect(missing).toEqual([]);
  });

  it("are listed for requirements that there are, once", () => {
    const known = new Set(requirements.map(({ id }) => id));
    expect(Object.keys(TESTS_BY_REQUIREMENT).filter((id) => !known.has(id))).toEqual([]);
    expect(new Set(listed.map((each) => JSON.stringify(each))).size).toBe(listed.length);
  });

  it("are at least one each", () => {
    const naming = filesNaming();
    const untested = requirements.filter(({ id }) => testsOf(id, naming).length === 0).map(({ id }) => id);
    expect(untested).toEqual([]);
  });

  it("are named by ids that there are", () => {
    const known = new Set(requirements.map(({ id }) => id));
    const unknown = [...filesNaming().keys()].filter((id) => !known.has(id));
    expect(unknown).toEqual([]);
  });
});

describe("names of tests", () => {
  it.each([
    ["W2: one guess", ["W2"]],
    ["R5, R10: a broken limit", ["R5", "R10"]],
    ["counts as a participant: R2", ["R2"]],
    ["user:p%C3@ and SHA-256: R in H1 x", []],
  ])("tell ids: %s", (title, ids) => {
    expect(idsIn(title)).toEqual(ids);
  });

  it("are found as they are filled in", () => {
    const pattern = new RegExp(asPattern("the $name > takes %j (%s)"));
    expect('the relay takes "x" (now)').toMatch(pattern);
    expect("the relay takes nothing").not.toMatch(pattern);
  });
});

describe("a requirement's result", () => {
  const tests = [{ file: "test/a.test.ts", name: "is %s" }];
  const ran = (name: string, status: string, file = "test/a.test.ts") => ({
    file,
    name,
    status,
    failures: [],
  });

  it.each([
    ["ok (2)", true, [ran("a thing is good", "passed"), ran("a thing is better", "passed")]],
    ["ok (1, 1 skipped)", true, [ran("a thing is good", "passed"), ran("a thing is better", "skipped")]],
    ["FAILED (1 of 2)", false, [ran("a thing is good", "passed"), ran("a thing is bad", "failed")]],
    ["SKIPPED", false, [ran("a thing is good", "skipped")]],
    [
      "DID NOT RUN",
      false,
      [ran("a thing has changed", "passed"), ran("is good", "passed", "test/b.test.ts")],
    ],
  ])("can be %s", (words, holds, runs) => {
    expect(resultOf(tests, runs)).toEqual({ holds, words });
  });

  it("is told in a table, and what does not hold below it", () => {
    const good = { id: "C1", words: "one", tests, result: resultOf(tests, [ran("is good", "passed")]) };
    const untested = { id: "C10", words: "another one", tests: [], result: resultOf([], []) };
    expect(tableOf([good, untested]).split("\n")).toEqual([
      "id   requirement  tests  result",
      "C1   one          a      ok (1)",
      "C10  another one         NO TEST",
    ]);
    expect(summary([good])).toBe("All 1 requirements hold.");
    expect(summary([good, untested])).toBe("1 of 2 requirements do not hold: C10.");
  });
});
