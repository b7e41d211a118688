/**
 * A lock between processes: a file that only one of them can create. The work under it takes milliseconds, so a lock
 * that the same holder keeps for seconds belongs to a process that died. That is judged by watching it on the
 * monotonic clock, which neither a reused process id nor a changed wall clock can confuse.
 *
 * No package is used: the ones there are renew locks by timers and judge age by file times, for much longer work.
 */

import { link, readFile, rename, unlink } from "node:fs/promises";
import type { Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import { encodeHex } from "../lib/hex.ts";
import { createPrivateFile, errorCode } from "../lib/private-file.ts";
import type { RandomSource } from "../lib/random.ts";
import { sleep } from "../lib/sleep.ts";

/** Milliseconds a holder must not be seen to change before it counts as dead. */
const STALE_AFTER = 3000;
/** Milliseconds until others' turns have taken too long. */
const GIVE_UP_AFTER = 30_000;
const RETRY_EVERY = 25;

/** Runs `action` while holding the lock at `path`; waits for other holders. */
export async function withFileLock<T>(
  path: string,
  tools: { readonly clock: Clock; readonly random: RandomSource },
  action: () => Promise<T>,
): Promise<T> {
  const holder = encodeHex(tools.random(16));
  await acquire(path, holder, tools.clock);
  try {
    return await action();
  } finally {
    await release(path, holder);
  }
}

/** Never fails, since what was done under the lock is done: a lock that stays counts as a dead holder's before long. */
async function release(path: string, holder: string): Promise<void> {
  try {
    // Not ours any more if we were suspended for so long that somebody took us for dead.
    if ((await holderOf(path)) === holder) await unlink(path);
  } catch {
    // Whoever comes next takes it over.
  }
}

async function acquire(path: string, holder: string, clock: Clock): Promise<void> {
  const giveUpAt = clock.now() + GIVE_UP_AFTER;
  let watched: { holder: string; since: number } | undefined;
  while (!(await tryCreate(path, holder))) {
    if (clock.now() > giveUpAt) {
      throw new FxaPairError("usage", "Another fxa-pair keeps the credentials locked.", {
        hint: `Wait until it has ended; if none is running, delete ${path}.`,
      });
    }
    const current = await holderOf(path);
    if (current === undefined) continue;
    if (current !== watched?.holder) watched = { holder: current, since: clock.now() };
    else if (clock.now() - watched.since >= STALE_AFTER) await evict(path, current, holder);
    await sleep(clock, RETRY_EVERY);
  }
}

async function tryCreate(path: string, holder: string): Promise<boolean> {
  try {
    await createPrivateFile(path, holder);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** Who holds the lock; an empty text while it is being written, `undefined` when it is gone. */
async function holderOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Takes a dead holder's lock away; a live one's, grabbed by mistake between two looks, is put back. */
async function evict(path: string, dead: string, evictor: string): Promise<void> {
  const aside = `${path}.${evictor}.tmp`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, "utf8")) !== dead) await link(aside, path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT" && errorCode(error) !== "EEXIST") throw error;
  }
  await unlink(aside).catch(() => undefined);
}
