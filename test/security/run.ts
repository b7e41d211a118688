/**
 * Runs the tests of every requirement in docs/security.md and prints id, requirement, tests and result: `npm run
 * test:security`, or with ids behind `--` those alone. Ends with 1 if one of them does not hold. With `-- --broken` it breaks the
 * program first, and sees that the tests notice.
 */
import { fileURLToPath } from "node:url";
import { filesNaming, testsOf } from "./find-tests.ts";
import { readRequirements, requireKnown } from "./requirements.ts";
import { resultOf, summary, tableOf } from "./results.ts";
import { runBroken } from "./run-broken.ts";
import { runTests } from "./run-tests.ts";

const [first, ...others] = process.argv.slice(2);

/** The answer is the exit status. */
function runWhole(chosen: readonly string[]): number {
  const naming = filesNaming();
  const requirements = readRequirements();
  requireKnown(
    chosen,
    requirements.map(({ id }) => id),
  );
  const rows = requirements
    .filter(({ id }) => chosen.length === 0 || chosen.includes(id))
    .map((requirement) => ({ ...requirement, tests: testsOf(requirement.id, naming) }));
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const runs = runTests(
    rows.flatMap(({ tests }) => tests),
    { root },
  );
  const results = rows.map((row) => ({ ...row, result: resultOf(row.tests, runs) }));
  console.log(tableOf(results));
  console.log(`\n${summary(results)}`);
  return results.every(({ result }) => result.holds) ? 0 : 1;
}

process.exitCode = first === "--broken" ? runBroken(others) : runWhole(process.argv.slice(2));
