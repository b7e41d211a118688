/** What `doctor` found, for people. */
import type { CheckEvent, CliEvent } from "./events.ts";
import { displayText } from "./safe-text.ts";

/** Columns of the longest status and of the longest name, with a space behind each. */
const STATUS_WIDTH = 9;
const NAME_WIDTH = 15;
const LONGEST = 500;

/** A line, and a second one where there is something to do. */
export function checkInWords({ status, name, message, hint }: CheckEvent): string[] {
  const first = `${status.padEnd(STATUS_WIDTH)}${name.padEnd(NAME_WIDTH)}${displayText(message, LONGEST)}`;
  if (hint === null) return [first];
  return [first, `${" ".repeat(STATUS_WIDTH + NAME_WIDTH)}${displayText(hint, LONGEST)}`];
}

export function summaryInWords({ problems, warnings }: Extract<CliEvent, { type: "summary" }>): string {
  if (problems > 0) return `${counted(problems, "problem")}, ${counted(warnings, "warning")}.`;
  return warnings > 0 ? `Usable, with ${counted(warnings, "warning")}.` : "All is well.";
}

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}
