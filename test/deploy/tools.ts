/** What the tests of deploy/ share: its files, the programs that read them, and relays behind them. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const FOLDER = new URL("../../deploy/", import.meta.url);

export function readDeployFile(name: string): string {
  return readFileSync(new URL(name, FOLDER), "utf8");
}

export function deployFiles(): string[] {
  return readdirSync(FOLDER);
}

/** Whether a program is on the path; tests that need one that is not are skipped, and say so in their names. */
export function hasProgram(name: string, ...args: readonly string[]): boolean {
  return spawnSync(name, args).error === undefined;
}

export type Replacements = readonly (readonly [from: string, to: string])[];

/** Puts one text in the place of another that must be there, so that a test cannot lose its grip on the file. */
export function replaceIn(text: string, replacements: Replacements): string {
  return replacements.reduce((result, [from, to]) => {
    if (!result.includes(from)) throw new Error(`The file does not hold ${from}`);
    return result.replaceAll(from, to);
  }, text);
}
