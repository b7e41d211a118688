/** What goes wrong with files that settings name, in words. */
import { FxaPairError } from "../lib/errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "does not exist",
  EACCES: "may not be read by this user",
  EPERM: "may not be read by this user",
  EISDIR: "is a directory",
};

/**
 * The error for a file that a setting names: it cannot be read, or else what is in it is not right.
 *
 * @param setting as its flag is spelt.
 * @param problem what is wrong if the system had no objection: the rest of a sentence that begins with the path.
 */
export function unreadableFile(setting: string, path: string, problem: string, cause: unknown): FxaPairError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return new FxaPairError("usage", `${setting}: ${path} ${REASONS[code] ?? problem}.`, {
    hint: "Correct the path or the file, or leave the setting out.",
    cause,
  });
}
