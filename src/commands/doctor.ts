/** `fxa-pair doctor`: checks what a pairing needs from this machine, and what to do where something is missing. */
import { arch, homedir, release } from "node:os";
import type { Command } from "commander";
import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import { VERSION } from "../lib/version.ts";
import { addExamples } from "./command.ts";
import type { CommandModule } from "./command.ts";
import type { Environment } from "./context.ts";
import { CHECKS, worstOf } from "./doctor/finding.ts";
import { reportText } from "./doctor/report.ts";
import type { NamedFinding } from "./doctor/report.ts";
import { startChecks } from "./doctor/start-checks.ts";
import { globalFlags, readFlags, secondsFlag } from "./flags.ts";
import { untilInterrupted, withRun } from "./setup.ts";
import type { Run } from "./setup.ts";

const Flags = v.object({
  ...globalFlags,
  report: v.optional(v.boolean(), false),
  checkTimeout: v.optional(secondsFlag(1, 120), "10"),
});

type Flags = v.InferOutput<typeof Flags>;

export const doctor: CommandModule = {
  define(command: Command): void {
    command
      .option(
        "--report",
        "print a report for a bug instead: without e-mail addresses, ids, tokens and your folder's name",
      )
      .option("--check-timeout <seconds>", "how long each look at the network may take (default: 10)");
    addExamples(command, [
      "fxa-pair doctor",
      "fxa-pair doctor --report > report.txt",
      "fxa-pair doctor --json",
    ]);
  },

  async run(command: Command, environment: Environment): Promise<number> {
    const flags = readFlags(command, Flags, environment.variables);
    return withRun(flags, environment, (run) => runDoctor(flags, run));
  },
};

async function runDoctor(flags: Flags, run: Run): Promise<number> {
  const leaving = new AbortController();
  const checks = startChecks(flags, run, AbortSignal.any([run.signal, leaving.signal]));
  // Each is looked at in its turn; until then an interruption is nobody's.
  for (const check of Object.values(checks)) check.catch(() => undefined);
  const found: NamedFinding[] = [];
  try {
    for (const name of CHECKS) {
      const finding = await untilInterrupted(checks[name], run, () => undefined);
      found.push({ name, finding });
      const { status, message, hint, details } = finding;
      if (!flags.report || flags.json)
        run.reporter.event({ type: "check", name, status, message, hint, details });
    }
  } finally {
    leaving.abort();
  }
  if (flags.report) run.reporter.event({ type: "report", text: reportText(found, machineFacts(run)) });
  return conclude(found, run);
}

/** @throws FxaPairError of the worst problem's kind */
function conclude(found: readonly NamedFinding[], run: Run): number {
  const count = (status: string) => found.filter(({ finding }) => finding.status === status).length;
  const problems = count("problem");
  run.reporter.event({
    type: "summary",
    usable: problems === 0,
    ok: count("ok"),
    warnings: count("warning"),
    problems,
  });
  const worst = worstOf(found.map(({ finding }) => finding));
  if (worst === undefined) return 0;
  throw new FxaPairError(worst, "Something stands in the way of pairing.", {
    hint: "Do what is said beside each problem, then run fxa-pair doctor again.",
  });
}

function machineFacts({ environment }: Run) {
  return {
    version: VERSION,
    node: environment.nodeVersion,
    system: `${environment.platform} ${release()} ${arch()}`,
    home: homedir(),
  };
}
