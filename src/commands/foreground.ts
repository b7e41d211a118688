import { readFileSync } from "node:fs";

/**
 * Whether the terminal is this process's to read: one that a shell keeps in the background is stopped when it tries. True only
 * where that is known: on Linux, and on Windows, which knows no background.
 */
export function isInForeground(platform: string): boolean {
  if (platform === "win32") return true;
  if (platform !== "linux") return false;
  try {
    // proc(5): the name in parentheses may hold anything; after it come state, parent, group, session, terminal, and the
    // group in the terminal's foreground.
    const [, group, , , foreground] =
      /.*\) \S+ \S+ (\S+) (\S+) (\S+) (\S+)/s.exec(readFileSync("/proc/self/stat", "utf8")) ?? [];
    return group !== undefined && group === foreground;
  } catch {
    return false;
  }
}
