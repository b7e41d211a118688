/**
 * Breaks the program in each way of test/security/breakages and sees that the tests of the requirement notice: `npm run
 * test:security -- --broken`, or with ids (or the words of breakages) behind it those alone. The tests that noticed are run on the whole program at
 * last, where they must pass.
 */
import { fileURLToPath } from "node:url";
import { BREAKAGES, NOT_BREAKABLE } from "./breakages/all.ts";
import type { Breakage } from "./breakages/breakage.ts";
import { BrokenTree } from "./broken-tree.ts";
import { filesNaming, testsOf } from "./find-tests.ts";
import type { RequiredTest } from "./find-tests.ts";
import { noticedBy } from "./noticing.ts";
import { readRequirements, requireKnown } from "./requirements.ts";
import { resultOf } from "./results.ts";
import type { TestRun } from "./results.ts";
import { runTests } from "./run-tests.ts";

const naming = filesNaming();

/** Folders whose tests start the program as it was built. */
const START_IT = /^test\/(?:cli|commands|deploy|faults|interop|package|recipes)\//;

/** Runs the broken program's tests, those that do not start it first, until one notices. */
function tryTests(id: string, tree: BrokenTree): TestRun | string {
  const tests = testsOf(id, naming);
  const startsIt = ({ file }: RequiredTest) => START_IT.test(file);
  let said = "no tests";
  for (const part of [tests.filter((test) => !startsIt(test)), tests.filter(startsIt)]) {
    if (part.length === 0) continue;
    if (part.some(startsIt)) tree.build();
    const first = runTests(part, { root: tree.root, untilOneFails: true });
    const early = noticedBy(part, first);
    // Perhaps one with a like name, that is not meant, has ended the run.
    const ended = typeof early === "string" && first.some(({ status }) => status === "failed");
    const noticed = ended ? noticedBy(part, runTests(part, { root: tree.root })) : early;
    if (typeof noticed !== "string") return noticed;
    said = noticed;
  }
  return said;
}

/** Tells of each breakage as it comes, since a run takes long. The answer is 0 if all were noticed, otherwise 1. */
export function runBroken(chosen: readonly string[]): number {
  const ids = readRequirements().map(({ id }) => id);
  requireKnown(chosen, [...ids, ...BREAKAGES.map(({ words }) => words)]);
  const isChosen = (id: string, words = "") =>
    chosen.length === 0 || chosen.includes(id) || chosen.includes(words);
  const noticing: TestRun[] = [];
  const wrong: string[] = [];
  const tree = new BrokenTree(fileURLToPath(new URL("../../", import.meta.url)));
  try {
    for (const breakage of BREAKAGES) {
      for (const id of breakage.ids.filter((each) => isChosen(each, breakage.words))) {
        const found = tryBreakage(tree, breakage, id);
        console.log(`${id.padEnd(3)}  ${breakage.words}\n     ${toldOf(found)}`);
        if (typeof found === "string") wrong.push(`${id}: ${breakage.words}: ${found}`);
        else noticing.push(found);
      }
    }
    wrong.push(...failWhenWhole(tree, noticing));
  } finally {
    tree.remove();
  }
  const broken = new Set(BREAKAGES.flatMap((breakage) => breakage.ids));
  const without = ids.filter((id) => isChosen(id) && !broken.has(id) && !(id in NOT_BREAKABLE));
  wrong.push(...without.map((id) => `${id}: has no breakage`));
  console.log(wrong.length === 0 ? "\nEach breakage was noticed." : `\n${wrong.join("\n")}`);
  return wrong.length === 0 ? 0 : 1;
}

function tryBreakage(tree: BrokenTree, breakage: Breakage, id: string): TestRun | string {
  try {
    return tree.with(breakage, () => tryTests(id, tree));
  } catch (error) {
    return `AN ERROR OF THE BREAKAGE: ${String(error)}`;
  }
}

function toldOf(found: TestRun | string): string {
  return typeof found === "string" ? found : `noticed by ${found.file}: ${found.name}`;
}

/** A test that fails anyway has noticed nothing. */
function failWhenWhole(tree: BrokenTree, noticing: readonly TestRun[]): readonly string[] {
  if (noticing.length === 0) return [];
  tree.build();
  const runs = runTests(noticing, { root: tree.root });
  return noticing
    .filter((test) => !resultOf([test], runs).holds)
    .map(({ file, name }) => `${file}: ${name}: fails or does not run with nothing broken`);
}
