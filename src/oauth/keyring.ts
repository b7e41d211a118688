/**
 * The system's keyring: Keychain on macOS, the Credential Manager on Windows, the Secret Service (GNOME Keyring, KWallet,
 * KeePassXC) on Linux. Its package has native parts and is read only when a keyring is used.
 */

import type { Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import { within } from "../lib/within.ts";

/** Texts by entry name. Every method throws FxaPairError `usage` when the keyring cannot be used. */
export interface Keyring {
  /** Null when there is no such entry. */
  read(entry: string): Promise<string | null>;
  write(entry: string, text: string): Promise<void>;
  /** Does nothing when there is no such entry. */
  remove(entry: string): Promise<void>;
}

/** One entry of the system's keyring, as its package has it. */
export interface KeyringEntry {
  /** Bytes. */
  getSecret(): Promise<readonly number[] | null>;
  setSecret(secret: Uint8Array): Promise<void>;
  deleteCredential(): Promise<boolean>;
}

/** Opens entries; rejects where the system has no keyring that the package knows. */
export type OpenEntry = (service: string, entry: string) => Promise<KeyringEntry>;

const SERVICE = "fxa-pair";
/** Milliseconds for the user to unlock it. */
const PATIENCE = 120_000;

export class SystemKeyring implements Keyring {
  readonly #clock: Clock;
  readonly #platform: string;
  readonly #open: OpenEntry;

  /** @param platform as Node names it */
  constructor(clock: Clock, platform: string, open: OpenEntry = openSystemEntry) {
    this.#clock = clock;
    this.#platform = platform;
    this.#open = open;
  }

  read(entry: string): Promise<string | null> {
    return this.#use(entry, async (opened) => {
      const secret = await opened.getSecret();
      return secret === null ? null : new TextDecoder().decode(Uint8Array.from(secret));
    });
  }

  /** Stored as bytes: as text, Windows takes half as much. */
  write(entry: string, text: string): Promise<void> {
    return this.#use(entry, (opened) => opened.setSecret(new TextEncoder().encode(text)));
  }

  async remove(entry: string): Promise<void> {
    await this.#use(entry, (opened) => opened.deleteCredential());
  }

  async #use<T>(entry: string, action: (opened: KeyringEntry) => Promise<T>): Promise<T> {
    const used = this.#open(SERVICE, entry).then(action);
    try {
      return await within(this.#clock, PATIENCE, used, () => {
        throw new Error("it did not answer in time");
      });
    } catch (error) {
      throw this.#unusable(error);
    }
  }

  /** The package's own words are about buses and platforms; they stay with the cause. */
  #unusable(cause: unknown): FxaPairError {
    const linux = this.#platform === "linux";
    return new FxaPairError(
      "usage",
      linux
        ? "The system's keyring cannot be used: no keyring service answers, or it is locked."
        : "The system's keyring cannot be used: it is locked, or access was denied.",
      {
        hint: linux
          ? "Start GNOME Keyring, KWallet or KeePassXC and unlock it; where there is none (a server), use --store file."
          : "Unlock it and allow access; or keep the credentials in a file with --store file.",
        cause,
      },
    );
  }
}

/** Where there is none. */
export const NO_KEYRING: Keyring = {
  read: () => Promise.reject(noKeyring()),
  write: () => Promise.reject(noKeyring()),
  remove: () => Promise.reject(noKeyring()),
};

function noKeyring(): FxaPairError {
  return new FxaPairError("usage", "The credentials are in the system's keyring, which is not used here.", {
    hint: "Sign in again with --store file.",
  });
}

/** On Linux only a keyring that lasts will do: the kernel's own forgets everything with the session. */
async function openSystemEntry(service: string, entry: string): Promise<KeyringEntry> {
  const { AsyncEntry } = await import("@napi-rs/keyring");
  return new AsyncEntry(service, entry, { linux: { store: "secret-service" } });
}
