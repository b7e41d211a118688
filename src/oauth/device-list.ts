/** The account's devices at the accounts server: listing and removing them, and finding the one a pairing added. */

import type { Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import { sleep } from "../lib/sleep.ts";
import type { AccountDevice, Grantee, Newcomer } from "./account-devices.ts";
import { fromAttachedClients, fromDeviceRecords, newcomer, ownHandles } from "./account-devices.ts";
import type { AccountsClient } from "./accounts-client.ts";
import type { AttachedClient } from "./answers.ts";
import type { Credentials } from "./credentials.ts";
import { AccountsError } from "./error-table.ts";
import { mayBeDone } from "./lost-answer.ts";
import { SYNC_SCOPES } from "./scopes.ts";

export type DeviceHolder = Pick<
  Credentials,
  "deviceId" | "sessionToken" | "refreshToken" | "clientId" | "scope"
>;

/**
 * Everything that is signed in to the account; this device first. Without a session only what has a device record.
 *
 * @throws FxaPairError `not_signed_in` when these credentials may not see the list.
 */
export async function listDevices(accounts: AccountsClient, holder: DeviceHolder): Promise<AccountDevice[]> {
  const own = ownHandles(holder);
  if (holder.sessionToken !== undefined) {
    return fromAttachedClients(await accounts.attachedClients(holder.sessionToken), own);
  }
  if (!holder.scope.some((value) => SYNC_SCOPES.includes(value))) {
    throw new FxaPairError(
      "not_signed_in",
      "This device was signed in without the right to see the others.",
      {
        hint: "See them in the account's settings on the web, or sign in again with fxa-pair login.",
      },
    );
  }
  return fromDeviceRecords(await accounts.devices({ refreshToken: holder.refreshToken }), own);
}

/** Signs a device out and removes it. One that is gone already counts as removed. */
export async function removeDevice(
  accounts: AccountsClient,
  holder: DeviceHolder,
  device: AccountDevice,
): Promise<void> {
  try {
    await destroy(accounts, holder, device);
  } catch (error) {
    if (!(error instanceof AccountsError) || !isUnknown(error)) throw perhapsRemoved(error);
    // Either that device is gone, or this one's own session: the list tells.
    const left = await listDevices(accounts, holder);
    if (left.some(({ id }) => id === device.id)) throw error;
  }
}

/** Where the answer was lost, the server may have done as it was told. */
function perhapsRemoved(error: unknown): unknown {
  if (!(error instanceof FxaPairError) || !mayBeDone(error)) return error;
  return new FxaPairError(error.code, error.message, {
    hint: "The device may be removed, or signed in still: look with fxa-pair devices.",
    ...(error.details && { details: error.details }),
    cause: error,
  });
}

async function destroy(accounts: AccountsClient, holder: DeviceHolder, device: AccountDevice): Promise<void> {
  const { sessionToken, refreshToken } = holder;
  if (sessionToken !== undefined) await accounts.destroyAttachedClient(sessionToken, device.handle);
  else await accounts.destroyDevice({ refreshToken }, device.id);
}

/** Unknown device, session, or token. */
function isUnknown({ errno }: AccountsError): boolean {
  return errno === 123 || errno === 110 || errno === 182;
}

/** Milliseconds between two looks at the list. */
const LOOK_EVERY = 1000;

export interface NewDeviceSearch {
  readonly accounts: AccountsClient;
  readonly holder: DeviceHolder & { readonly sessionToken: string };
  /** The list as it was when the code was asked for. */
  readonly before: readonly AttachedClient[];
  readonly grantee: Grantee;
  /** The name that the server gives a device until it says its own. */
  readonly clientName: string | null;
  readonly clock: Clock;
  /** Milliseconds that a device is waited for: it may not have used its code yet. */
  readonly patience: number;
  readonly signal: AbortSignal;
}

/**
 * Looks for the device that a pairing added until it is there and has told its name, or until time is up; then it is
 * taken as it is.
 */
export async function findNewDevice(search: NewDeviceSearch): Promise<Newcomer> {
  const { accounts, holder, before, grantee, clientName, clock, patience, signal } = search;
  const end = clock.now() + patience;
  const own = ownHandles(holder);
  for (;;) {
    const after = await accounts.attachedClients(holder.sessionToken);
    const found = newcomer(before, after, grantee, own);
    if (found.kind === "ambiguous" || clock.now() + LOOK_EVERY > end) return found;
    if (found.kind === "found" && isComplete(found, grantee, clientName)) return found;
    await sleep(clock, LOOK_EVERY, signal);
  }
}

function isComplete(
  { device, also }: Extract<Newcomer, { kind: "found" }>,
  { session }: Grantee,
  clientName: string | null,
): boolean {
  const named = device.name !== null && device.name !== clientName;
  return named && (!session || also.length > 0);
}
