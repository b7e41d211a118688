/**
 * One account, one signed-in device and one new device, each behind networks of its own, for one run after another. The
 * devices are real processes.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashToken } from "../../src/accounts/grant-table.ts";
import { encodeHex } from "../../src/lib/hex.ts";
import { OLDSYNC_SCOPE, PROFILE_SCOPE, SESSION_SCOPE } from "../../src/oauth/scopes.ts";
import { deriveTokenCredentials } from "../../src/oauth/session-token.ts";
import { start, temporaryFolder } from "../cli/harness.ts";
import type { Program, ProgramOptions } from "../cli/harness.ts";
import { signInHere } from "../cli/signed-in.ts";
import { storedCredentials } from "../cli/world.ts";
import type { World } from "../cli/world.ts";
import { CallsProxy } from "./calls-proxy.ts";
import { MessagesProxy } from "./messages-proxy.ts";

export type Side = "host" | "join";
export const SIDES: readonly Side[] = ["host", "join"];
const PASSWORD = "correct horse battery staple";

/** What one process said at its end. */
export interface End {
  readonly exit: number;
  /** The error, or the warnings of a run that ended well: what is particular to a run is left out. */
  readonly says: string;
}

/** What is there after a run that was not before. */
export interface Left {
  /** Whether the new device has whole credentials. */
  readonly signedIn: boolean;
  /** Files beside them, in either folder. */
  readonly files: readonly string[];
  /** Refresh tokens and sessions of the account that no device has. */
  readonly orphans: number;
}

interface Networks {
  readonly calls: CallsProxy;
  readonly messages: MessagesProxy;
}

export class Lane {
  readonly email: string;
  readonly networks: Readonly<Record<Side, Networks>>;
  readonly world: World;
  readonly #uid: string;
  readonly #hostFolder: string;
  #folders: Readonly<Record<Side, string>> = { host: "", join: "" };

  static async open(world: World, email: string): Promise<Lane> {
    const { uid } = await world.accounts.store.createAccount({ email, password: PASSWORD });
    const networks = async () => ({
      calls: await CallsProxy.start(world.accounts.url),
      messages: await MessagesProxy.start(world.relay.url),
    });
    const [host, joining] = [await networks(), await networks()];
    const folder = await signInHere(host.calls.url, email, PASSWORD);
    return new Lane(world, email, uid, folder, { host, join: joining });
  }

  private constructor(
    world: World,
    email: string,
    uid: string,
    hostFolder: string,
    networks: Record<Side, Networks>,
  ) {
    this.world = world;
    this.email = email;
    this.#uid = uid;
    this.#hostFolder = hostFolder;
    this.networks = networks;
  }

  get password(): string {
    return PASSWORD;
  }

  get folders(): Readonly<Record<Side, string>> {
    return this.#folders;
  }

  close(): void {
    for (const side of SIDES) {
      this.networks[side].calls.close();
      this.networks[side].messages.close();
    }
  }

  /** A fresh start: new folders, no mischief, nothing attached to the account but the signed-in device. */
  reset(): void {
    for (const side of SIDES) {
      this.networks[side].calls.reset();
      this.networks[side].messages.reset();
    }
    const { sessions, grants } = this.world.accounts.store;
    const held = this.#held([this.#hostFolder]);
    for (const { id } of sessions.of(this.#uid))
      if (!held.includes(id)) this.world.accounts.store.destroySession(id);
    for (const { id } of grants.refreshTokensOf(this.#uid))
      if (!held.includes(id)) this.world.accounts.store.destroyRefreshToken(id);
    const host = temporaryFolder();
    copyCredentials(this.#hostFolder, host);
    this.#folders = { host, join: join(temporaryFolder(), "config") };
  }

  /** Signs the new device in, with tokens of its own. */
  async signInNewDevice(): Promise<void> {
    const folder = await signInHere(this.networks.join.calls.url, this.email, PASSWORD);
    mkdirSync(this.#folders.join, { mode: 0o700 });
    copyCredentials(folder, this.#folders.join);
    this.networks.join.calls.reset();
  }

  /** As from another device, or the account's settings: the server takes its refresh token no more. */
  disconnectNewDevice(): void {
    const { refreshToken } = storedCredentials(this.#folders.join) ?? {};
    if (typeof refreshToken === "string")
      this.world.accounts.store.destroyRefreshToken(hashToken(refreshToken));
  }

  /** Another device of the account, to be removed; it is nobody's here. Gives its id. */
  async signInThirdDevice(): Promise<string> {
    const folder = await signInHere(this.world.accounts.url, this.email, PASSWORD);
    const { deviceId } = storedCredentials(folder) ?? {};
    if (typeof deviceId !== "string") throw new Error("the third device has no record");
    return deviceId;
  }

  /** Any command of one side, behind its networks. */
  command(side: Side, args: readonly string[], options: ProgramOptions = {}): Program {
    const { calls } = this.networks[side];
    const [name = "", ...rest] = args;
    const common = ["--server", calls.url, "--config-dir", this.#folders[side], "--json"];
    return start([name, ...common, ...rest], options);
  }

  /** Starts a host, and when it has its channel the new device. */
  host(extra: readonly string[] = [], options: ProgramOptions = {}): Program {
    const { messages } = this.networks.host;
    const unattended = ["--yes", "--allow-scope", SESSION_SCOPE];
    const args = ["host", "--channel-server", messages.url, ...unattended, "--url-out", this.#urlFile];
    return this.command("host", [...args, ...extra], options);
  }

  join(extra: readonly string[] = [], options: ProgramOptions = {}): Program {
    const { messages, calls } = this.networks.join;
    const url = readFileSync(this.#urlFile, "utf8").replace(this.networks.host.calls.url, calls.url);
    const scopes = [PROFILE_SCOPE, OLDSYNC_SCOPE].flatMap((scope) => ["--scope", scope]);
    const unattended = ["--yes", "--expect-email", this.email, "--can-host"];
    const args = ["join", "--channel-server", messages.url, ...scopes, ...unattended, ...extra, "-"];
    return this.command("join", args, { ...options, input: url });
  }

  get #urlFile(): string {
    return join(this.#folders.host, "url.txt");
  }

  left(): Left {
    const { sessions, grants } = this.world.accounts.store;
    const held = this.#held([this.#hostFolder, ...Object.values(this.#folders)]);
    const all = [...sessions.of(this.#uid), ...grants.refreshTokensOf(this.#uid)].map(({ id }) => id);
    const files = SIDES.flatMap((side) => {
      const folder = this.#folders[side];
      return existsSync(folder) ? readdirSync(folder) : [];
    });
    return {
      signedIn: storedCredentials(this.#folders.join) !== undefined,
      files: files
        .filter((name) => name !== "credentials.json")
        .map(withoutNumbers)
        .sort(),
      orphans: all.filter((id) => !held.includes(id)).length,
    };
  }

  /** What the server calls the tokens of these devices. */
  #held(folders: readonly string[]): string[] {
    return folders.flatMap((folder) => {
      const { refreshToken, sessionToken } = storedCredentials(folder) ?? {};
      const session = typeof sessionToken === "string" ? [sessionId(sessionToken)] : [];
      return typeof refreshToken === "string" ? [hashToken(refreshToken), ...session] : session;
    });
  }
}

function copyCredentials(from: string, to: string): void {
  const file = "credentials.json";
  writeFileSync(join(to, file), readFileSync(join(from, file)), { mode: 0o600 });
}

function sessionId(token: string): string {
  return encodeHex(deriveTokenCredentials(Buffer.from(token, "hex"), "sessionToken").tokenId);
}

/** How a process ended, and its last words. */
export async function endOf(program: Program): Promise<End> {
  const exit = await program.exit;
  const error = program.events.findLast(({ event }) => event === "error");
  if (error !== undefined)
    return { exit, says: words(`${error.message as string} ${(error.hint as string | null) ?? ""}`) };
  const warnings = program.stderr
    .split("\n")
    .filter((line) => /warning/i.test(line) && !line.includes("--yes"));
  return { exit, says: words(warnings.join(" ")) };
}

function words(text: string): string {
  return text
    .replaceAll(/https?:\/\/127\.0\.0\.1:\d+|127\.0\.0\.1:\d+/g, "SERVER")
    .replaceAll(/\/\S*fxa-pair-test-[^\s/]*(?:\/config)?/g, "FOLDER")
    .trim();
}

function withoutNumbers(name: string): string {
  return name.replace(/[0-9a-f]{16,}/, "*");
}
