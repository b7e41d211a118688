/** Runs chosen tests, and tells how each ended. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import type { RequiredTest } from "./find-tests.ts";
import type { TestRun } from "./results.ts";
import { asPattern } from "./test-names.ts";

const reportSchema = v.object({
  testResults: v.array(
    v.object({
      name: v.string(),
      assertionResults: v.array(
        v.object({
          ancestorTitles: v.array(v.string()),
          title: v.string(),
          status: v.string(),
          failureMessages: v.nullish(v.array(v.string()), []),
        }),
      ),
    }),
  ),
});

export interface HowToRun {
  /** Folder of the tree whose tests are run, with a slash at its end. */
  readonly root: string;
  /** End with the first test that fails. Otherwise all are run. */
  readonly untilOneFails?: boolean;
}

/** Runs these tests, and such in the same files as have a like name; what they say goes to standard error. */
export function runTests(tests: readonly RequiredTest[], { root, untilOneFails }: HowToRun): TestRun[] {
  const folder = mkdtempSync(join(tmpdir(), "fxa-pair-security-"));
  try {
    const output = join(folder, "report.json");
    const files = [...new Set(tests.map(({ file }) => file))];
    const names = [...new Set(tests.map(({ name }) => asPattern(name)))].join("|");
    const args = ["run", "--reporter=default", "--reporter=json", `--outputFile=${output}`, "-t", names];
    if (untilOneFails === true) args.push("--bail=1");
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    spawnSync(process.execPath, [vitest, ...args, ...files], { cwd: root, stdio: ["ignore", 2, 2] });
    const report = v.parse(reportSchema, JSON.parse(readFileSync(output, "utf8")));
    return report.testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ ancestorTitles, title, status, failureMessages }) => ({
        file: name.slice(root.length).replaceAll("\\", "/"),
        name: [...ancestorTitles, title].join(" "),
        status,
        failures: failureMessages,
      })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
