import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../src/lib/clock.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { UPGRADES } from "../../src/oauth/credential-format.ts";
import type { Upgrade } from "../../src/oauth/credential-format.ts";
import { LocalCredentialStore } from "../../src/oauth/credential-store.ts";
import { CREDENTIALS_VERSION } from "../../src/oauth/credentials.ts";
import { exampleCredentials } from "./example-credentials.ts";
import { failureOf, JumpingClock } from "./support.ts";

const newFolder = async () => join(await mkdtemp(join(tmpdir(), "credential-store-")), "config");
const storeIn = (folder: string, clock: Clock = new JumpingClock()) =>
  new LocalCredentialStore({ folder, clock, random: systemRandom });
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
const credentials = exampleCredentials();
const other = exampleCredentials({ refreshToken: "d4".repeat(32) });

/** test/oauth/store-process.ts as one file that plain Node runs. */
let program = "";
beforeAll(async () => {
  program = join(await mkdtemp(join(tmpdir(), "store-process-")), "store-process.mjs");
  const entry = fileURLToPath(new URL("store-process.ts", import.meta.url));
  await build({
    entryPoints: [entry],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["@napi-rs/keyring"],
  });
});

describe("a store", () => {
  test("gives back what it was given, and forgets it", async () => {
    const store = storeIn(await newFolder());
    expect(await store.load()).toBeNull();
    await store.remove();
    await store.save(credentials, null);
    expect(await store.load()).toEqual(credentials);
    await store.save(other, credentials);
    expect(await store.load()).toEqual(other);
    await store.remove();
    expect(await store.load()).toBeNull();
  });

  test("forgets certain credentials only while it holds them", async () => {
    const store = storeIn(await newFolder());
    await store.save(other, null);
    await store.remove(credentials);
    expect(await store.load()).toEqual(other);
    await store.remove(other);
    expect(await store.load()).toBeNull();
  });
});

describe("what is there is replaced", () => {
  const third = exampleCredentials({ refreshToken: "e5".repeat(32) });

  test.each([
    ["somebody signed in where nobody was", null],
    ["somebody replaced it sooner", third],
  ])("only when it is known: not if %s", async (_, expected) => {
    const store = storeIn(await newFolder());
    await store.save(other, null);
    expect(await failureOf(store.save(credentials, expected))).toMatchObject({
      code: "usage",
      message: expect.stringContaining("meanwhile"),
      hint: expect.stringContaining("logout"),
    });
    expect(await store.load()).toEqual(other);
  });

  test("by one of several at once", async () => {
    const store = storeIn(await newFolder(), systemClock);
    const rivals = [credentials, other, third];
    const endings = await Promise.allSettled(rivals.map((each) => store.save(each, null)));
    const winners = rivals.filter((_, i) => endings[i]?.status === "fulfilled");
    expect(winners).toEqual([await store.load()]);
  });

  test("also when it is gone meanwhile", async () => {
    const store = storeIn(await newFolder());
    await store.save(other, credentials);
    expect(await store.load()).toEqual(other);
  });
});

describe("modes", () => {
  test.each([0o000, 0o022, 0o277])("are right under any umask (%i)", async (umask) => {
    const folder = await newFolder();
    // A umask belongs to the whole process, so it gets one of its own.
    const command = `umask ${umask.toString(8)}; mkdir -m 700 "$2"; exec "$0" "$1" "$2" save 1`;
    const { status, stderr } = spawnSync("sh", ["-c", command, process.execPath, program, folder]);
    expect([status, String(stderr)]).toEqual([0, ""]);
    expect(await modeOf(join(folder, "credentials.json"))).toBe(0o600);
  });

  test("a new folder is the user's alone", async () => {
    const folder = await newFolder();
    await storeIn(folder).save(credentials, null);
    expect(await modeOf(folder)).toBe(0o700);
    expect(await readdir(folder)).toEqual(["credentials.json"]);
  });

  test.each([0o644, 0o640, 0o604, 0o620])("a file of mode %i is refused and left alone", async (mode) => {
    const store = storeIn(await newFolder());
    await store.save(credentials, null);
    const before = await readFile(store.path, "utf8");
    await chmod(store.path, mode);
    for (const attempt of [
      () => store.load(),
      () => store.save(other, null),
      () => store.remove(credentials),
    ]) {
      expect(await failureOf(attempt())).toMatchObject({
        code: "usage",
        hint: expect.stringContaining("chmod 600"),
      });
    }
    expect(await readFile(store.path, "utf8")).toBe(before);
    expect(await modeOf(store.path)).toBe(mode);
  });

  test("a folder that others may write into is refused", async () => {
    const folder = await newFolder();
    await mkdir(folder);
    await chmod(folder, 0o777);
    expect(await failureOf(storeIn(folder).save(credentials, null))).toMatchObject({ code: "usage" });
    expect(await readdir(folder)).toEqual([]);
  });

  test.skipIf(userInfo().uid === 0)("a folder that cannot be written is said so", async () => {
    const folder = await newFolder();
    await mkdir(folder, { mode: 0o500 });
    expect(await failureOf(storeIn(folder).save(credentials, null))).toMatchObject({ code: "usage" });
  });

  test("a folder below a file is said so", async () => {
    const folder = await newFolder();
    await writeFile(folder, "");
    expect(await failureOf(storeIn(join(folder, "x")).save(credentials, null))).toMatchObject({
      code: "usage",
    });
  });
});

describe("planted things", () => {
  test("a link is neither read nor written through", async () => {
    const folder = await newFolder();
    await mkdir(folder, { mode: 0o700 });
    const target = join(folder, "target");
    await writeFile(target, JSON.stringify(credentials), { mode: 0o600 });
    const store = storeIn(folder);
    await symlink(target, store.path);
    expect(await failureOf(store.load())).toMatchObject({
      code: "usage",
      message: expect.stringContaining("link"),
    });
    expect(await failureOf(store.save(other, null))).toMatchObject({ code: "usage" });
    expect(JSON.parse(await readFile(target, "utf8"))).toEqual(credentials);
  });

  test("a dangling link does not decide where secrets go", async () => {
    const folder = await newFolder();
    await mkdir(folder, { mode: 0o700 });
    const store = storeIn(folder);
    await symlink(join(folder, "elsewhere"), store.path);
    await failureOf(store.save(credentials, null));
    expect(await readdir(folder)).toEqual(["credentials.json"]);
    expect((await lstat(store.path)).isSymbolicLink()).toBe(true);
  });

  test.each(["pipe", "folder"])("a %s is refused at once", async (kind) => {
    const folder = await newFolder();
    await mkdir(folder, { mode: 0o700 });
    const store = storeIn(folder);
    if (kind === "folder") await mkdir(store.path, { mode: 0o700 });
    else spawnSync("mkfifo", ["-m", "600", store.path]);
    expect(await failureOf(store.load())).toMatchObject({ code: "usage" });
    expect(await failureOf(store.save(credentials, null))).toMatchObject({ code: "usage" });
  });
});

describe("content", () => {
  const withContent = async (content: string) => {
    const folder = await newFolder();
    await mkdir(folder, { mode: 0o700 });
    const store = storeIn(folder);
    await writeFile(store.path, content, { mode: 0o600 });
    return store;
  };

  test("of a newer version is refused untouched", async () => {
    const content = JSON.stringify({ version: 2, something: "new" });
    const store = await withContent(content);
    for (const attempt of [() => store.load(), () => store.save(credentials, null), () => store.remove()]) {
      expect(await failureOf(attempt())).toMatchObject({
        code: "usage",
        message: expect.stringContaining("newer"),
      });
    }
    expect(await readFile(store.path, "utf8")).toBe(content);
  });

  describe("of an earlier version", () => {
    // As if the format had changed twice before today's, at first without a list of scopes, then with another name for it.
    const upgrades = new Map<number, Upgrade>([
      [-1, (document) => ({ ...document, scopes: ["profile"] })],
      [0, ({ scopes, ...document }) => ({ ...document, scope: scopes })],
    ]);
    const scopeless = { ...credentials, scope: undefined };
    const contents: [number, string][] = [
      [-1, JSON.stringify({ ...scopeless, version: -1 })],
      [0, JSON.stringify({ ...scopeless, version: 0, scopes: ["profile"] })],
    ];
    const today = { ...credentials, scope: ["profile"] };

    const upgrading = async (content: string) => {
      const { path } = await withContent(content);
      const options = { folder: dirname(path), clock: new JumpingClock(), random: systemRandom };
      return new LocalCredentialStore({ ...options, upgrades });
    };

    test.each(contents)("(%i) is read, and written anew in today's format", async (_, content) => {
      const store = await upgrading(content);
      expect(await store.load()).toEqual(today);
      expect(JSON.parse(await readFile(store.path, "utf8"))).toEqual(today);
      expect(await modeOf(store.path)).toBe(0o600);
    });

    test("is read where nothing can be written", async () => {
      const [[, content] = [0, ""]] = contents;
      const store = await upgrading(content);
      // Nobody can have the lock where a folder has its name.
      await mkdir(`${store.path}.lock`);
      expect(await store.load()).toEqual(today);
      expect(await readFile(store.path, "utf8")).toBe(content);
    });

    test("is replaced and removed like today's", async () => {
      for (const [, content] of contents) {
        const store = await upgrading(content);
        await store.save(other, credentials);
        expect(await store.load()).toEqual(other);
        const removing = await upgrading(content);
        await removing.remove(credentials);
        expect(await removing.load()).toBeNull();
      }
    });

    test("that nobody knows the way from is damaged, and left alone", async () => {
      const content = JSON.stringify({ ...credentials, version: -7 });
      const store = await upgrading(content);
      expect(await failureOf(store.load())).toMatchObject({ code: "not_signed_in" });
      expect(await readFile(store.path, "utf8")).toBe(content);
    });

    test("has a way to today's, from every version there was", () => {
      expect([...UPGRADES.keys()].sort()).toEqual(
        Array.from({ length: CREDENTIALS_VERSION - 1 }, (_, i) => i + 1),
      );
    });
  });

  test.each([
    ["nothing", ""],
    ["half a file", JSON.stringify(credentials).slice(0, 200)],
    ["another document", "[]"],
    ["a short token", JSON.stringify({ ...credentials, refreshToken: "secret" })],
    ["a time that is none", JSON.stringify(credentials).replace(/"authAt":\d+/, '"authAt":1e400')],
    ["a damaged key", JSON.stringify({ ...credentials, keys: { profile: { kty: "oct" } } })],
  ])(
    "that is damaged (%s) counts as not signed in, is not quoted, and may be replaced",
    async (_, content) => {
      const store = await withContent(content);
      const failure = await failureOf(store.load());
      expect(failure).toMatchObject({ code: "not_signed_in" });
      expect((failure as Error).message).not.toContain("secret");
      await store.save(other, null);
      expect(await store.load()).toEqual(other);
    },
  );

  test("too large to be ours is not read", async () => {
    const store = await withContent(" ".repeat(2 * 1024 * 1024));
    expect(await failureOf(store.load())).toMatchObject({ code: "usage" });
  });
});

function start(folder: string, action: string, number: number) {
  const child = spawn(process.execPath, [program, folder, action, String(number)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

describe("several processes", () => {
  test("write in turns: every file read meanwhile is whole, and nothing is left behind", async () => {
    const folder = await newFolder();
    const store = storeIn(folder);
    await store.save(credentials, null);
    const endings = [1, 2].map((number) => once(start(folder, "save", number), "exit"));
    let running = true;
    const isRunning = () => running;
    const all = Promise.all(endings).then((codes) => {
      running = false;
      return codes;
    });
    while (isRunning()) expect(await store.load()).not.toBeNull();
    expect((await all).map(([code]) => code)).toEqual([0, 0]);
    expect(await readdir(folder)).toEqual(["credentials.json"]);
  });

  test("a lock left by one that died is taken over, by watching it", async () => {
    const folder = await newFolder();
    await mkdir(folder, { mode: 0o700 });
    await once(start(folder, "die holding the lock", 1), "exit");
    expect(await readdir(folder)).toEqual(["credentials.json.lock"]);
    const clock = new JumpingClock();
    const store = storeIn(folder, clock);
    await store.save(credentials, null);
    expect(clock.elapsed).toBeGreaterThanOrEqual(3000);
    expect(await readdir(folder)).toEqual(["credentials.json"]);
  });

  test("a lock that keeps changing hands is waited for, but not for ever", async () => {
    const folder = await newFolder();
    await mkdir(folder, { mode: 0o700 });
    const clock = new JumpingClock();
    const store = storeIn(folder, clock);
    let turn = 0;
    const after = clock.after.bind(clock);
    clock.after = (milliseconds, action) =>
      after(milliseconds, () => {
        void writeFile(`${store.path}.lock`, `holder ${turn++}`).then(action);
      });
    await writeFile(`${store.path}.lock`, "holder");
    expect(await failureOf(store.save(credentials, null))).toMatchObject({
      code: "usage",
      message: expect.stringContaining("locked"),
    });
  });

  test("what one left unfinished is cleared away by the next", async () => {
    const folder = await newFolder();
    const store = storeIn(folder);
    await store.save(credentials, null);
    await writeFile(`${store.path}.0123456789abcdef.tmp`, "half a fi", { mode: 0o600 });
    await writeFile(join(folder, "config.json"), "{}");
    await store.save(other, credentials);
    expect((await readdir(folder)).sort()).toEqual(["config.json", "credentials.json"]);
  });

  test("one that is killed while writing leaves the old file or the new one", async () => {
    for (let round = 0; round < 5; round++) {
      const folder = await newFolder();
      const store = storeIn(folder);
      const child = start(folder, "write forever", round);
      // Once there is a file it is always in the middle of a next one.
      while ((await store.load()) === null) await setImmediate();
      child.kill("SIGKILL");
      await once(child, "exit");
      expect(await store.load()).not.toBeNull();
      await store.save(other, credentials);
      expect(await readdir(folder)).toEqual(["credentials.json"]);
    }
  });
});
