/** A device that was signed in by pairing signs in the next one, with the right to do so or not at all. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cleanUp, run, start } from "./harness.ts";
import type { JsonEvent } from "./harness.ts";
import { createWorld, EMAIL, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const OLDSYNC = "https://identity.mozilla.com/apps/oldsync";
const SESSION = "https://identity.mozilla.com/tokens/session";

// Up to eight processes one after another, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 120_000 });

/** Two worlds for their two relays; the accounts server is the first one's. */
let world: World;
let elsewhere: World;

beforeAll(async () => {
  [world, elsewhere] = await Promise.all([createWorld(), createWorld()]);
});

afterAll(async () => {
  await cleanUp();
  await Promise.all([world.close(), elsewhere.close()]);
});

const through = (relay: string) => ["--server", world.accounts.url, "--channel-server", relay];

interface Link {
  /** Config directory of the device that signs the next one in. */
  readonly from: string;
  readonly relay?: string;
  readonly host?: readonly string[];
  readonly join?: readonly string[];
}

interface Pairing {
  readonly folder: string;
  readonly statuses: readonly number[];
  readonly authority: { readonly stderr: string };
  readonly supplicant: { readonly stderr: string };
}

/** How what one device shows gets to the other. */
interface Showing {
  /** Options of the device that shows it. */
  readonly show: readonly string[];
  /** Arguments of the one that reads it on its standard input. */
  readonly take: readonly string[];
  readonly shown: (channel: JsonEvent) => string;
}

/** Signs a new device in from another one, which shows a code; both sides' statuses, and the new device's folder. */
async function pairShown(
  { from, relay = world.relay.url, host = [], join: joining = [] }: Link,
  { show, take, shown }: Showing,
): Promise<Pairing> {
  const common = [...through(relay), "--json", "--yes"];
  const authority = start(["host", ...common, "--config-dir", from, ...show, ...host]);
  const channel = await authority.event("channel");
  if (relay === elsewhere.relay.url) expect(elsewhere.relay.stats().channels).toBe(1);
  const folder = world.newFolder();
  const supplicant = await run(
    ["join", ...common, "--config-dir", folder, "--expect-email", EMAIL, ...joining, ...take],
    { input: shown(channel) },
  );
  return { folder, statuses: [await authority.exit, supplicant.status], authority, supplicant };
}

/** By a pairing URL. */
function pair(link: Link): Promise<Pairing> {
  const urlFile = join(link.from, `url-${randomBytes(4).toString("hex")}`);
  return pairShown(link, {
    show: ["--url-out", urlFile],
    take: ["-"],
    shown: () => readFileSync(urlFile, "utf8"),
  });
}

/** By a code to type. */
function pairTyped(link: Link): Promise<Pairing> {
  return pairShown(link, { show: ["--code"], take: ["--code", "-"], shown: ({ code }) => String(code) });
}

/** The other way round: the new device shows its code, and the request that this announces is approved. */
async function pairReversed({
  from,
  relay = world.relay.url,
  host = [],
  join: joining = [],
}: Link): Promise<Pairing> {
  const folder = world.newFolder();
  const common = [...through(relay), "--json", "--yes"];
  const showing = ["join", ...common, "--config-dir", folder, "--expect-email", EMAIL, ...joining];
  const supplicant = start([...showing, "--show"]);
  const { url } = await supplicant.event("channel");
  const fingerprint = new URLSearchParams(new URL(String(url)).hash.slice(1)).get("fp") ?? "";
  const scanning = ["host", ...common, "--config-dir", from, "--expect-fingerprint", fingerprint, ...host];
  const authority = await run([...scanning, "--scan", "-"], { input: String(url) });
  return { folder, statuses: [authority.status, await supplicant.exit], authority, supplicant };
}

/** One that may sign in others. */
async function pairNextHost(
  from: string,
  relay = world.relay.url,
  way: (link: Link) => Promise<Pairing> = pair,
): Promise<string> {
  const link = { from, relay, host: ["--allow-scope", SESSION], join: ["--can-host"] };
  const { folder, statuses, supplicant } = await way(link);
  expect(statuses, supplicant.stderr).toEqual([0, 0]);
  return folder;
}

/** The accounts server takes what these devices have. */
async function expectAccepted(...folders: readonly string[]): Promise<void> {
  const checks = await Promise.all(
    folders.map((folder) => run(["status", "--check", "--config-dir", folder])),
  );
  expect(checks.map(({ status }) => status)).toEqual(folders.map(() => 0));
}

describe("devices in a row", () => {
  it("end up with one account and its keys over whichever relay each pair meets, and stand for themselves", async () => {
    const first = await world.hostFolder();
    const second = await pairNextHost(first, world.relay.url);
    const third = await pairNextHost(second, elsewhere.relay.url);
    const { folder: fourth, statuses } = await pair({ from: third });
    expect(statuses).toEqual([0, 0]);

    const kept = [first, second, third, fourth].map((folder) => storedCredentials(folder));
    for (const credentials of kept) {
      expect(credentials).toMatchObject({ email: EMAIL, uid: kept[0]?.uid, keys: kept[0]?.keys });
    }
    expect(new Set(kept.map((credentials) => credentials?.refreshToken)).size).toBe(4);
    // The last was not given the right to go on.
    expect(kept.map((credentials) => "sessionToken" in (credentials ?? {}))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    await expectAccepted(second, third, fourth);

    // Signing out one in the middle takes nothing from those after it.
    expect((await run(["logout", "--config-dir", second])).status).toBe(0);
    await expectAccepted(third, fourth);
    const fifth = await pairNextHost(third);
    await expectAccepted(fifth);
  });

  it("may each show a code, to scan or to type, or read the next one's", async () => {
    const first = await world.hostFolder();
    const second = await pairNextHost(first, elsewhere.relay.url, pairReversed);
    const third = await pairNextHost(second, world.relay.url, pairTyped);
    const fourth = await pairNextHost(third, elsewhere.relay.url, pairTyped);
    const { folder: fifth, statuses, authority } = await pairReversed({ from: fourth });
    expect(statuses, authority.stderr).toEqual([0, 0]);
    expect(storedCredentials(fifth)?.keys).toEqual(storedCredentials(first)?.keys);
    await expectAccepted(second, third, fourth, fifth);
  });
});

describe("a chain ends", () => {
  it("where the right to sign in others was not asked for: exit 10, before a channel is opened", async () => {
    const { folder } = await pair({ from: await world.hostFolder() });
    const next = await run(["host", ...world.servers, "--config-dir", folder, "--json", "--yes"]);
    expect(next.status).toBe(10);
    expect(next.events.map(({ event }) => event)).toEqual(["error"]);
    expect(next.stderr + next.stdout).toContain("--can-host");
  });

  it("where a host that is not watched was not told to hand that right on", async () => {
    const { folder, statuses } = await pairTyped({ from: await world.hostFolder(), join: ["--can-host"] });
    expect(statuses).toEqual([8, 4]);
    expect(storedCredentials(folder)).toBeUndefined();
  });

  it("where a key is asked for that the host itself was not given", async () => {
    const link = { from: await world.hostFolder(), host: ["--allow-scope", SESSION] };
    const { folder: keyless } = await pair({ ...link, join: ["--can-host", "--scope", "profile"] });
    expect(storedCredentials(keyless)).toMatchObject({ keys: {}, scope: ["profile", SESSION] });
    const refused = await pair({ from: keyless });
    expect(refused.statuses).toEqual([10, 4]);
    expect(storedCredentials(refused.folder)).toBeUndefined();
    const granted = await pair({ from: keyless, join: ["--scope", "profile"] });
    expect(granted.statuses, granted.supplicant.stderr).toEqual([0, 0]);
    expect(storedCredentials(granted.folder)?.keys).not.toHaveProperty(OLDSYNC);
  });
});
