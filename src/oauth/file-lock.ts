/**
 * A lock between processes: a file that only one of them can create. Its holder lets it grow as long as the work goes on
 * (a keyring may wait for its user), so one that stays the same for seconds belongs to a process that died. That is judged
 * by watching it on the monotonic clock, which neither a reused process id nor a changed wall clock can confuse.
 *
 * No package is used: the ones there are renew locks by timers and judge age by file times, for much longer work.
 */

import { constants } from "node:fs";
import { link, open, readFile, rename, unlink } from "node:fs/promises";
import type { CancelTimer, Clock } from "../lib/clock.ts";
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
/** Milliseconds between two signs of life. */
const GROW_EVERY = 1000;

/** The lock could not be written, for the reason that is its cause: the system's error. Nobody else holds it. */
export class UnwritableLock extends Error {
  constructor(cause: unknown) {
    super("the lock cannot be written", { cause });
    this.name = "UnwritableLock";
  }
}

/**
 * Runs `action` while holding the lock at `path`; waits for other holders.
 *
 * @throws UnwritableLock when there is no room for it, or no right to make it; FxaPairError `usage` when others hold it for
 *   too long
 */
export async function withFileLock<T>(
  path: string,
  tools: { readonly clock: Clock; readonly random: RandomSource },
  action: () => Promise<T>,
): Promise<T> {
  const holder = encodeHex(tools.random(16));
  await acquire(path, holder, tools.clock);
  const stopGrowing = keepGrowing(path, tools.clock);
  try {
    return await action();
  } finally {
    await stopGrowing();
    await release(path, holder);
  }
}

/** Shows that the holder lives. Returns how to stop that. */
function keepGrowing(path: string, clock: Clock): () => Promise<void> {
  let growing = Promise.resolve();
  let hasEnded = false;
  let cancel: CancelTimer = () => undefined;
  const growLater = () => {
    if (hasEnded) return;
    cancel = clock.after(GROW_EVERY, () => {
      growing = grow(path).then(growLater);
    });
  };
  growLater();
  return async () => {
    hasEnded = true;
    cancel();
    await growing;
  };
}

/** If it is somebody else's by now, that one only looks more alive for it. */
async function grow(path: string): Promise<void> {
  try {
    const file = await open(path, constants.O_WRONLY | constants.O_APPEND);
    await file.write(".").finally(() => file.close());
  } catch {
    // Taken over, or a full disk: others will wait their time as for a dead holder.
  }
}

/** Never fails, since what was done under the lock is done: a lock that stays counts as a dead holder's before long. */
async function release(path: string, holder: string): Promise<void> {
  try {
    // Not ours any more if we were suspended for so long that somebody took us for dead.
    if ((await holderOf(path))?.startsWith(holder) === true) await unlink(path);
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
    throw new UnwritableLock(error);
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
