/** The text that credentials are kept as, and what earlier versions of this program wrote. */

import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import { isJsonObject, parseJson } from "../lib/json.ts";
import type { Credentials } from "./credentials.ts";
import { CREDENTIALS_VERSION, CredentialsSchema } from "./credentials.ts";

/** A document of one version, made into one of the next; what it cannot make sense of, the schema refuses afterwards. */
export type Upgrade = (document: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/**
 * By the version they take. Whoever raises {@link CREDENTIALS_VERSION} adds the way from the version before, and none is ever
 * taken away: a device may have slept for years.
 */
export const UPGRADES: ReadonlyMap<number, Upgrade> = new Map();

export interface ReadCredentials {
  readonly credentials: Credentials;
  /** Whether an earlier version wrote them. */
  readonly outdated: boolean;
}

/** One line of JSON for the keyring, or several for those who look into the file. */
export function formatCredentials(credentials: Credentials, form: "file" | "keyring"): string {
  return form === "file" ? `${JSON.stringify(credentials, null, 2)}\n` : JSON.stringify(credentials);
}

/**
 * Reads what this or an earlier version wrote.
 *
 * @param place what the text is called in an error
 * @throws FxaPairError `usage` when a newer version wrote it; `not_signed_in` when it is damaged.
 */
export function readCredentials(
  text: string,
  place: string,
  upgrades: ReadonlyMap<number, Upgrade> = UPGRADES,
): ReadCredentials {
  const document = parseJson(text);
  const version = versionOf(document);
  if (version !== undefined && version > CREDENTIALS_VERSION) {
    throw new FxaPairError("usage", `${place} was written by a newer fxa-pair.`, {
      hint: "Update fxa-pair, or choose another folder with --config-dir.",
    });
  }
  const parsed = v.safeParse(CredentialsSchema, upgraded(document, upgrades));
  if (parsed.success) return { credentials: parsed.output, outdated: version !== CREDENTIALS_VERSION };
  throw new FxaPairError("not_signed_in", `${place} is damaged and cannot be used.`, {
    hint: "Delete it and sign in again; remove the old device in the account's settings.",
  });
}

/** Takes one step after the other, as far as there are any. */
function upgraded(document: unknown, upgrades: ReadonlyMap<number, Upgrade>): unknown {
  const version = versionOf(document);
  const upgrade = version === undefined ? undefined : upgrades.get(version);
  if (version === undefined || upgrade === undefined || !isJsonObject(document)) return document;
  return upgraded({ ...upgrade(document), version: version + 1 }, upgrades);
}

function versionOf(document: unknown): number | undefined {
  const version = isJsonObject(document) ? document.version : undefined;
  return Number.isInteger(version) ? Number(version) : undefined;
}
