/** Loaded into a real process before the program: at its end it writes what it has needed into the file FXA_TEST_NEEDS. */
import { writeFileSync } from "node:fs";

process.on("exit", () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const needs = { mebibytes: maxRSS / 1024, seconds: (userCPUTime + systemCPUTime) / 1e6 };
  writeFileSync(process.env.FXA_TEST_NEEDS ?? "", JSON.stringify(needs));
});
