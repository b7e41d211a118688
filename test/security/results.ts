/** What the runs of tests mean for requirements. */
import type { RequiredTest } from "./find-tests.ts";
import type { Requirement } from "./requirements.ts";
import { asPattern } from "./test-names.ts";

export interface TestRun {
  readonly file: string;
  /** With the names of its groups, joined by blanks. */
  readonly name: string;
  /** In the words of the test runner. */
  readonly status: string;
  /** What it threw, if it failed. */
  readonly failures: readonly string[];
}

export interface Result {
  readonly holds: boolean;
  readonly words: string;
}

export interface Row extends Requirement {
  readonly tests: readonly RequiredTest[];
  readonly result: Result;
}

/** A requirement holds if each of its tests ran under a name that is meant, none failed, and not all were skipped. */
export function resultOf(tests: readonly RequiredTest[], runs: readonly TestRun[]): Result {
  const meant = tests.map((test) => runsOf(test, runs));
  const all = [...new Set(meant.flat())];
  const count = (status: string) => all.filter((run) => run.status === status).length;
  const [passed, failed] = [count("passed"), count("failed")];
  const skipped = all.length - passed - failed;
  if (tests.length === 0) return { holds: false, words: "NO TEST" };
  if (failed > 0) return { holds: false, words: `FAILED (${failed} of ${all.length})` };
  if (meant.some((found) => found.length === 0)) return { holds: false, words: "DID NOT RUN" };
  if (passed === 0) return { holds: false, words: "SKIPPED" };
  return { holds: true, words: `ok (${passed}${skipped === 0 ? "" : `, ${skipped} skipped`})` };
}

/** How the tests ended that are meant. */
export function runsOf({ file, name }: RequiredTest, runs: readonly TestRun[]): readonly TestRun[] {
  const pattern = new RegExp(asPattern(name));
  return runs.filter((run) => run.file === file && pattern.test(run.name));
}

export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ id, words, tests, result }) => [id, words, filesOf(tests), result.words]);
  const lines = [["id", "requirement", "tests", "result"], ...cells];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function summary(rows: readonly Row[]): string {
  const broken = rows.filter(({ result }) => !result.holds).map(({ id }) => id);
  return broken.length === 0
    ? `All ${rows.length} requirements hold.`
    : `${broken.length} of ${rows.length} requirements do not hold: ${broken.join(", ")}.`;
}

/** The files, in short. */
function filesOf(tests: readonly RequiredTest[]): string {
  const files = new Set(tests.map(({ file }) => file.replace(/^test\//, "").replace(/\.test\.tsx?$/, "")));
  return [...files].join(", ");
}
