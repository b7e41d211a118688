/** Storing where the system gets in the way: half-capable file systems, users without a name. */

import { rmSync } from "node:fs";
import type * as Files from "node:fs/promises";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import type * as System from "node:os";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { readPrivateFile, writePrivateFile } from "../../src/lib/private-file.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { LocalCredentialStore } from "../../src/oauth/credential-store.ts";
import { exampleCredentials } from "./example-credentials.ts";
import { failureOf, JumpingClock } from "./support.ts";

/** Which calls of the file system fail. */
const broken = vi.hoisted(() => ({ is: (call: string, path: string) => call === path }));

vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof Files>();
  const breakable =
    <A extends unknown[], R>(name: string, call: (path: string, ...rest: A) => Promise<R>) =>
    (path: string, ...rest: A) =>
      broken.is(name, path)
        ? Promise.reject(Object.assign(new Error("broken"), { code: "EIO" }))
        : call(path, ...rest);
  return {
    ...real,
    open: breakable("open", real.open),
    unlink: breakable("unlink", real.unlink),
    readFile: breakable("readFile", real.readFile as (path: string) => Promise<unknown>),
    rename: breakable("rename", real.rename),
  };
});

vi.mock("node:os", async (importOriginal) => ({
  ...(await importOriginal<typeof System>()),
  // As for the user id of a container that /etc/passwd does not list.
  userInfo: () => {
    throw Object.assign(new Error("uv_os_get_passwd returned ENOENT"), { code: "ERR_SYSTEM_ERROR" });
  },
}));

let folder = "";
beforeEach(async () => {
  broken.is = () => false;
  folder = await mkdtemp(join(tmpdir(), "storing-"));
});
const newStore = () => new LocalCredentialStore({ folder, clock: new JumpingClock(), random: systemRandom });

describe("once the file is there, storing has succeeded, even if", () => {
  test.each([
    ["the folder cannot be synced", (call: string, path: string) => call === "open" && path === folder],
    [
      "the lock cannot be read",
      (call: string, path: string) => call === "readFile" && path.endsWith(".lock"),
    ],
    [
      "the lock cannot be removed",
      (call: string, path: string) => call === "unlink" && path.endsWith(".lock"),
    ],
  ])("%s", async (_, is) => {
    broken.is = is;
    await newStore().save(exampleCredentials(), null);
    broken.is = () => false;
    expect(await newStore().load()).toEqual(exampleCredentials());
    // A lock that was left does not stop the next one.
    await newStore().save(exampleCredentials({ deviceName: "another" }), exampleCredentials());
    expect(await readdir(folder)).toEqual(["credentials.json"]);
  });
});

test("until then it has failed, and leaves nothing behind", async () => {
  broken.is = (call) => call === "rename";
  expect(await failureOf(newStore().save(exampleCredentials(), null))).toMatchObject({ code: "usage" });
  expect(await readdir(folder)).toEqual([]);
});

test("a user without a name can read what is theirs", async () => {
  await newStore().save(exampleCredentials(), null);
  expect(await newStore().load()).toEqual(exampleCredentials());
});

test("an unfinished file has a name drawn from the source given, and takes nobody's place", async () => {
  const path = join(folder, "file");
  const temporary = `${path}.${"07".repeat(8)}.tmp`;
  await writeFile(temporary, "somebody's");
  const random = (length: number) => new Uint8Array(length).fill(7);
  expect(await failureOf(writePrivateFile(path, "secret", random))).toMatchObject({ code: "EEXIST" });
  expect(await readFile(temporary, "utf8")).toBe("somebody's");
  expect(await readPrivateFile(path)).toBeUndefined();
});

test("what another one has cleared away meanwhile keeps nobody from storing", async () => {
  const leftover = join(folder, "credentials.json.lock.0123.tmp");
  await writeFile(leftover, "");
  broken.is = (call, path) => {
    if (call === "unlink" && path === leftover) rmSync(leftover, { force: true });
    return false;
  };
  await newStore().save(exampleCredentials(), null);
  expect(await readdir(folder)).toEqual(["credentials.json"]);
});
