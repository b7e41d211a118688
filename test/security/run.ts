/**
 * Runs the tests of every requirement in docs/security.md and prints id, requirement, tests and result: `npm run
 * test:security`, or with ids behind `--` those alone. Ends with 1 if one of them does not hold.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesNaming, testsOf } from "./find-tests.ts";
import type { RequiredTest } from "./find-tests.ts";
import { readRequirements } from "./requirements.ts";
import { resultOf, summary, tableOf } from "./results.ts";
import type { TestRun } from "./results.ts";
import { asPattern } from "./test-names.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const chosen = process.argv.slice(2);

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

/** Runs these tests, and such in the same files as have a like name; what they say goes to standard error. */
function runTests(tests: readonly RequiredTest[]): TestRun[] {
  const folder = mkdtempSync(join(tmpdir(), "fxa-pair-security-"));
  try {
    const output = join(folder, "report.json");
    const files = [...new Set(tests.map(({ file }) => file))];
    const names = [...new Set(tests.map(({ name }) => asPattern(name)))].join("|");
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const args = [vitest, "run", "--reporter=default", "--reporter=json", `--outputFile=${output}`];
    spawnSync(process.execPath, [...args, "-t", names, ...files], { cwd: root, stdio: ["ignore", 2, 2] });
    const report = JSON.parse(readFileSync(output, "utf8")) as Report;
    return report.testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ ancestorTitles, title, status }) => ({
        file: name.slice(root.length).replaceAll("\\", "/"),
        name: [...ancestorTitles, title].join(" "),
        status,
      })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const naming = filesNaming();
const rows = readRequirements()
  .filter(({ id }) => chosen.length === 0 || chosen.includes(id))
  .map((requirement) => ({ ...requirement, tests: testsOf(requirement.id, naming) }));
const runs = runTests(rows.flatMap(({ tests }) => tests));
const results = rows.map((row) => ({ ...row, result: resultOf(row.tests, runs) }));
console.log(tableOf(results));
console.log(`\n${summary(results)}`);
process.exitCode = results.every(({ result }) => result.holds) ? 0 : 1;
