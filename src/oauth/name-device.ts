/** A name for this device in the account's list. Without one it would show up as an unknown device. */

import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient } from "./accounts-client.ts";
import type { Authorization } from "./calls.ts";
import { SYNC_SCOPES } from "./scopes.ts";

const MAX_NAME_LENGTH = 255;

/** What the server may know the device by. */
export interface DeviceTokens {
  readonly refreshToken: string;
  readonly sessionToken: string | null;
  readonly scope: readonly string[];
}

/** Names the device; failing is worth a warning, not a failed sign-in. An interruption is passed on. */
export async function nameDevice(
  accounts: AccountsClient,
  tokens: DeviceTokens,
  name: string,
): Promise<{ id: string | null; warnings: readonly string[] }> {
  const authorization = authorizationFor(tokens);
  if (authorization === undefined) return { id: null, warnings: [] };
  try {
    const device = await accounts.registerDevice(authorization, { name: printable(name), type: "desktop" });
    return { id: device.id, warnings: [] };
  } catch (error) {
    if (!(error instanceof FxaPairError) || error.code === "interrupted") throw error;
    return { id: null, warnings: [`The device could not be named in the account's list: ${error.message}`] };
  }
}

/** Newer servers let a refresh token do this only when it has a Sync scope; then it has a nameless record already. */
function authorizationFor({ refreshToken, sessionToken, scope }: DeviceTokens): Authorization | undefined {
  if (scope.some((value) => SYNC_SCOPES.includes(value))) return { refreshToken };
  return sessionToken === null ? undefined : { sessionToken };
}

/** Control and other unprintable characters would have the server refuse the name. */
function printable(name: string): string {
  const cleaned = name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, " ").trim();
  return cleaned.slice(0, MAX_NAME_LENGTH) || "fxa-pair";
}
