/** Whether tests noticed that something is broken. */
import type { RequiredTest } from "./find-tests.ts";
import { runsOf } from "./results.ts";
import type { TestRun } from "./results.ts";

/** What a program says that cannot run at all: such a breakage shows nothing about tests. */
const CANNOT_RUN = /\b(?:ReferenceError|SyntaxError|Transform failed|Failed to resolve import)\b/;

/** The first of these tests that failed for what it saw; otherwise why none counts. */
export function noticedBy(tests: readonly RequiredTest[], runs: readonly TestRun[]): TestRun | string {
  const meant = tests.flatMap((test) => runsOf(test, runs));
  const failed = meant.filter(({ status }) => status === "failed");
  const noticed = failed.find(({ failures }) => !failures.some((words) => CANNOT_RUN.test(words)));
  if (noticed !== undefined) return noticed;
  if (failed.length > 0) return "AN ERROR OF THE BREAKAGE: the program cannot run with it";
  return meant.some(({ status }) => status === "passed") ? "UNNOTICED" : "UNNOTICED: no test ran";
}
