import { access, mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { systemRandom } from "../../src/lib/random.ts";
import { withFileLock } from "../../src/oauth/file-lock.ts";
import { JumpingClock } from "./support.ts";

test("a lock is nobody else's however long its holder works, as when a keyring waits for its user", async () => {
  const folder = await mkdtemp(join(tmpdir(), "file-lock-"));
  const path = join(folder, "some.lock");
  const clock = new JumpingClock();
  const happened: string[] = [];
  let waiting: Promise<void> | undefined;
  await withFileLock(path, { clock, random: systemRandom }, async () => {
    waiting = withFileLock(path, { clock, random: systemRandom }, () => {
      happened.push("the second began");
      return Promise.resolve();
    }).catch(() => {
      happened.push("the second gave up");
    });
    while (clock.elapsed < 20_000) await setImmediate();
    await access(path);
    happened.push("the first ended");
  });
  await waiting;
  expect(happened[0]).toBe("the first ended");
  expect(await readdir(folder)).toEqual([]);
});
