/**
 * Where credentials are kept between runs: one JSON file, mode 0600 in a folder of mode 0700, replaced in one step and
 * never followed through a link. On Windows the user's own profile folder takes the place of the modes.
 */

import { readdir, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import * as v from "valibot";
import type { Clock } from "../lib/clock.ts";
import { equalText } from "../lib/constant-time.ts";
import { FxaPairError } from "../lib/errors.ts";
import { ensurePrivateFolder, errorCode, readPrivateFile, writePrivateFile } from "../lib/private-file.ts";
import type { RandomSource } from "../lib/random.ts";
import type { Credentials } from "./credentials.ts";
import { CREDENTIALS_VERSION, CredentialsSchema } from "./credentials.ts";
import { withFileLock } from "./file-lock.ts";

export type { Credentials } from "./credentials.ts";

/** One account's credentials, or none. */
export interface CredentialStore {
  /** Where they are, for people to read. */
  readonly path: string;
  load(): Promise<Credentials | null>;
  /**
   * Keeps them in the place of `replaced`, which is what the caller found there, or null for nothing.
   *
   * @throws FxaPairError `usage` when there are others by now: two sign-ins at once must not lose one of them.
   */
  save(credentials: Credentials, replaced: Credentials | null): Promise<void>;
  /** Forgets them; with `expected`, only while they still hold its refresh token. */
  remove(expected?: Credentials): Promise<void>;
}

export interface FileCredentialStoreOptions {
  /** The configuration folder; made when absent. */
  readonly folder: string;
  readonly clock: Clock;
  readonly random: RandomSource;
}

const FILE_NAME = "credentials.json";

/**
 * The store on disk. Every method throws FxaPairError `usage` when the file or folder is open to others, is a link or
 * no file, was written by a newer version, or cannot be written; `not_signed_in` when the content is damaged.
 */
export class FileCredentialStore implements CredentialStore {
  readonly path: string;
  readonly #options: FileCredentialStoreOptions;

  constructor(options: FileCredentialStoreOptions) {
    this.path = join(options.folder, FILE_NAME);
    this.#options = options;
  }

  async load(): Promise<Credentials | null> {
    const text = await readPrivateFile(this.path);
    return text === undefined ? null : parseCredentials(text, this.path);
  }

  async save(credentials: Credentials, replaced: Credentials | null): Promise<void> {
    await ensurePrivateFolder(this.#options.folder);
    await this.#locked(async () => {
      const current = await this.#readable();
      if (current !== null && (replaced === null || !sameToken(current, replaced))) throw signedInMeanwhile();
      await this.#removeLeftovers();
      const text = `${JSON.stringify(credentials, null, 2)}\n`;
      await writePrivateFile(this.path, text, this.#options.random);
    });
  }

  async remove(expected?: Credentials): Promise<void> {
    const found = await readPrivateFile(this.path);
    if (found === undefined) return;
    await this.#locked(async () => {
      const current = await this.#readable();
      if (expected !== undefined && (current === null || !sameToken(current, expected))) return;
      await this.#removeLeftovers();
      await unlink(this.path);
    });
  }

  /** A damaged file counts as none; one that others can touch, or that a newer version wrote, is left alone. */
  async #readable(): Promise<Credentials | null> {
    try {
      return await this.load();
    } catch (error) {
      if (!(error instanceof FxaPairError) || error.code !== "not_signed_in") throw error;
      return null;
    }
  }

  /** A process that was killed while writing leaves its unfinished file behind. */
  async #removeLeftovers(): Promise<void> {
    const names = await readdir(this.#options.folder);
    const leftovers = names.filter((name) => name.startsWith(`${FILE_NAME}.`) && name.endsWith(".tmp"));
    await Promise.all(leftovers.map((name) => unlink(join(this.#options.folder, name))));
  }

  async #locked(action: () => Promise<void>): Promise<void> {
    const { clock, random } = this.#options;
    try {
      await withFileLock(`${this.path}.lock`, { clock, random }, action);
    } catch (error) {
      if (error instanceof FxaPairError) throw error;
      const folder = dirname(this.path);
      const message = `${basename(this.path)} in ${folder} cannot be written (${errorCode(error) ?? "unknown"}).`;
      throw new FxaPairError("usage", message, {
        hint: "Make the folder writable, or choose another one with --config-dir.",
        cause: error,
      });
    }
  }
}

function sameToken(a: Credentials, b: Credentials): boolean {
  return equalText(a.refreshToken, b.refreshToken);
}

function signedInMeanwhile(): FxaPairError {
  return new FxaPairError("usage", "Another fxa-pair has signed this device in meanwhile.", {
    hint: "See who with fxa-pair status; sign it out with fxa-pair logout if this sign-in is to take its place.",
  });
}

const AnyVersion = v.object({ version: v.pipe(v.number(), v.integer()) });

function parseCredentials(text: string, path: string): Credentials {
  const document = parse(text);
  const versioned = v.safeParse(AnyVersion, document);
  if (versioned.success && versioned.output.version > CREDENTIALS_VERSION) {
    throw new FxaPairError("usage", `${path} was written by a newer fxa-pair.`, {
      hint: "Update fxa-pair, or choose another folder with --config-dir.",
    });
  }
  const parsed = v.safeParse(CredentialsSchema, document);
  if (parsed.success) return parsed.output;
  throw new FxaPairError("not_signed_in", `${path} is damaged and cannot be used.`, {
    hint: "Delete it and sign in again; remove the old device in the account's settings.",
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
