/**
 * Files with secrets in them: mode 0600 from the first byte, whole or absent, never written through a link that
 * somebody planted. (On Windows the user's own directories already keep others out; modes mean nothing there.)
 */
import { randomBytes } from "node:crypto";
import { open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const PRIVATE_MODE = 0o600;

/**
 * Writes a file that only its owner can read, replacing what was there in one step. A link or a pipe found at `path` is
 * replaced itself, not followed.
 *
 * @throws the system's error (EACCES, ENOSPC, …); nothing is left behind then.
 */
export async function writePrivateFile(path: string, contents: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  // "wx": created exclusively, so that a planted file or link of that name makes it fail.
  const file = await open(temporary, "wx", PRIVATE_MODE);
  try {
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}
