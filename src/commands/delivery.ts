/** Where new credentials go: the store, or with `--out` a file or standard output. Always the last step, always whole. */
import { FxaPairError } from "../lib/errors.ts";
import { writePrivateFile } from "../lib/private-file.ts";
import type { Credentials, CredentialStore } from "../oauth/credential-store.ts";
import type { Run } from "./setup.ts";

export interface DeliveryFlags {
  readonly out?: string | undefined;
  readonly format: "json" | "env";
  readonly json: boolean;
}

/**
 * Delivers the credentials.
 *
 * @returns the path they were stored at, or null for standard output.
 */
export async function deliverCredentials(
  credentials: Credentials,
  flags: DeliveryFlags,
  store: CredentialStore,
  run: Run,
): Promise<string | null> {
  if (flags.out === undefined) {
    await store.save(credentials);
    return store.path;
  }
  if (flags.out === "-") {
    if (flags.json || flags.format === "json")
      run.reporter.event({ type: "credentials", credentials: { ...credentials } });
    else run.environment.streams.stdout.write(asEnvironment(credentials));
    return null;
  }
  const text =
    flags.format === "env" ? asEnvironment(credentials) : `${JSON.stringify(credentials, null, 2)}\n`;
  try {
    await writePrivateFile(flags.out, text);
  } catch (error) {
    throw new FxaPairError("usage", `The credentials could not be written to ${flags.out}.`, {
      hint: "Name a file in a folder that you can write to, and pair again.",
      cause: error,
    });
  }
  return flags.out;
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
