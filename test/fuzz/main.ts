/**
 * Feeds the program with inputs made for finding what it does not stand, guided by the branches that they take:
 *
 *     npm run fuzz -- <target>… | all [--seconds 60] [--executions N] [--seed 1] [--jobs 2] [--save] [--missed]
 *     npm run fuzz -- <target> --input <base64url>
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Assignment, FoundFailure, FuzzMessage, Progress } from "./engine/messages.ts";
import { TARGETS } from "./targets/index.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "60" },
    executions: { type: "string", default: "Infinity" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: "2" },
    input: { type: "string" },
    save: { type: "boolean", default: false },
    missed: { type: "boolean", default: false },
  },
});

interface Outcome {
  readonly target: string;
  readonly last: Progress | undefined;
  readonly failure: FoundFailure | undefined;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const loaders = ["../typescript.mjs", "engine/instrument.mjs"].flatMap((file) => [
  "--import",
  new URL(file, import.meta.url).href,
]);

async function fuzz(assignment: Assignment): Promise<Outcome> {
  const arguments_ = [
    ...loaders,
    "--max-old-space-size=1024",
    path("engine/process.ts"),
    JSON.stringify(assignment),
  ];
  const child = spawn(process.execPath, arguments_, { stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise((resolve) => child.once("close", resolve));
  let last: Progress | undefined;
  let failure: FoundFailure | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const message = JSON.parse(line) as FuzzMessage;
    if (message.type === "failure") failure = message;
    else last = message;
    if (message.type === "progress" && process.stdout.isTTY) console.log(lineOf(assignment.target, message));
  }
  const status = await closed;
  if (status !== 0)
    failure ??= { type: "failure", message: `the process ended with ${String(status)}`, input: "" };
  return { target: assignment.target, last, failure };
}

function lineOf(target: string, { executions, seconds, taken, branches, kept }: Progress): string {
  const rate = Math.round(executions / Math.max(seconds, 0.001));
  const share = `${taken} of ${branches} branches`;
  return `${target.padEnd(16)} ${executions} runs in ${seconds.toFixed(1)} s (${rate}/s), ${share}, ${kept} inputs kept`;
}

function show({ target, last, failure }: Outcome): void {
  if (last !== undefined) console.log(lineOf(target, last));
  if (values.missed) {
    for (const { name, taken, branches, missed } of last?.files ?? []) {
      console.log(
        `  ${name}: ${taken} of ${branches}${missed.length > 0 ? `, not lines ${missed.join(" ")}` : ""}`,
      );
    }
  }
  if (failure === undefined) return;
  console.error(`${target}: ${failure.message}`);
  console.error(`Try it again with: npm run fuzz -- ${target} --input=${failure.input}`);
}

const names = positionals.includes("all") ? TARGETS : positionals;
if (names.length === 0 || names.some((name) => !TARGETS.includes(name))) {
  console.error(`Name what is to be fuzzed: all, or some of ${TARGETS.join(", ")}.`);
  process.exit(2);
}
const waiting = [...names];
let failures = 0;
const work = async (): Promise<void> => {
  for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
    const outcome = await fuzz({
      target,
      seed: Number(values.seed),
      seconds: Number(values.seconds),
      executions: Number.isFinite(Number(values.executions))
        ? Number(values.executions)
        : Number.MAX_SAFE_INTEGER,
      save: values.save,
      patience: 10_000,
      ...(values.input !== undefined && { input: values.input }),
    });
    show(outcome);
    if (outcome.failure !== undefined) failures++;
  }
};
await Promise.all(Array.from({ length: Number(values.jobs) }, work));
console.log(`${names.length - failures} passed, ${failures} failed`);
process.exitCode = failures > 0 ? 1 : 0;
