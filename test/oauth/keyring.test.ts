/** Credentials in the system's keyring, with one in memory in its place. */
import { mkdtemp, readdir, readFile, stat, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemRandom } from "../../src/lib/random.ts";
import { KEYRING, LocalCredentialStore } from "../../src/oauth/credential-store.ts";
import type { StorePlace } from "../../src/oauth/credential-store.ts";
import { SystemKeyring } from "../../src/oauth/keyring.ts";
import { exampleCredentials } from "./example-credentials.ts";
import { FakeKeyring } from "./fake-keyring.ts";
import { failureOf, JumpingClock, StoppedClock } from "./support.ts";

const credentials = exampleCredentials({ email: "pérson@example.com" });
const other = exampleCredentials({ refreshToken: "d4".repeat(32) });

async function newPlace() {
  const folder = join(await mkdtemp(join(tmpdir(), "keyring-")), "config");
  const fake = new FakeKeyring();
  const moves: StorePlace[] = [];
  const store = (preferred?: StorePlace) => {
    const clock = new JumpingClock();
    const keyring = new SystemKeyring(clock, "linux", fake.open);
    const onMove = (place: StorePlace) => moves.push(place);
    return new LocalCredentialStore({ folder, clock, random: systemRandom, keyring, preferred, onMove });
  };
  const file = join(folder, "credentials.json");
  return { folder, file, fake, store, moves, text: () => readFile(file, "utf8") };
}

describe("credentials in the keyring", () => {
  test("are given back, by whoever asks later without saying where, and forgotten", async () => {
    const { store, fake, text, folder } = await newPlace();
    await store("keyring").save(credentials, null);
    const later = store();
    expect(await later.load()).toEqual(credentials);
    expect(later.path).toBe(KEYRING);
    expect(await text()).not.toMatch(new RegExp(`${credentials.refreshToken}|${credentials.email}`));
    await store().remove(credentials);
    expect([fake.secrets.size, await readdir(folder)]).toEqual([0, []]);
    expect(await store().load()).toBeNull();
  });

  test("stay there when they are replaced by somebody who does not say where", async () => {
    const { store, fake } = await newPlace();
    await store("keyring").save(credentials, null);
    await store().save(other, credentials);
    expect(await store().load()).toEqual(other);
    expect(fake.secrets.size).toBe(1);
  });

  test("are guarded as those in a file: somebody who signed in meanwhile keeps them", async () => {
    const { store } = await newPlace();
    await store("keyring").save(other, null);
    for (const preferred of ["keyring", "file", undefined] as const) {
      const failure = await failureOf(store(preferred).save(credentials, null));
      expect(failure).toMatchObject({ code: "usage", message: expect.stringContaining("meanwhile") });
    }
    expect(await store().load()).toEqual(other);
    await store().remove(credentials);
    expect(await store().load()).toEqual(other);
  });

  test("of each configuration folder are its own", async () => {
    const [one, two] = [await newPlace(), await newPlace()];
    const store = new LocalCredentialStore({
      ...{
        folder: two.folder,
        clock: new JumpingClock(),
        random: systemRandom,
        preferred: "keyring" as const,
      },
      keyring: new SystemKeyring(new JumpingClock(), "linux", one.fake.open),
    });
    await one.store("keyring").save(credentials, null);
    await store.save(other, null);
    expect(await one.store().load()).toEqual(credentials);
    expect(await store.load()).toEqual(other);
  });

  test("that are gone from it count as none, and may be replaced", async () => {
    const { store, fake } = await newPlace();
    await store("keyring").save(credentials, null);
    fake.secrets.clear();
    expect(await store().load()).toBeNull();
    await store().save(other, null);
    expect(await store().load()).toEqual(other);
  });

  test("that are damaged are not used, and may be replaced", async () => {
    const { store, fake } = await newPlace();
    await store("keyring").save(credentials, null);
    for (const name of fake.secrets.keys()) fake.secrets.set(name, Buffer.from("{}"));
    expect(await failureOf(store().load())).toMatchObject({ code: "not_signed_in" });
    await store().save(other, null);
    expect(await store().load()).toEqual(other);
  });
});

describe("moving", () => {
  test.each([
    ["file", "keyring"],
    ["keyring", "file"],
  ] as const)("from the %s to the %s is done by asking for it there, once, and said", async (from, to) => {
    const { store, moves, fake, text, file, folder } = await newPlace();
    await store(from).save(credentials, null);
    const moved = store(to);
    expect(await moved.load()).toEqual(credentials);
    expect(moved.path).toBe(to === "file" ? file : KEYRING);
    expect(await store(to).load()).toEqual(credentials);
    expect(moves).toEqual([to]);
    expect(fake.secrets.size).toBe(to === "keyring" ? 1 : 0);
    expect((await text()).includes(credentials.refreshToken)).toBe(to === "file");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(["credentials.json"]);
  });

  test("to the keyring takes the file that somebody was killed over along", async () => {
    const { store, folder } = await newPlace();
    await store("file").save(credentials, null);
    await writeFile(join(folder, "credentials.json.0123.tmp"), "half of them", { mode: 0o600 });
    await store("keyring").load();
    expect(await readdir(folder)).toEqual(["credentials.json"]);
  });

  test("happens by saving, too", async () => {
    const { store, fake, text } = await newPlace();
    await store("keyring").save(credentials, null);
    await store("file").save(other, credentials);
    expect(fake.secrets.size).toBe(0);
    expect(await text()).toContain(other.refreshToken);
  });

  test("into a keyring that refuses leaves the file as it was", async () => {
    const { store, fake, text, folder } = await newPlace();
    await store("file").save(credentials, null);
    const before = await text();
    fake.broken = new Error("locked");
    expect(await failureOf(store("keyring").load())).toMatchObject({ code: "usage" });
    expect([await text(), await readdir(folder)]).toEqual([before, ["credentials.json"]]);
    expect(await store("file").load()).toEqual(credentials);
  });

  test("nothing moves where nobody is signed in", async () => {
    const { store, fake } = await newPlace();
    expect(await store("keyring").load()).toBeNull();
    expect(fake.uses).toEqual([]);
  });
});

describe("a keyring that cannot be used", () => {
  test.each([
    ["linux", /no keyring service/, /--store file/],
    ["darwin", /denied/, /--store file/],
  ])("on %s is told with what to do, in none of the package's words", async (platform, what, hint) => {
    const fake = new FakeKeyring();
    fake.broken = new Error("DBus error: autolaunch of org.freedesktop");
    const keyring = new SystemKeyring(new JumpingClock(), platform, fake.open);
    for (const use of [() => keyring.read("x"), () => keyring.write("x", "y"), () => keyring.remove("x")]) {
      expect(await failureOf(use())).toMatchObject({
        code: "usage",
        message: expect.stringMatching(what),
        hint: expect.stringMatching(hint),
      });
    }
  });

  test("is the same where the package does not load", async () => {
    const open = () => Promise.reject(new Error("no native binding"));
    const keyring = new SystemKeyring(new JumpingClock(), "linux", open);
    expect(await failureOf(keyring.read("x"))).toMatchObject({ code: "usage" });
  });

  test("is not waited for for ever", async () => {
    const clock = new StoppedClock();
    const keyring = new SystemKeyring(clock, "linux", () => new Promise(() => undefined));
    const reading = failureOf(keyring.read("x"));
    clock.fire();
    expect(await reading).toMatchObject({ code: "usage" });
  });

  test("is found out before somebody signs in, where it was asked for", async () => {
    const { store, fake } = await newPlace();
    fake.broken = new Error("locked");
    expect(await failureOf(store("keyring").checkPlace())).toMatchObject({ code: "usage" });
    await store("file").checkPlace();
    await store().checkPlace();
    fake.broken = undefined;
    await store("keyring").checkPlace();
  });

  test.each([undefined, "file", "keyring"] as const)(
    "and has the credentials leaves a way out, whatever place is asked for (%s)",
    async (place) => {
      const { store, fake, file } = await newPlace();
      await store("keyring").save(credentials, null);
      fake.broken = new Error("locked");
      const attempts = [
        () => store(place).load(),
        () => store(place).save(other, null),
        () => store(place).remove(),
      ];
      for (const attempt of attempts) {
        expect(await failureOf(attempt())).toMatchObject({
          code: "usage",
          message: expect.stringContaining("keyring"),
          hint: expect.stringMatching(new RegExp(`delete ${file} and sign in`)),
        });
      }
      await unlink(file);
      await store("file").save(other, null);
      expect(await store().load()).toEqual(other);
    },
  );

  test("is not touched for credentials in a file", async () => {
    const { store, fake } = await newPlace();
    await store().save(credentials, null);
    await store().load();
    await store().remove();
    expect(fake.uses).toEqual([]);
  });

  test("is not silently replaced by a file", async () => {
    const { store, fake, folder } = await newPlace();
    fake.broken = new Error("locked");
    expect(await failureOf(store("keyring").save(credentials, null))).toMatchObject({ code: "usage" });
    expect(await readdir(folder)).toEqual([]);
  });

  test("keeps its credentials when they cannot be removed", async () => {
    const { store, fake, text } = await newPlace();
    await store("keyring").save(credentials, null);
    const before = await text();
    fake.broken = new Error("locked");
    expect(await failureOf(store().remove(credentials))).toMatchObject({ code: "usage" });
    expect(await text()).toBe(before);
  });
});

test("an entry of a newer version is refused untouched", async () => {
  const { store, fake, file } = await newPlace();
  await store("keyring").save(credentials, null);
  await writeFile(file, JSON.stringify({ version: 2, store: "cloud" }), { mode: 0o600 });
  const failure = await failureOf(store().save(other, null));
  expect(failure).toMatchObject({ code: "usage", message: expect.stringContaining("newer") });
  expect(fake.secrets.size).toBe(1);
});
