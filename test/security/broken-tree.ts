/** A copy of the project to break: the same sources and tests, built anew after each change. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Breakage } from "./breakages/breakage.ts";

const LEFT_OUT: ReadonlySet<string> = new Set(["node_modules", "dist", ".git", "coverage"]);

/** How often a text stands in another. */
export function occurrences(text: string, of: string): number {
  return text.split(of).length - 1;
}

export class BrokenTree {
  /** Its folder, with a slash at its end. */
  readonly root: string;

  /** Copies the tree in `original`; its packages are shared. */
  constructor(original: string) {
    this.root = `${realpathSync(mkdtempSync(join(tmpdir(), "fxa-pair-broken-")))}/`;
    cpSync(original, this.root, { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) });
    symlinkSync(join(original, "node_modules"), join(this.root, "node_modules"), "junction");
  }

  /**
   * Has `use` work on the tree with a breakage in it.
   *
   * @throws Error if the breakage has no place
   */
  with<T>(breakage: Breakage, use: () => T): T {
    const path = join(this.root, breakage.file);
    const whole = readFileSync(path, "utf8");
    const found = occurrences(whole, breakage.find);
    if (found !== 1) throw new Error(`what it changes is ${found} times in ${breakage.file}`);
    writeFileSync(
      path,
      whole.replace(breakage.find, () => breakage.replace),
    );
    try {
      return use();
    } finally {
      writeFileSync(path, whole);
    }
  }

  /** For tests that start the program. @throws Error if it does not build */
  build(): void {
    const built = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: this.root, encoding: "utf8" });
    if (built.status !== 0) throw new Error(`it does not build: ${built.stderr}`);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
