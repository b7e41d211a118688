/** Where new credentials go: the store, or with `--out` a file or standard output. Always the last step, always whole. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { FxaPairError } from "../lib/errors.ts";
import { errorCode, writePrivateFile } from "../lib/private-file.ts";
import type { Credentials, CredentialStore } from "../oauth/credential-store.ts";
import { formatJsonLine } from "../ui/json-line.ts";
import type { OutputStream } from "../ui/streams.ts";
import type { Run } from "./setup.ts";

export interface DeliveryFlags {
  readonly out?: string | undefined;
  readonly format: "json" | "env";
  readonly json: boolean;
}

/**
 * Sees before anything is asked of anybody whether a file can be put where `--out` says. A device or a pipe of that name
 * would be replaced by the file, not written to.
 *
 * @throws FxaPairError `usage`
 */
export async function checkOut(out: string | undefined): Promise<void> {
  if (out === undefined || out === "-") return;
  const there = await stat(out).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return undefined;
    throw unusableOut(out, errorCode(error) ?? "unknown", error);
  });
  if (there?.isFile() === false) throw unusableOut(out, "it is not a regular file");
  try {
    await access(dirname(out), constants.W_OK);
  } catch (error) {
    throw unusableOut(out, errorCode(error) ?? "unknown", error);
  }
}

function unusableOut(out: string, reason: string, cause?: unknown): FxaPairError {
  return new FxaPairError("usage", `The credentials cannot be written to ${out} (${reason}).`, {
    hint: "Name a file in a folder that you can write to, or give --out - for standard output.",
    cause,
  });
}

/**
 * Delivers the credentials; in the store they take the place of `replaced`, or of nothing.
 *
 * @returns the path they were stored at, or null for standard output.
 */
export async function deliverCredentials(
  credentials: Credentials,
  replaced: Credentials | null,
  flags: DeliveryFlags,
  store: CredentialStore,
  run: Run,
): Promise<string | null> {
  if (flags.out === undefined) {
    await store.save(credentials, replaced);
    return store.path;
  }
  if (flags.out === "-") {
    const { stdout } = run.environment.streams;
    if (flags.json || flags.format === "json") {
      run.reporter.event({ type: "credentials", credentials: { ...credentials } });
    } else stdout.write(asEnvironment(credentials));
    await written(stdout);
    return null;
  }
  const text = flags.format === "env" ? asEnvironment(credentials) : formatJsonLine({ ...credentials });
  try {
    await writePrivateFile(flags.out, text, run.environment.random);
  } catch (error) {
    throw new FxaPairError("usage", `The credentials could not be written to ${flags.out}.`, {
      hint: "Name a file in a folder that you can write to, and pair again.",
      cause: error,
    });
  }
  return flags.out;
}

/** Resolves when all that was written before has gone out. @throws FxaPairError `usage` when nobody is reading any more. */
function written(stdout: OutputStream): Promise<void> {
  return new Promise((resolve, reject) => {
    stdout.write("", (cause) => {
      if (!cause) resolve();
      else {
        reject(
          new FxaPairError("usage", "The credentials could not be written to standard output.", {
            hint: "Keep its reader running until the end, and pair again.",
            cause,
          }),
        );
      }
    });
  });
}

/**
 * Shell assignments, one a line, quoted so that `.` and `source` read them back exactly. Their prefix is not that of our own
 * options (`FXA_PAIR_`), which a later run would take for settings.
 */
export function asEnvironment(credentials: Credentials): string {
  const values: Record<string, string> = {
    SERVER: credentials.server,
    CLIENT_ID: credentials.clientId,
    UID: credentials.uid,
    EMAIL: credentials.email,
    REFRESH_TOKEN: credentials.refreshToken,
    ...(credentials.sessionToken === undefined ? {} : { SESSION_TOKEN: credentials.sessionToken }),
    SCOPE: credentials.scope.join(" "),
    KEYS: JSON.stringify(credentials.keys),
  };
  return Object.entries(values)
    .map(([name, value]) => `FXA_${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join("");
}
