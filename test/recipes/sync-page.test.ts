/** docs/sync-clients.md and its example: what they hand over opens what a Sync server has. */
import { copyFileSync, cpSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cleanUp } from "../cli/harness.ts";
import { signInHere } from "../cli/signed-in.ts";
import { createWorld, EMAIL, PASSWORD, storedCredentials } from "../cli/world.ts";
import type { World } from "../cli/world.ts";
import { Page } from "./blocks.ts";
import { Machine } from "./machine.ts";
import { startSyncServer } from "./sync-server.ts";
import type { SyncServer } from "./sync-server.ts";

vi.setConfig({ testTimeout: 120_000 });

const OLDSYNC = "https://identity.mozilla.com/apps/oldsync";
const EXAMPLE = fileURLToPath(new URL("../../docs/examples/sync-session.mjs", import.meta.url));
const page = new Page("sync-clients.md");

let world: World;
let machine: Machine;
let sync: SyncServer;
let credentials: { uid: string; refreshToken: string; keys: Record<string, { k: string; kid: string }> };

beforeAll(async () => {
  world = await createWorld();
  machine = new Machine({ server: world.accounts.url, relay: world.relay.url });
  const signedIn = await signInHere(world.accounts.url, EMAIL, PASSWORD);
  mkdirSync(dirname(machine.configFolder), { recursive: true });
  cpSync(signedIn, machine.configFolder, { recursive: true });
  copyFileSync(join(signedIn, "credentials.json"), join(machine.folder, "credentials.json"));
  copyFileSync(EXAMPLE, join(machine.folder, "sync-session.mjs"));
  credentials = storedCredentials(signedIn) as unknown as typeof credentials;
  sync = await startSyncServer({ accounts: world.accounts.url, key: keyOf(credentials) });
});

afterAll(async () => {
  sync.close();
  machine.close();
  await cleanUp();
  await world.close();
});

function keyOf({ keys }: typeof credentials): { k: string; kid: string } {
  const key = keys[OLDSYNC];
  if (key === undefined) throw new Error("no key for Sync");
  return key;
}

const bash = (script: string) =>
  machine.bash(script, ["-e", "-o", "pipefail"], {
    PLAYED_TOKEN_SERVER: sync.url,
    SYNC_TOKEN_SERVER: sync.url,
  });
const made = (name: string) => JSON.parse(readFileSync(join(machine.folder, name), "utf8")) as unknown;
const hex = (base64: string) => Buffer.from(base64, "base64").toString("hex");

describe.runIf(process.platform !== "win32")("the page", () => {
  it("gets a storage token for the access token and the key's id", async () => {
    const ran = await bash(page.take("Handing a sign-in to a Sync client", "sh"));
    expect(ran.status, ran.log).toBe(0);
    expect(JSON.parse(ran.log)).toMatchObject({ id: "storage-id", api_endpoint: `${sync.url}/1.5/1` });
  });

  it("makes the files that clients take, readable by their owner alone", async () => {
    const before = Date.now();
    const ran = await bash(page.take("What clients take", "sh"));
    expect(ran.status, ran.log).toBe(0);
    const storage = { id: "storage-id", key: "storage-key", duration: 3600 };

    const { default: pair, collections } = sync.collectionKeys;
    const ffsclient = made("firefox-sync-client.secret");
    expect(ffsclient).toMatchObject({
      mail: EMAIL,
      userID: credentials.uid,
      refreshToken: credentials.refreshToken,
      hawk: {
        apiEndpoint: `${sync.url}/1.5/1`,
        id: storage.id,
        key: storage.key,
        algorithm: "sha256",
        bulkKeys: { "": pair.map(hex), bookmarks: collections.bookmarks?.map(hex) },
      },
    });
    const { timeout } = ffsclient as { timeout: number };
    expect(timeout / 1000 - storage.duration * 1000).toBeGreaterThanOrEqual(before);
    expect(timeout / 1000 - storage.duration * 1000).toBeLessThanOrEqual(Date.now());

    const { k, kid } = keyOf(credentials);
    const bytes = Buffer.from(k, "base64url");
    expect(made("firefox-sync.json")).toMatchObject({
      oauthToken: { scope: OLDSYNC, refresh_token: credentials.refreshToken },
      syncKeyBundle: {
        encryptionKey: bytes.subarray(0, 32).toString("base64"),
        hmacKey: bytes.subarray(32).toString("base64"),
        kid,
      },
      token: storage,
    });
    for (const name of ["firefox-sync-client.secret", "firefox-sync.json"]) {
      expect(statSync(join(machine.folder, name)).mode & 0o777).toBe(0o600);
    }
  });

  it("makes nothing of records that were not made with this account's key", async () => {
    const other = { ...keyOf(credentials), k: Buffer.alloc(64, 7).toString("base64url") };
    const key = { [OLDSYNC]: other };
    writeFileSync(join(machine.folder, "other.json"), JSON.stringify({ ...credentials, keys: key }));
    const token = `fxa-pair token --scope ${OLDSYNC} --json`;
    const ran = await bash(`${token} | node sync-session.mjs ffsclient other.json`);
    expect(ran.status).toBe(1);
    expect(ran.log).toContain("not made with this account's key");
    expect(ran.log).not.toContain(other.k);
  });

  it("has no code that was not run", () => {
    expect(page.left).toEqual([]);
  });
});
