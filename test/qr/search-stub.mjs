/**
 * Stands in for the search: writes what it is given, tells its parent, and ends as it is told: an exit status, a signal,
 * or never.
 */
import { writeSync } from "node:fs";

const [, , output, end] = process.argv;
writeSync(1, output);
process.send("written", () => {
  if (end === "never") setTimeout(() => undefined, 1_000_000_000);
  else if (end.startsWith("SIG")) process.kill(process.pid, end);
  else process.exit(Number(end));
});
