/** The process that fuzzes one target. Its argument is an {@link Assignment}; what it has to tell goes to standard output. */
import { writeSync } from "node:fs";
import { loadTarget } from "../targets/index.ts";
import { byLength, readCorpus, writeCorpus } from "./corpus.ts";
import { clearCounters, Coverage, files } from "./coverage.ts";
import { CurrentInput } from "./current-input.ts";
import { Fuzzer } from "./fuzzer.ts";
import type { Assignment, FileCoverage, FuzzMessage } from "./messages.ts";
import type { Target } from "./target.ts";

/** Milliseconds between two reports. */
const REPORT = 2_000;

const assignment = JSON.parse(process.argv[2] ?? "{}") as Assignment;
const target = await loadTarget(assignment.target);
const current = new CurrentInput(Math.max(target.maxLength, 1 << 20), assignment.patience);
let isOver = false;

function tell(message: FuzzMessage): void {
  writeSync(1, `${JSON.stringify(message)}\n`);
}

function tellFailure(error: unknown, input: Uint8Array): void {
  isOver = true;
  process.exitCode = 1;
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  tell({ type: "failure", message, input: Buffer.from(input).toString("base64url") });
}

// What nobody waits for counts as much as what is thrown.
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => {
    tellFailure(error, current.get());
    process.exit();
  });
}
process.on("exit", () => {
  if (!isOver) tellFailure("it does not come to an end", current.get());
});

if (assignment.input === undefined) await fuzz();
else await replay(Buffer.from(assignment.input, "base64url"));
process.exit();

async function replay(input: Uint8Array): Promise<void> {
  current.set(input);
  await target.run(input);
  isOver = true;
  await target.finish?.();
}

async function fuzz(): Promise<void> {
  const start = performance.now();
  let nextReport = REPORT;
  const fuzzer = new Fuzzer(target, {
    seed: assignment.seed,
    corpus: readCorpus(assignment.target),
    before: (input) => {
      current.set(input);
    },
    goesOn(executions) {
      const elapsed = performance.now() - start;
      if (elapsed >= nextReport) {
        nextReport = elapsed + REPORT;
        report("progress");
      }
      return executions < assignment.executions && elapsed < assignment.seconds * 1_000;
    },
  });
  const report = (type: "progress" | "end", details?: readonly FileCoverage[]): void => {
    tell({
      type,
      executions: fuzzer.executions,
      seconds: (performance.now() - start) / 1_000,
      ...totalOf(filesOf(fuzzer.coverage)),
      kept: fuzzer.kept.length,
      ...(details && { files: details }),
    });
  };
  const { failure, kept } = await fuzzer.run();
  if (failure !== undefined) {
    tellFailure(failure.error, failure.input);
    return;
  }
  report("end", filesOf(fuzzer.coverage));
  isOver = true;
  if (assignment.save) writeCorpus(assignment.target, await smallestOf(target, kept));
  await target.finish?.();
}

function totalOf(covered: readonly FileCoverage[]): { taken: number; branches: number } {
  const sum = (of: (file: FileCoverage) => number): number =>
    covered.reduce((total, file) => total + of(file), 0);
  return { taken: sum(({ taken }) => taken), branches: sum(({ branches }) => branches) };
}

function filesOf(coverage: Coverage): FileCoverage[] {
  const subjects = files.filter(({ name }) => target.subjects.some((start) => name.startsWith(start)));
  return subjects.map(({ name, first, lines }) => {
    const missed = lines.filter((_line, index) => !coverage.isTaken(first + index));
    return { name, branches: lines.length, taken: lines.length - missed.length, missed };
  });
}

/** As few and short inputs as it takes to take every branch that was taken. */
async function smallestOf(tested: Target, kept: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const coverage = new Coverage();
  const chosen: Uint8Array[] = [];
  for (const input of [...kept].sort(byLength)) {
    clearCounters();
    const before = coverage.taken;
    await tested.run(input);
    coverage.add();
    if (coverage.taken > before) chosen.push(input);
  }
  return chosen;
}
