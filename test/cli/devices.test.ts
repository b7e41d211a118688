/** Listing and removing the account's devices, by real processes against the accounts stand-in. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { cleanUp, run } from "./harness.ts";
import { closeTerminals, HAS_TERMINALS, Terminal, WHY_NOT } from "./pty.ts";
import { createWorld, EMAIL, PASSWORD, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

interface Listed {
  readonly id: string;
  readonly name: string | null;
  readonly thisDevice: boolean;
}

let world: World;

beforeAll(async () => {
  world = await createWorld();
});

afterEach(() => {
  world.accounts.faults.clear();
});

afterAll(async () => {
  await closeTerminals();
  await cleanUp();
  await world.close();
});

async function signIn(deviceName: string): Promise<string> {
  const folder = world.newFolder();
  const args = ["login", ...world.servers, "--config-dir", folder, "--email", EMAIL, "--password-stdin"];
  const ended = await run([...args, "--device-name", deviceName], { input: PASSWORD });
  expect(ended.status, ended.stderr).toBe(0);
  return folder;
}

/** Signed in by pairing, so without a session. */
async function pair(deviceName: string): Promise<string> {
  const { url, program } = await world.host();
  const folder = world.newFolder();
  const args = ["join", ...world.servers, "--config-dir", folder, "--yes", "--expect-email", EMAIL, "-"];
  const ended = await run([...args, "--device-name", deviceName], { input: url });
  expect(ended.status, ended.stderr).toBe(0);
  await program.exit;
  return folder;
}

const devices = (folder: string, ...args: string[]) => run(["devices", ...args, "--config-dir", folder]);

async function list(folder: string): Promise<readonly Listed[]> {
  const { events } = await run(["devices", "--config-dir", folder, "--json"]);
  return (events[0]?.devices ?? []) as readonly Listed[];
}

async function idOf(name: string, folder: string): Promise<string> {
  return (await list(folder)).find((device) => device.name === name)?.id ?? "";
}

const check = (folder: string) => run(["status", "--check", "--config-dir", folder]);

describe("fxa-pair devices", () => {
  it("lists the devices, this one first, in a table and as an event", async () => {
    const folder = await signIn("desk");
    const other = await signIn("attic");
    const { stdout, status } = await devices(folder);
    expect(status).toBe(0);
    expect(stdout.split("\n")[0]).toMatch(/^[0-9a-f]{8} {2}desk +desktop +this device$/);
    expect(stdout).toMatch(/^[0-9a-f]{8} {2}attic +desktop +seen just now$/m);
    const { events } = await run(["devices", "--config-dir", folder, "--json"]);
    expect(events).toHaveLength(1);
    expect((await list(other))[0]).toMatchObject({ name: "attic", thisDevice: true });
    const [first] = await list(folder);
    expect(first).toMatchObject({
      id: storedCredentials(folder)?.deviceId,
      name: "desk",
      type: "desktop",
      thisDevice: true,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      idle: expect.any(Number) as number,
    });
  });

  it("shows nothing that opens a session", async () => {
    const folder = await signIn("desk");
    const { store } = world.accounts;
    const uid = store.findAccountByEmail(EMAIL)?.uid ?? "";
    const { stdout } = await run(["devices", "--config-dir", folder, "--json"]);
    expect(store.sessions.of(uid).length).toBeGreaterThan(0);
    for (const session of store.sessions.of(uid)) expect(stdout).not.toContain(session.id.slice(0, 16));
  });

  it("works on a device that joined and has no session", async () => {
    const folder = await pair("laptop");
    expect(await list(folder)).toContainEqual(
      expect.objectContaining({ name: "laptop", thisDevice: true }) as Listed,
    );
  });

  it("needs somebody who is signed in", async () => {
    expect((await devices(world.newFolder())).status).toBe(10);
  });

  it("shows a name that would move the cursor as escapes", async () => {
    const folder = await signIn("desk");
    const { store } = world.accounts;
    const uid = store.findAccountByEmail(EMAIL)?.uid ?? "";
    const device = store.devices.find(uid, String(storedCredentials(folder)?.deviceId));
    if (device) store.devices.update(device, { name: "a\u0300\u202eb" });
    const { stdout } = await devices(folder);
    expect(stdout).not.toContain("\u202e");
  });
});

describe("fxa-pair devices remove", () => {
  it("signs the device out by the first digits of its id, and says so", async () => {
    const [folder, gone] = [await signIn("desk"), await pair("lost laptop")];
    const id = await idOf("lost laptop", folder);
    const ended = await devices(folder, "remove", id.slice(0, 8), "--yes");
    expect([ended.status, ended.stderr]).toEqual([0, 'Removed: "lost laptop" (desktop) is signed out.\n']);
    expect((await check(gone)).status).toBe(10);
    expect((await check(folder)).status).toBe(0);
    expect(await idOf("lost laptop", folder)).toBe("");
    expect((await devices(folder, "remove", id, "--yes")).status).toBe(2);
  });

  it("says what may be left of one that signed in with the password", async () => {
    const folder = await signIn("desk");
    const gone = await signIn("bench");
    const ended = await devices(folder, "remove", await idOf("bench", folder), "--yes");
    expect([ended.status, ended.stderr]).toEqual([
      0,
      expect.stringMatching(/warning: it may still have tokens/),
    ]);
    const rest = /fxa-pair devices remove ([0-9a-f]+)/.exec(ended.stderr)?.[1];
    // Where several came in these minutes, which one it is cannot be told.
    if (rest === undefined) return;
    expect((await devices(folder, "remove", rest, "--yes")).status).toBe(0);
    expect((await run(["token", "--scope", "profile", "--config-dir", gone])).status).toBe(10);
  });

  it("works without a session", async () => {
    const [folder, gone] = [await pair("phone"), await signIn("old desk")];
    const id = await idOf("old desk", folder);
    const { status, events } = await run([
      "devices",
      "remove",
      id,
      "--yes",
      "--json",
      "--config-dir",
      folder,
    ]);
    expect([status, events]).toMatchObject([0, [{ event: "removed", device: { name: "old desk", id } }]]);
    expect((await check(gone)).status).toBe(10);
  });

  it.each([
    ["this very device", "own", /this very device[^]*fxa-pair logout/],
    ["an unknown one", "0".repeat(32), /No device/],
    ["one too short", "abc", /no device's id/],
    ["none", undefined, /No device was named/],
    ["what is no id", "../../etc", /no device's id/],
  ])("refuses %s", async (_name, given, words) => {
    const folder = await signIn("desk");
    const id = given === "own" ? String(storedCredentials(folder)?.deviceId) : given;
    const { status, stderr } = await devices(folder, "remove", ...(id === undefined ? [] : [id]), "--yes");
    expect([status, stderr]).toEqual([2, expect.stringMatching(words)]);
    expect((await check(folder)).status).toBe(0);
  });

  it("does nothing by itself where nobody can be asked", async () => {
    const folder = await signIn("desk");
    const before = world.accounts.requests.all().length;
    const { status, stderr } = await devices(folder, "remove", "0".repeat(32));
    expect([status, stderr]).toEqual([2, expect.stringMatching(/--yes/)]);
    expect(world.accounts.requests.all()).toHaveLength(before);
  });

  it.skipIf(!HAS_TERMINALS).each([
    ["n", 3, true],
    ["\r", 3, true],
    ["y", 0, false],
  ])(`asks first, and takes %j for what it is (${WHY_NOT})`, async (key, status, stays) => {
    const name = `asked ${status} ${key.codePointAt(0) ?? 0}`;
    const [folder, other] = [await signIn("desk"), await signIn(name)];
    const id = await idOf(name, folder);
    const env = { FXA_PAIR_ACCESSIBLE: "1" };
    const terminal = new Terminal(["devices", "remove", id, "--config-dir", folder], { env });
    await terminal.answer(new RegExp(`Remove "${name}" \\(desktop\\) and sign it out\\?`), key);
    expect(await terminal.exit).toBe(status);
    expect((await check(other)).status).toBe(stays ? 0 : 10);
  });

  it("says so when the server cannot be reached", async () => {
    const folder = await signIn("desk");
    world.accounts.faults.add({ path: "/auth/v1/account/attached_clients", fault: { kind: "unavailable" } });
    expect((await devices(folder)).status).toBe(6);
  });

  it("has no setting that answers for the user", async () => {
    const [folder, other] = [await signIn("desk"), await signIn("kept")];
    const id = await idOf("kept", folder);
    const args = ["devices", "remove", id, "--config-dir", folder];
    expect((await run(args, { env: { FXA_PAIR_YES: "1" } })).status).toBe(2);
    expect((await check(other)).status).toBe(0);
  });
});
