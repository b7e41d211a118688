/** Tokens that a session asked for, and whose answer was lost: found in the account's list, and ended. */

import type { Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import { within } from "../lib/within.ts";
import { newcomer, sessionTokenIdOf } from "./account-devices.ts";
import type { AccountsClient } from "./accounts-client.ts";
import type { AttachedClient } from "./answers.ts";
import { mayHaveIssued, perhapsIssued } from "./lost-answer.ts";

/** Milliseconds that the list is worth holding up a sign-in for. */
const LIST_PATIENCE = 3000;

/** What is attached to the account of a session, for {@link endingUnheard}; null where that cannot be had in time. */
export async function listAttached(
  accounts: AccountsClient,
  sessionToken: string,
  clock: Clock,
): Promise<readonly AttachedClient[] | null> {
  const asked = accounts.attachedClients(sessionToken).catch(() => null);
  return await within<readonly AttachedClient[] | null>(clock, LIST_PATIENCE, asked, () => null);
}

/** A grant that a session asks for. */
export interface SessionGrant {
  readonly sessionToken: string;
  readonly clientId: string;
  /** The account's list as it was before the tokens are asked for. */
  readonly before: readonly AttachedClient[] | null;
}

/**
 * Asks for tokens on the strength of a session. Where their answer is lost, the account's list tells whether they were
 * issued: if exactly one entry of this client has come since, it is ended.
 *
 * @throws what `ask` throws; with a hint, where tokens may be left.
 */
export async function endingUnheard<T>(
  accounts: AccountsClient,
  grant: SessionGrant,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof FxaPairError) || !mayHaveIssued(error)) throw error;
    throw (await endNewcomer(accounts.uninterrupted(), grant)) ? error : perhapsIssued(error);
  }
}

/** Whether what the grant brought was found and ended. */
async function endNewcomer(
  accounts: AccountsClient,
  { sessionToken, clientId, before }: SessionGrant,
): Promise<boolean> {
  if (before === null) return false;
  const own = { deviceId: null, sessionTokenId: sessionTokenIdOf(sessionToken), refreshTokenId: null };
  try {
    const after = await accounts.attachedClients(sessionToken);
    const came = newcomer(before, after, { clientId, session: false }, own);
    // None yet: the server may still be at it. Several: which are another device's cannot be told.
    if (came.kind !== "found") return false;
    await accounts.destroyAttachedClient(sessionToken, came.device.handle);
    return true;
  } catch {
    return false;
  }
}
