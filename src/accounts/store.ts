/** The server's memory: accounts and clients, the tables of what hangs on them, and what goes down with what. */
import type { Clock } from "../lib/clock.ts";
import { encodeHex } from "../lib/hex.ts";
import type { RandomSource } from "../lib/random.ts";
import { unwrapKb } from "../oauth/key-bundle.ts";
import { quickStretchV1 } from "../oauth/stretch.ts";
import type { Client } from "./clients.ts";
import { CLIENTS } from "./clients.ts";
import { DeviceTable } from "./device-table.ts";
import { GrantTable } from "./grant-table.ts";
import { checkPassword, createPassword, createPasswordFromAuthPW } from "./passwords.ts";
import type { Account, Device, DeviceOwner, StoredPassword } from "./records.ts";
import { SessionTable } from "./session-table.ts";

export interface NewAccount {
  readonly email: string;
  readonly password: string;
  /** The email is confirmed. Default true. */
  readonly verified?: boolean;
  /** A version 2 verifier too. */
  readonly v2?: boolean;
  /** The secret of an authenticator app; sign-ins then need its codes. */
  readonly totpSecret?: Uint8Array;
  readonly backupCodes?: readonly string[];
  readonly mustConfirmSignIns?: boolean;
  /** Suspicious activity was seen: no sign-in before the password is reset. */
  readonly locked?: boolean;
  /** Sign-ins need a mailed unblock code. */
  readonly blocked?: boolean;
  /** Signs in through a third party: `password` is not used. */
  readonly noPassword?: boolean;
  readonly displayName?: string | null;
  /** 32 bytes; random by default. */
  readonly kB?: Uint8Array;
}

export class AccountsStore {
  readonly sessions: SessionTable;
  readonly grants: GrantTable;
  readonly devices: DeviceTable;
  readonly #accounts = new Map<string, Account>();
  readonly #clients = new Map<string, Client>(CLIENTS.map((client) => [client.id, client]));
  readonly #clock: Clock;
  readonly #random: RandomSource;
  readonly #scryptCost: number;

  constructor(clock: Clock, random: RandomSource, scryptCost: number) {
    this.#clock = clock;
    this.#random = random;
    this.#scryptCost = scryptCost;
    this.sessions = new SessionTable(clock, random);
    this.grants = new GrantTable(clock, random);
    this.devices = new DeviceTable(clock, random);
  }

  /**
   * Registers an account as if a client had: stretching, wrapping and all.
   *
   * @throws RangeError when the address is taken
   */
  async createAccount(account: NewAccount): Promise<Account> {
    const { email, password, kB = this.#random(32), v2: withVersion2 = false } = account;
    const stored = account.noPassword
      ? undefined
      : await createPassword({ email, password, kB, withVersion2 }, this.#random, this.#scryptCost);
    if (this.findAccountByEmail(email)) throw new RangeError("the address is taken");
    return this.#add(account, stored);
  }

  /**
   * As {@link createAccount} for a client that sent an `authPW` (32 bytes); the email is not confirmed yet.
   * `undefined` when the address is taken, perhaps by a request that came at the same time.
   */
  async registerAccount(email: string, authPW: Uint8Array): Promise<Account | undefined> {
    const stored = await createPasswordFromAuthPW(authPW, this.#random, this.#scryptCost);
    if (this.findAccountByEmail(email)) return undefined;
    return this.#add({ email, password: "", verified: false }, stored);
  }

  findAccount(uid: string): Account | undefined {
    return this.#accounts.get(uid);
  }

  /** The account of an address, letter case aside. */
  findAccountByEmail(email: string): Account | undefined {
    const wanted = email.toLowerCase();
    return [...this.#accounts.values()].find((account) => account.email.toLowerCase() === wanted);
  }

  findClient(id: string): Client | undefined {
    return this.#clients.get(id);
  }

  addClient(client: Client): void {
    this.#clients.set(client.id, client);
  }

  /** Which version's verifier an `authPW` matches, and kB wrapped for it. */
  checkPassword(stored: StoredPassword, authPW: Uint8Array): ReturnType<typeof checkPassword> {
    return checkPassword(stored, authPW, this.#scryptCost);
  }

  /** Notes that a credential, and with it its device, was used now. */
  markUsed(credential: DeviceOwner): void {
    const now = Math.floor(this.#clock.wallTime());
    const record =
      "sessionId" in credential
        ? this.sessions.find(credential.sessionId)
        : this.grants.findRefreshTokenById(credential.refreshTokenId);
    if (record) record.lastAccessTime = now;
    const device = this.devices.ownedBy(credential);
    if (device) device.lastAccessTime = now;
  }

  /** Forgets a session, its key-fetch tokens and its device. */
  destroySession(id: string): void {
    this.sessions.destroy(id);
    const device = this.devices.ownedBy({ sessionId: id });
    if (device) this.devices.destroy(device.id);
  }

  /** Forgets a refresh token, its access tokens and its device. */
  destroyRefreshToken(id: string): void {
    this.grants.destroyRefreshToken(id);
    const device = this.devices.ownedBy({ refreshTokenId: id });
    if (device) this.devices.destroy(device.id);
  }

  /** Forgets an account's refresh and access tokens of some clients. */
  destroyTokens(uid: string, affects: (clientId: string) => boolean): void {
    for (const token of this.grants.refreshTokensOf(uid)) {
      if (affects(token.clientId)) this.destroyRefreshToken(token.id);
    }
    for (const token of this.grants.accessTokensOf(uid)) {
      if (affects(token.clientId)) this.grants.destroyAccessToken(token.id);
    }
  }

  /** Disconnects a device: its credential goes with it. */
  destroyDevice(device: Device): void {
    this.devices.destroy(device.id);
    if ("sessionId" in device.owner) this.destroySession(device.owner.sessionId);
    else this.destroyRefreshToken(device.owner.refreshTokenId);
  }

  /**
   * Another password over the same kB: ends all sessions and the refresh tokens of public and `canGrant` clients.
   *
   * @throws RangeError when the old password is wrong
   */
  async changePassword(account: Account, oldPassword: string, newPassword: string): Promise<void> {
    const stretched = await quickStretchV1(account.email, oldPassword);
    const checked = account.password && (await this.checkPassword(account.password, stretched.authPW));
    if (!checked) throw new RangeError("the old password is wrong");
    await this.#setPassword(account, newPassword, unwrapKb(checked.wrapKb, stretched.unwrapBKey));
    this.#disconnect(account, (clientId) => {
      const client = this.findClient(clientId);
      return client === undefined || client.publicClient || client.canGrant;
    });
  }

  /** A forgotten password: a new kB, so the keys rotate, and every session and token is gone. */
  async resetPassword(account: Account, newPassword: string): Promise<void> {
    await this.#setPassword(account, newPassword, this.#random(32));
    account.locked = false;
    // Later than the old time even under a clock that stands still: a key id must never repeat.
    account.keysChangedAt = Math.max(Math.floor(this.#clock.wallTime()), account.keysChangedAt + 1);
    this.#disconnect(account, () => true);
  }

  async #setPassword(account: Account, password: string, kB: Uint8Array): Promise<void> {
    const withVersion2 = account.password?.version2 !== undefined;
    const input = { email: account.email, password, kB, withVersion2 };
    account.password = await createPassword(input, this.#random, this.#scryptCost);
  }

  #disconnect(account: Account, affects: (clientId: string) => boolean): void {
    this.grants.destroyCodesOf(account.uid);
    for (const session of this.sessions.of(account.uid)) this.destroySession(session.id);
    this.destroyTokens(account.uid, affects);
  }

  #add(account: NewAccount, password: StoredPassword | undefined): Account {
    const now = Math.floor(this.#clock.wallTime());
    const record: Account = {
      uid: encodeHex(this.#random(16)),
      email: account.email,
      createdAt: now,
      displayName: account.displayName ?? null,
      kA: this.#random(32),
      mailCodeSecret: this.#random(20),
      mailLinkCode: encodeHex(this.#random(16)),
      totpSecret: account.totpSecret,
      backupCodes: new Set((account.backupCodes ?? []).map((code) => code.toUpperCase())),
      mustConfirmSignIns: account.mustConfirmSignIns ?? false,
      blocked: account.blocked ?? false,
      password,
      emailVerified: account.verified ?? true,
      locked: account.locked ?? false,
      keysChangedAt: now,
      unblockCode: undefined,
    };
    this.#accounts.set(record.uid, record);
    return record;
  }
}
