/** One account of each kind that a client has to cope with. They share a password; none of it is secret. */
import type { Account } from "./records.ts";
import type { AccountsStore, NewAccount } from "./store.ts";

export const FIXTURE_PASSWORD = "sandbox pässwörd";
/** The authenticator secret of {@link FIXTURE_ACCOUNTS}.totp: 20 bytes. */
export const FIXTURE_TOTP_SECRET = new TextEncoder().encode("12345678901234567890");
export const FIXTURE_BACKUP_CODES = ["abcde12345", "fghij67890"] as const;

export type FixtureName = keyof typeof FIXTURE_ACCOUNTS;

/** What makes each fixture special. Their addresses are `<name>@example.com`. */
export const FIXTURE_ACCOUNTS = {
  v1: {},
  v2: { v2: true },
  unconfirmed: { verified: false },
  totp: { totpSecret: FIXTURE_TOTP_SECRET, backupCodes: FIXTURE_BACKUP_CODES },
  "confirms-sign-ins": { mustConfirmSignIns: true },
  locked: { locked: true },
  "no-password": { noPassword: true },
  blocked: { blocked: true },
} as const satisfies Readonly<Record<string, Partial<NewAccount>>>;

export function fixtureEmail(name: FixtureName): string {
  return `${name}@example.com`;
}

/** Registers one fixture. `v2` takes a third of a second of key stretching. */
export function createFixtureAccount(store: AccountsStore, name: FixtureName): Promise<Account> {
  const email = fixtureEmail(name);
  return store.createAccount({ email, password: FIXTURE_PASSWORD, ...FIXTURE_ACCOUNTS[name] });
}
