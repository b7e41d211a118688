/** Files that hold a pairing URL: private from the first byte, never over something that is there, and gone when it is used. */
import { mkdtemp, rm, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, isAbsolute, join } from "node:path";
import { FxaPairError } from "../lib/errors.ts";
import { createPrivateFile, errorCode } from "../lib/private-file.ts";

const PICTURE_NAME = "pairing-code.png";

export class OfferFiles {
  readonly #url: string;
  readonly #variables: Readonly<Record<string, string | undefined>>;
  /** Files by path; folders of ours, with what is in them. */
  #removals: (() => Promise<unknown>)[] = [];
  #picture: Promise<string> | undefined;
  #removed = false;

  constructor(url: string, variables: Readonly<Record<string, string | undefined>>) {
    this.#url = url;
    this.#variables = variables;
  }

  /**
   * Writes the URL, or its QR code as PNG or SVG by what the name ends in.
   *
   * @throws FxaPairError `usage` when something of that name exists or it cannot be written.
   */
  async write(path: string, content: "url" | "picture"): Promise<void> {
    await createOfferFile(path, content === "url" ? `${this.#url}\n` : await picture(this.#url, path));
    this.#removals.push(() => unlink(path));
  }

  /**
   * The path of a PNG file of the QR code, in a new folder that only this user can enter: where the session keeps its own
   * files, which is never a disk, or else where everybody does. The same one when it is asked for again.
   *
   * @throws FxaPairError `usage` when it cannot be written, or the URL is no longer good.
   */
  async writePicture(): Promise<string> {
    if (this.#removed) throw noLongerGood();
    this.#picture ??= this.#createPicture();
    return this.#picture.catch((error: unknown) => {
      this.#picture = undefined;
      throw error;
    });
  }

  /** Removes all of them, also the one being written. What is gone already is no error. */
  async remove(): Promise<void> {
    this.#removed = true;
    await this.#picture?.catch(() => undefined);
    await Promise.all(this.#removals.splice(0).map((removal) => removal().catch(() => undefined)));
  }

  async #createPicture(): Promise<string> {
    const folder = await privateFolder(this.#variables.XDG_RUNTIME_DIR);
    this.#removals.push(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, PICTURE_NAME);
    await createOfferFile(path, await picture(this.#url, path));
    return path;
  }
}

/** Mode 0700, which is what `mkdtemp` makes. */
async function privateFolder(runtimeFolder: string | undefined): Promise<string> {
  if (runtimeFolder !== undefined && isAbsolute(runtimeFolder)) {
    try {
      return await mkdtemp(join(runtimeFolder, "fxa-pair-"));
    } catch {
      // Another user's, after su or sudo.
    }
  }
  const parent = tmpdir();
  try {
    return await mkdtemp(join(parent, "fxa-pair-"));
  } catch (cause) {
    throw new FxaPairError(
      "usage",
      `No picture was written: ${parent} cannot be written to (${errorCode(cause) ?? "unknown reason"}).`,
      {
        hint: "Set TMPDIR to a folder of your own, or use --qr-out code.png.",
        cause,
      },
    );
  }
}

async function picture(url: string, path: string): Promise<string | Uint8Array> {
  const { qrPng, qrSvg } = await import("../qr/encode.ts");
  return extname(path).toLowerCase() === ".svg" ? qrSvg(url) : qrPng(url);
}

/** Never over something that is there: the file is deleted afterwards, and what is not ours must not be. */
async function createOfferFile(path: string, contents: string | Uint8Array): Promise<void> {
  try {
    await createPrivateFile(path, contents);
  } catch (error) {
    const code = errorCode(error) ?? "unknown reason";
    const reason = code === "EEXIST" ? "there is one already" : `it could not be written (${code})`;
    throw new FxaPairError("usage", `The file ${path} was not written: ${reason}.`, {
      hint: code === "EEXIST" ? "Delete it, or name another file." : "Name a file in a folder of your own.",
      cause: error,
    });
  }
}

function noLongerGood(): FxaPairError {
  return new FxaPairError("usage", "No picture was written: this code is no longer good.", {
    hint: "Take a fresh code first.",
  });
}
