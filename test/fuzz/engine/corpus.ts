/** Inputs that are kept between runs: a file a target, a line an input, in base64url. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";

function corpusFile(name: string): URL {
  return new URL(`../corpus/${name}.txt`, import.meta.url);
}

export function readCorpus(name: string): Uint8Array[] {
  const file = corpusFile(name);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => Buffer.from(line, "base64url"));
}

/** The shortest first. */
export function writeCorpus(name: string, inputs: readonly Uint8Array[]): void {
  const lines = [...inputs].sort(byLength).map((input) => `${Buffer.from(input).toString("base64url")}\n`);
  writeFileSync(corpusFile(name), lines.join(""));
}

export function byLength(a: Uint8Array, b: Uint8Array): number {
  return a.length - b.length || Buffer.compare(a, b);
}
