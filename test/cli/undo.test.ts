/** What a host says of the device it signed in, and undoing it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { cleanUp, run, start } from "./harness.ts";
import { closeTerminals, CTRL_C, ENTER, HAS_TERMINALS, Terminal, WHY_NOT } from "./pty.ts";
import { createWorld, EMAIL, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const ATTACHED = "/auth/v1/account/attached_clients";
const ASKS = /Sign that device in to andré@example\.org\?/;
const OFFERS_UNDO = /"(.*)" \(desktop\) is signed in\. \(u: .*, Enter: done\) /;
/** Longer than the first moment of a question, in which no key counts. */
const PRESS_EVERY_MS = 400;

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

const check = (folder: string) => run(["status", "--check", "--config-dir", folder]);

function joinWith(url: string, name: string, extra: readonly string[] = []) {
  const folder = world.newFolder();
  const args = ["join", ...world.servers, "--config-dir", folder, "--yes", "--device-name", name];
  return { folder, program: start([...args, ...extra, "-"], { input: url }) };
}

describe("a host that nobody watches", () => {
  it("names the new device and how to remove it, after the completion", async () => {
    const { program: host, url, folder } = await world.host();
    expect(await joinWith(url, "laptop").program.exit).toBe(0);
    expect(await host.exit).toBe(0);
    expect(host.events.map(({ event }) => event).slice(-2)).toEqual(["complete", "added"]);
    const device = host.events.at(-1)?.device as { id: string; name: string };
    expect(device).toMatchObject({ name: "laptop", type: "desktop", thisDevice: false });
    const removed = await run(["devices", "remove", device.id, "--yes", "--config-dir", folder]);
    expect(removed.status).toBe(0);
  });

  it("names none when the list cannot be had, and keeps nobody out for that", async () => {
    world.accounts.faults.add({ path: ATTACHED, fault: { kind: "unavailable" } });
    const { program: host, url } = await world.host();
    const { program, folder } = joinWith(url, "laptop");
    expect([await program.exit, await host.exit]).toEqual([0, 0]);
    expect(host.events.at(-1)).toMatchObject({ event: "added", device: null, candidates: [] });
    expect((await check(folder)).status).toBe(0);
  });
});

describe.skipIf(!HAS_TERMINALS)(`a host in a terminal (${WHY_NOT})`, () => {
  async function paired(name: string, extra: readonly string[] = []) {
    const folder = await world.hostFolder();
    const env = { FXA_PAIR_ACCESSIBLE: "1" };
    const args = ["host", ...world.servers, "--config-dir", folder, "--qr", "none"];
    const host = new Terminal(args, { env });
    const [url] = await host.shows(/^http:\S+#channel_id=\S{22}&channel_key=\S{43}$/m);
    const joined = joinWith(url, name, extra);
    await host.answer(ASKS, "y");
    expect(await joined.program.exit).toBe(0);
    const [, named] = await host.shows(OFFERS_UNDO);
    expect(named).toBe(name);
    expect(host.text).toMatch(/Remove it at once: fxa-pair devices remove [0-9a-f]{8}\n/);
    return { host, folder, joined: joined.folder };
  }

  async function press(host: Terminal, key: string): Promise<number> {
    const pressing = setInterval(() => {
      host.type(key);
    }, PRESS_EVERY_MS);
    return host.exit.finally(() => {
      clearInterval(pressing);
    });
  }

  it("removes the device again when u is pressed", async () => {
    const { host, folder, joined } = await paired("not mine");
    expect(await press(host, "u")).toBe(0);
    expect(host.text).toMatch(/Removed: "not mine" \(desktop\) is signed out\./);
    expect(host.settings.after).toBe(host.settings.before);
    expect((await check(joined)).status).toBe(10);
    expect((await check(folder)).status).toBe(0);
  });

  it("removes the session with it that lets it sign in others", async () => {
    const { host, joined } = await paired("a host to be", ["--can-host"]);
    const session = storedCredentials(joined)?.sessionToken;
    expect(session).toBeDefined();
    const { store } = world.accounts;
    const uid = store.findAccountByEmail(EMAIL)?.uid ?? "";
    const before = store.sessions.of(uid).length;
    expect(await press(host, "u")).toBe(0);
    expect(store.sessions.of(uid)).toHaveLength(before - 1);
    expect((await run(["host", ...world.servers, "--config-dir", joined, "--yes"])).status).toBe(10);
  });

  it.each([
    ["Enter", ENTER, 0],
    ["Ctrl-C", CTRL_C, 130],
  ])("leaves it signed in after %s", async (_name, key, status) => {
    const { host, joined } = await paired("mine");
    expect(await press(host, key)).toBe(status);
    expect(host.settings.after).toBe(host.settings.before);
    expect((await check(joined)).status).toBe(0);
  });
});
