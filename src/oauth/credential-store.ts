/**
 * Where credentials are kept between runs: one JSON file, mode 0600 in a folder of mode 0700, replaced in one step and
 * never followed through a link; or, for those who ask for it, the system's keyring. On Windows the user's own profile
 * folder takes the place of the modes.
 */

import { link, readdir, rename, unlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as v from "valibot";
import type { Clock } from "../lib/clock.ts";
import { equalText } from "../lib/constant-time.ts";
import { FxaPairError } from "../lib/errors.ts";
import { encodeHex } from "../lib/hex.ts";
import { parseJson } from "../lib/json.ts";
import { ensurePrivateFolder, errorCode, readPrivateFile, writePrivateFile } from "../lib/private-file.ts";
import type { RandomSource } from "../lib/random.ts";
import { formatCredentials, readCredentials } from "./credential-format.ts";
import type { Upgrade } from "./credential-format.ts";
import type { Credentials } from "./credentials.ts";
import { CREDENTIALS_VERSION } from "./credentials.ts";
import { UnwritableLock, withFileLock } from "./file-lock.ts";
import { NO_KEYRING } from "./keyring.ts";
import type { Keyring } from "./keyring.ts";

export type { Credentials } from "./credentials.ts";

/** Where credentials can be kept. */
export type StorePlace = "file" | "keyring";

/** One account's credentials, or none. */
export interface CredentialStore {
  /** Where they are, or would be put: a file's path, or {@link KEYRING}. Known for sure once they were loaded or saved. */
  readonly path: string;
  load(): Promise<Credentials | null>;
  /**
   * Whether something could be kept in the chosen place, asked before somebody goes to the trouble of signing in.
   *
   * @throws FxaPairError `usage` when the keyring cannot be used.
   */
  checkPlace(): Promise<void>;
  /**
   * Keeps them in the place of `replaced`, which is what the caller found there, or null for nothing.
   *
   * @throws FxaPairError `usage` when there are others by now: two sign-ins at once must not lose one of them.
   */
  save(credentials: Credentials, replaced: Credentials | null): Promise<void>;
  /** Forgets them; with `expected`, only while they still hold its refresh token. */
  remove(expected?: Credentials): Promise<void>;
}

/** Stands for a path where the system's keyring has the credentials. */
export const KEYRING = "keyring";

export interface LocalCredentialStoreOptions {
  /** The configuration folder; made when absent. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Left out: none can be used. */
  readonly keyring?: Keyring;
  /** Where they shall be kept. Left out: where they are, and in a file at first. */
  readonly preferred?: StorePlace | undefined;
  /** Told when they were moved to the preferred place. */
  readonly onMove?: ((place: StorePlace) => void) | undefined;
  /** Ways from earlier formats to today's, by the version they take. Left out: those there are. */
  readonly upgrades?: ReadonlyMap<number, Upgrade>;
}

const FILE_NAME = "credentials.json";

interface Kept {
  readonly place: StorePlace;
  /** Null where they are gone, or damaged and to be replaced. */
  readonly credentials: Credentials | null;
  /** Whether an earlier version of this program wrote them. */
  readonly outdated: boolean;
}

/**
 * The store on this machine: the file itself, or a file that says that the keyring has them, so that they are found
 * without being told where. One lock is held for both. Every method throws FxaPairError `usage` when the file or folder
 * is open to others, is a link or no file, was written by a newer version, or cannot be written, or when the keyring
 * cannot be used; `not_signed_in` when the content is damaged.
 */
export class LocalCredentialStore implements CredentialStore {
  readonly #file: string;
  readonly #keyring: Keyring;
  readonly #options: LocalCredentialStoreOptions;
  #place: StorePlace;

  constructor(options: LocalCredentialStoreOptions) {
    this.#file = join(options.folder, FILE_NAME);
    this.#keyring = options.keyring ?? NO_KEYRING;
    this.#options = options;
    this.#place = options.preferred ?? "file";
  }

  get path(): string {
    return this.#place === "keyring" ? KEYRING : this.#file;
  }

  /**
   * Moves them first if they are to be kept elsewhere. What an earlier version wrote is written anew; where that is not
   * possible they are good all the same.
   */
  async load(): Promise<Credentials | null> {
    const { preferred } = this.#options;
    const kept = await this.#read();
    if (isMisplaced(kept, preferred)) await this.#rewrite();
    else if (kept?.outdated === true) await this.#rewrite().catch(() => undefined);
    else return this.#at(kept);
    return this.#at(await this.#read());
  }

  /** In the preferred place and today's format. */
  async #rewrite(): Promise<void> {
    const { preferred, onMove } = this.#options;
    await this.#locked(async () => {
      const kept = await this.#read();
      const credentials = kept?.credentials ?? null;
      if (kept === null || credentials === null) return;
      if (!isMisplaced(kept, preferred) && !kept.outdated) return;
      await this.#removeLeftovers();
      const place = preferred ?? kept.place;
      await this.#write(credentials, place, kept.place);
      if (place !== kept.place) onMove?.(place);
    });
  }

  async checkPlace(): Promise<void> {
    if (this.#place === "keyring") await this.#keyring.read(this.#entry);
  }

  async save(credentials: Credentials, replaced: Credentials | null): Promise<void> {
    await ensurePrivateFolder(this.#options.folder);
    await this.#locked(async () => {
      const kept = await this.#readable(this.#file);
      const current = kept?.credentials ?? null;
      if (current !== null && (replaced === null || !sameToken(current, replaced))) throw signedInMeanwhile();
      await this.#removeLeftovers();
      await this.#write(credentials, this.#options.preferred ?? kept?.place ?? "file", kept?.place);
    });
  }

  async remove(expected?: Credentials): Promise<void> {
    const found = await readPrivateFile(this.#file);
    if (found === undefined) return;
    try {
      await this.#locked(async () => {
        const kept = await this.#readable(this.#file);
        if (!isExpected(kept, expected)) return;
        await this.#removeLeftovers();
        if (kept?.place === "keyring") await this.#keyring.remove(this.#entry);
        await unlink(this.#file);
      });
    } catch (error) {
      if (!(error instanceof FxaPairError && error.cause instanceof UnwritableLock)) throw error;
      await this.#removeUnlocked(error, expected);
    }
  }

  /**
   * Where the disk is too full for a lock, what is worth nothing any more shall go all the same. The file is taken aside, which
   * needs no room and only one process can do, and looked at then: what another one has stored meanwhile is put back.
   *
   * @param problem what to throw when nothing in the folder can be changed
   */
  async #removeUnlocked(problem: FxaPairError, expected?: Credentials): Promise<void> {
    const aside = `${this.#file}.${encodeHex(this.#options.random(8))}.tmp`;
    try {
      await rename(this.#file, aside);
    } catch {
      throw problem;
    }
    try {
      const kept = await this.#readable(aside);
      if (!isExpected(kept, expected)) {
        await putBack(aside, this.#file);
        return;
      }
      if (kept?.place === "keyring") await this.#keyring.remove(this.#entry);
    } catch (error) {
      await putBack(aside, this.#file);
      throw error;
    }
    await removeIfThere(aside);
  }

  /** Each configuration folder is a device of its own, in the keyring too. */
  get #entry(): string {
    return resolve(this.#options.folder);
  }

  async #read(path = this.#file): Promise<Kept | null> {
    const text = await readPrivateFile(path);
    if (text === undefined) return null;
    const { upgrades } = this.#options;
    if (!isPointer(text)) return { place: "file", ...readCredentials(text, this.#file, upgrades) };
    const secret = await this.#readKeyring();
    if (secret === null) return { place: "keyring", credentials: null, outdated: false };
    return { place: "keyring", ...readCredentials(secret, "The entry in the system's keyring", upgrades) };
  }

  /** The keyring's own advice is for those who can still choose another place. */
  async #readKeyring(): Promise<string | null> {
    try {
      return await this.#keyring.read(this.#entry);
    } catch (error) {
      if (!(error instanceof FxaPairError)) throw error;
      throw new FxaPairError(error.code, `This device's credentials are in the keyring. ${error.message}`, {
        hint: `Unlock it, and try again; if it is gone for good, delete ${this.#file} and sign in anew.`,
        details: error.details ?? {},
        cause: error,
      });
    }
  }

  /** What is damaged counts as none; what others can touch, or a newer version wrote, is left alone. */
  async #readable(path: string): Promise<Kept | null> {
    try {
      return await this.#read(path);
    } catch (error) {
      if (!(error instanceof FxaPairError) || error.code !== "not_signed_in") throw error;
      const text = await readPrivateFile(path);
      return {
        place: text !== undefined && isPointer(text) ? "keyring" : "file",
        credentials: null,
        outdated: false,
      };
    }
  }

  /**
   * Writes to one place, then clears the other: whoever is killed in between leaves them in the place they were in, or
   * in both, and the file says which counts.
   */
  async #write(credentials: Credentials, place: StorePlace, previous: StorePlace | undefined): Promise<void> {
    const { random } = this.#options;
    if (place === "keyring") {
      await this.#keyring.write(this.#entry, formatCredentials(credentials, "keyring"));
      await writePrivateFile(this.#file, POINTER, random);
    } else {
      await writePrivateFile(this.#file, formatCredentials(credentials, "file"), random);
      if (previous === "keyring") await this.#keyring.remove(this.#entry);
    }
    this.#place = place;
  }

  #at(kept: Kept | null): Credentials | null {
    if (kept !== null) this.#place = kept.place;
    return kept?.credentials ?? null;
  }

  /** A process that was killed while writing leaves its unfinished file behind. */
  async #removeLeftovers(): Promise<void> {
    const names = await readdir(this.#options.folder);
    const leftovers = names.filter((name) => name.startsWith(`${FILE_NAME}.`) && name.endsWith(".tmp"));
    await Promise.all(leftovers.map((name) => removeIfThere(join(this.#options.folder, name))));
  }

  async #locked(action: () => Promise<void>): Promise<void> {
    const { clock, random, folder } = this.#options;
    try {
      await withFileLock(`${this.#file}.lock`, { clock, random }, action);
    } catch (error) {
      if (error instanceof FxaPairError) throw error;
      const reason = errorCode(error instanceof UnwritableLock ? error.cause : error) ?? "unknown";
      const message = `${FILE_NAME} in ${folder} cannot be written (${reason}).`;
      throw new FxaPairError("usage", message, {
        hint: "Make the folder writable, or choose another one with --config-dir.",
        cause: error,
      });
    }
  }
}

/** Whoever waits for the lock may be clearing away a file of its own at this moment. */
async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

/** Whether this is what is to be removed. */
function isExpected(kept: Kept | null, expected: Credentials | undefined): boolean {
  if (expected === undefined) return true;
  const current = kept?.credentials ?? null;
  return current !== null && sameToken(current, expected);
}

/** Unless there is something newer. */
async function putBack(aside: string, path: string): Promise<void> {
  try {
    await link(aside, path);
  } catch (error) {
    // Not every file system has links.
    if (errorCode(error) !== "EEXIST") {
      await rename(aside, path);
      return;
    }
  }
  await unlink(aside);
}

function isMisplaced(kept: Kept | null, preferred: StorePlace | undefined): boolean {
  return preferred !== undefined && kept !== null && kept.credentials !== null && kept.place !== preferred;
}

/** What the file says where the keyring has the credentials. */
const POINTER = `${JSON.stringify({ version: CREDENTIALS_VERSION, store: KEYRING })}\n`;
const Pointer = v.object({ version: v.literal(CREDENTIALS_VERSION), store: v.literal(KEYRING) });

function isPointer(text: string): boolean {
  return v.is(Pointer, parseJson(text));
}

function sameToken(a: Credentials, b: Credentials): boolean {
  return equalText(a.refreshToken, b.refreshToken);
}

function signedInMeanwhile(): FxaPairError {
  return new FxaPairError("usage", "Another fxa-pair has signed this device in meanwhile.", {
    hint: "See who with fxa-pair status; sign it out with fxa-pair logout if this sign-in is to take its place.",
  });
}
