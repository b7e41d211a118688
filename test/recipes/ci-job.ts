/** Runs jobs of GitHub Actions and of GitLab CI as these services do, as far as the recipes go. */
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as v from "valibot";
import type { Machine } from "./machine.ts";

const Text = v.record(v.string(), v.string());

const Workflow = v.strictObject({
  name: v.string(),
  on: v.unknown(),
  permissions: v.optional(v.unknown()),
  jobs: v.record(
    v.string(),
    v.strictObject({
      "runs-on": v.literal("ubuntu-latest"),
      steps: v.array(
        v.strictObject({
          name: v.optional(v.string()),
          uses: v.optional(v.picklist(["actions/checkout@v5", "actions/setup-node@v5"])),
          with: v.optional(v.record(v.string(), v.unknown())),
          if: v.optional(v.literal("always()")),
          env: v.optional(Text, {}),
          run: v.optional(v.string()),
        }),
      ),
    }),
  ),
});

const Pipeline = v.record(
  v.string(),
  v.strictObject({
    image: v.string(),
    rules: v.optional(v.unknown()),
    script: v.array(v.string()),
    after_script: v.optional(v.array(v.string()), []),
  }),
);

export interface JobResult {
  readonly status: number;
  /** Everything the job has written. */
  readonly log: string;
}

/** What may stand in `${{ … }}`, by name: `secrets.NAME`, `inputs.name`. */
export type Expressions = Readonly<Record<string, string>>;

/** The only job of a workflow. Its steps run under `bash -e`, until one fails; those that say `always()` in any case. */
export async function runGitHubJob(
  workflow: string,
  machine: Machine,
  expressions: Expressions = {},
): Promise<JobResult> {
  const { jobs } = v.parse(Workflow, parse(workflow));
  const [{ steps } = { steps: [] }] = Object.values(jobs);
  const result = { status: 0, log: "" };
  for (const { run, env, if: condition } of steps) {
    if (run === undefined || (result.status !== 0 && condition === undefined)) continue;
    // There, text is put into the script before a shell reads it: whoever writes the text writes the script.
    if (run.includes("${{")) throw new Error("an expression inside of a script");
    const values = Object.entries(env).map(([name, text]) => [name, evaluate(text, expressions)] as const);
    const step = await machine.bash(run, ["-e"], Object.fromEntries(values));
    result.log += step.log;
    if (step.status !== 0 && result.status === 0) result.status = step.status;
  }
  return result;
}

/** The only job of a pipeline: its script in one shell, then what comes after it in another. */
export async function runGitLabJob(
  pipeline: string,
  machine: Machine,
  variables: Readonly<Record<string, string>> = {},
): Promise<JobResult> {
  const [job] = Object.values(v.parse(Pipeline, parse(pipeline)));
  const flags = ["-e", "-o", "pipefail"];
  const script = await machine.bash((job?.script ?? []).join("\n"), flags, variables);
  const after = await machine.bash((job?.after_script ?? []).join("\n"), [], variables);
  return { status: script.status, log: script.log + after.log };
}

function evaluate(text: string, expressions: Expressions): string {
  return text.replaceAll(/\$\{\{ ([\w.]+) \}\}/g, (whole, name: string) => {
    const value = expressions[name];
    if (value === undefined) throw new Error(`${whole} is not known`);
    return value;
  });
}

/** A variable of type file: GitLab writes it where others can read it, and gives the path. */
export function fileVariable(machine: Machine, name: string, content: string): string {
  const path = join(machine.temporary, name);
  writeFileSync(path, "", { mode: 0o644 });
  appendFileSync(path, content);
  return path;
}
