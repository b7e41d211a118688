/**
 * Files that only their owner may read: created with mode 0600 from the first byte, links never followed, readers
 * suspicious. Windows has no such modes; there the user's own profile folder is the protection.
 */

import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { mkdir, open, rename, stat, unlink } from "node:fs/promises";
import { platform } from "node:os";
import { dirname } from "node:path";
import { FxaPairError } from "./errors.ts";
import { encodeHex } from "./hex.ts";
import type { RandomSource } from "./random.ts";

const HAS_MODES = platform() !== "win32";
/** Not defined on Windows, where there are no such links and pipes to guard against. */
const SAFE_FLAGS = HAS_MODES ? constants.O_NOFOLLOW | constants.O_NONBLOCK : 0;
const CREATE_FLAGS = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | SAFE_FLAGS;
const MAX_BYTES = 1024 * 1024;

/**
 * The text of a private file; `undefined` when there is none.
 *
 * @throws FxaPairError `usage` for a link, a pipe, a directory, a file that others can read or write, or one too large
 *   to be ours.
 */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | SAFE_FLAGS);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw unreadable(path, errorCode(error) === "ELOOP" ? "is a symbolic link" : undefined, error);
  }
  try {
    const problem = await problemWith(file);
    if (problem !== undefined) throw unreadable(path, problem);
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

/**
 * Creates a file of mode 0600 with this content on the disk before it returns. Never opens what is already there.
 *
 * @throws the system's EEXIST when something of that name exists, also a dangling link.
 */
export async function createPrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, CREATE_FLAGS, 0o600);
  try {
    if (HAS_MODES) await file.chmod(0o600); // a umask may have taken bits away
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    await unlink(path);
    throw error;
  } finally {
    await file.close();
  }
}

/**
 * Writes a private file in one step: whoever reads sees the old content or the new, and a link in its place is replaced
 * rather than followed. The file that grows meanwhile lies beside it, named after it and ending in `.tmp`. Once readers
 * see the new content, nothing fails any more.
 */
export async function writePrivateFile(
  path: string,
  content: string | Uint8Array,
  random: RandomSource,
): Promise<void> {
  const temporary = `${path}.${encodeHex(random(8))}.tmp`;
  await createPrivateFile(temporary, content);
  try {
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary);
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * Makes a folder of mode 0700 where there is none.
 *
 * @throws FxaPairError `usage` when others may put files into it, or when it cannot be made.
 */
export async function ensurePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const folder = await stat(path);
    if (!HAS_MODES || (folder.mode & 0o022) === 0) return;
  } catch (error) {
    throw new FxaPairError("usage", `The folder ${path} cannot be made (${errorCode(error) ?? "unknown"}).`, {
      hint: "Choose another one with --config-dir.",
      cause: error,
    });
  }
  throw new FxaPairError("usage", `Other users may write into the folder ${path}.`, {
    hint: `Take that right away (chmod go-w ${path}) or choose another folder with --config-dir.`,
  });
}

/** The system's error code of something thrown, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

async function problemWith(file: FileHandle): Promise<string | undefined> {
  const status = await file.stat();
  if (!status.isFile()) return "is not a regular file";
  if (status.size > MAX_BYTES) return "is too large";
  if (!HAS_MODES) return undefined;
  // Whose it is need not be asked: without these rights others' files cannot even be opened.
  return (status.mode & 0o077) === 0 ? undefined : "can be read by other users";
}

function unreadable(path: string, problem: string | undefined, cause?: unknown): FxaPairError {
  const reason = problem ?? `cannot be read (${errorCode(cause) ?? "unknown"})`;
  const hint =
    problem === "can be read by other users"
      ? `If nobody else has seen it, run: chmod 600 ${path}`
      : "Move it away, then run the command again.";
  return new FxaPairError("usage", `${path} ${reason}.`, { hint, cause });
}

/** Makes a rename survive a power failure, where the file system can: not all let a folder be synced. */
async function syncFolder(path: string): Promise<void> {
  if (!HAS_MODES) return;
  try {
    const folder = await open(path, constants.O_RDONLY);
    await folder.sync().finally(() => folder.close());
  } catch {
    // The file is in place all the same.
  }
}
