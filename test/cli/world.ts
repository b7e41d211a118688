/**
 * A small world on loopback for processes to live in: an accounts server that can be made to fail, a relay, one account,
 * and devices that are signed in to it. The servers run in the test's own process; the devices are real `fxa-pair`s.
 */
import { randomBytes } from "node:crypto";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startAccountsServer } from "../../src/accounts/server.ts";
import type { AccountsServer } from "../../src/accounts/server.ts";
import type { NewAccount } from "../../src/accounts/store.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import type { RandomSource } from "../../src/lib/random.ts";
import { silentLog } from "../../src/relay/log.ts";
import { startRelay } from "../../src/relay/server.ts";
import type { Relay } from "../../src/relay/server.ts";
import { parseSettings } from "../../src/relay/settings.ts";
import type { GivenSettings } from "../../src/relay/settings.ts";
import { run, start, temporaryFolder } from "./harness.ts";
import type { Program, ProgramOptions } from "./harness.ts";

export const EMAIL = "andré@example.org";
export const PASSWORD = "correct horse battery staple";
/** The client cannot tell how hard the server works: tests need not wait for it. */
const CHEAP_SCRYPT = 2;

export interface World {
  readonly accounts: AccountsServer;
  readonly relay: Relay;
  /** `--server` and `--channel-server` for this world. */
  readonly servers: readonly string[];
  /** A config directory of a device that is signed in and may host. */
  hostFolder(): Promise<string>;
  /** A config directory of a new device. */
  newFolder(): string;
  /** Starts a host that approves by itself and writes its URL into a file. */
  host(extra?: readonly string[], options?: ProgramOptions): Promise<HostProgram>;
  close(): Promise<void>;
}

export interface HostProgram {
  readonly program: Program;
  readonly folder: string;
  readonly url: string;
}

export interface WorldOptions {
  readonly relay?: GivenSettings;
  readonly account?: Partial<NewAccount>;
  /** Of both servers: whoever draws for them knows every secret they hand out. */
  readonly random?: RandomSource;
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const { random = systemRandom } = options;
  const settings = parseSettings({ host: "127.0.0.1", port: 0, ...options.relay });
  const relay = await startRelay({ settings, clock: systemClock, random, log: silentLog });
  const accounts = await startAccountsServer({
    clock: systemClock,
    random,
    pairingServer: () => relay.url,
    scryptCost: CHEAP_SCRYPT,
  });
  await accounts.store.createAccount({
    email: EMAIL,
    password: PASSWORD,
    displayName: "André",
    ...options.account,
  });
  const servers = ["--server", accounts.url, "--channel-server", relay.url];
  let signedIn: Promise<string> | undefined;

  const hostFolder = async (): Promise<string> => {
    signedIn ??= signIn(accounts.url);
    const copy = temporaryFolder();
    cpSync(await signedIn, copy, { recursive: true });
    return copy;
  };

  return {
    accounts,
    relay,
    servers,
    hostFolder,
    newFolder: () => join(temporaryFolder(), "config"),
    async host(extra = [], programOptions = {}) {
      const folder = await hostFolder();
      const urlFile = join(folder, `url-${randomBytes(4).toString("hex")}`);
      const args = [
        "host",
        ...servers,
        "--config-dir",
        folder,
        "--json",
        "--yes",
        "--url-out",
        urlFile,
        ...extra,
      ];
      const program = start(args, programOptions);
      await program.event("channel");
      return { program, folder, url: readFileSync(urlFile, "utf8").trim() };
    },
    async close() {
      await Promise.all([relay.close(), accounts.close()]);
    },
  };
}

async function signIn(server: string): Promise<string> {
  const folder = temporaryFolder();
  const args = [
    "login",
    "--server",
    server,
    "--config-dir",
    folder,
    "--email",
    EMAIL,
    "--password-stdin",
    "--json",
  ];
  const { status, stderr } = await run(args, { input: PASSWORD });
  if (status !== 0) throw new Error(`login failed: ${stderr}`);
  return folder;
}

/** What a device has stored, or undefined. */
export function storedCredentials(folder: string): Record<string, unknown> | undefined {
  const path = join(folder, "credentials.json");
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>) : undefined;
}
