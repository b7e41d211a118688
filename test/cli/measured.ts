/** What a run costs: its time, and the memory of all of its processes. */
import { readFileSync } from "node:fs";
import { start } from "./harness.ts";
import type { ProgramOptions } from "./harness.ts";

export const CAN_MEASURE = process.platform === "linux";

/** Milliseconds. The system keeps the peak: only what is reached right before an end can be missed. */
const PERIOD = 10;

export interface Cost {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  /** The peaks of all processes together, in MiB, as if each had its peak at the same moment and shared nothing. */
  readonly mebibytes: number;
}

/** Runs the program to its end. */
export async function costOf(args: readonly string[], options: ProgramOptions = {}): Promise<Cost> {
  const begin = performance.now();
  const program = start(args, { input: "", ...options });
  const peaks = new Map<number, number>();
  const timer = setInterval(() => {
    for (const pid of family(program.child.pid)) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, peakOf(pid)));
  }, PERIOD);
  const status = await program.exit;
  clearInterval(timer);
  const mebibytes = Array.from(peaks.values()).reduce((sum, peak) => sum + peak, 0);
  const { stdout, stderr } = program;
  return { status, stdout, stderr, seconds: (performance.now() - begin) / 1000, mebibytes };
}

function family(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  const children = read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(family)];
}

/** The largest resident set so far, in MiB. */
function peakOf(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

/** Nothing of a process that is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
