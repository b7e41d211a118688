/**
 * The device that a pairing signed in, after the fact: which it is, and undoing it. Known by comparing what is attached to
 * the account before and after the grant.
 */
import { FxaPairError } from "../lib/errors.ts";
import { TimedSignal } from "../lib/timed-signal.ts";
import { within } from "../lib/within.ts";
import type { AccountDevice, Grantee, Newcomer } from "../oauth/account-devices.ts";
import type { AccountsClient } from "../oauth/accounts-client.ts";
import type { AttachedClient } from "../oauth/answers.ts";
import { findNewDevice, removeDevice } from "../oauth/device-list.ts";
import { SESSION_SCOPE } from "../oauth/scopes.ts";
import { deviceInWords } from "../ui/device-words.ts";
import type { Choice } from "../ui/prompt.ts";
import type { HostCredentials } from "./approval.ts";
import { listedDevice } from "./listed-device.ts";
import type { Run } from "./setup.ts";

/** Milliseconds that the list is worth holding up the new device for. */
const LIST_PATIENCE = 3000;
/** Milliseconds that a device is waited for which has its code and may not have used it yet. */
const ARRIVAL_PATIENCE = { watched: 10_000, unwatched: 3000 };
/** Milliseconds that the offer to undo stands. */
const UNDO_OFFER = 60_000;

const CHOICES: readonly Choice[] = [
  { key: "u", label: "undo (remove it again)" },
  { key: "", label: "done" },
];

interface Moment {
  readonly grantee: Grantee;
  readonly clientName: string | null;
  /** Null when it could not be had. */
  readonly attached: readonly AttachedClient[] | null;
}

export class NewDevice {
  readonly #accounts: AccountsClient;
  readonly #credentials: HostCredentials;
  readonly #run: Run;
  #granted: Moment | undefined;

  constructor(accounts: AccountsClient, credentials: HostCredentials, run: Run) {
    this.#accounts = accounts;
    this.#credentials = credentials;
    this.#run = run;
  }

  /**
   * Gets the code by `grant`, and the account's list meanwhile: until the code is handed on, nobody can have used it. That
   * the list cannot be had keeps no device out.
   */
  async granted(
    request: { readonly clientId: string; readonly scope: readonly string[] },
    grant: () => Promise<string>,
  ): Promise<string> {
    const { clientId, scope } = request;
    const [code, attached, clientName] = await Promise.all([
      grant(),
      this.#inTime(this.#accounts.attachedClients(this.#credentials.sessionToken)),
      this.#inTime(this.#accounts.clientName(clientId)),
    ]);
    this.#granted = { grantee: { clientId, session: scope.includes(SESSION_SCOPE) }, attached, clientName };
    return code;
  }

  /**
   * Says which device is new and how to remove it; with somebody there, removes it when asked to.
   *
   * @throws FxaPairError when that fails, or the run is interrupted.
   */
  async conclude(somebodyThere: boolean): Promise<void> {
    const { reporter, environment } = this.#run;
    const moment = this.#granted;
    if (moment === undefined) return;
    const found = await this.#find(moment, somebodyThere);
    const shown = (device: AccountDevice) => listedDevice(device, environment.clock);
    if (found.kind !== "found") {
      const candidates = found.kind === "ambiguous" ? found.candidates.map(shown) : [];
      reporter.event({ type: "added", device: null, candidates });
      return;
    }
    reporter.event({ type: "added", device: shown(found.device), candidates: [] });
    if (!somebodyThere || !(await this.#wantsUndo(found.device))) return;
    await this.#undo(found, moment.grantee);
  }

  async #find({ grantee, clientName, attached }: Moment, somebodyThere: boolean): Promise<Newcomer> {
    if (attached === null) return { kind: "none" };
    try {
      return await findNewDevice({
        accounts: this.#accounts,
        holder: this.#credentials,
        before: attached,
        grantee,
        clientName,
        clock: this.#run.environment.clock,
        patience: somebodyThere ? ARRIVAL_PATIENCE.watched : ARRIVAL_PATIENCE.unwatched,
        signal: this.#run.signal,
      });
    } catch (error) {
      // The pairing is done all the same, and the list can be asked for later.
      if (!(error instanceof FxaPairError) || error.code === "interrupted") throw error;
      return { kind: "none" };
    }
  }

  async #wantsUndo(device: AccountDevice): Promise<boolean> {
    const { prompter, environment, signal } = this.#run;
    if (prompter === null) return false;
    const named = deviceInWords(listedDevice(device, environment.clock));
    const offer = new TimedSignal(environment.clock, UNDO_OFFER, signal);
    try {
      return (await prompter.choose(`${named} is signed in.`, CHOICES, offer.signal)) === "u";
    } catch (error) {
      if (offer.isOver) return false;
      throw error;
    } finally {
      offer.end();
    }
  }

  async #undo({ device, also }: Extract<Newcomer, { kind: "found" }>, { session }: Grantee): Promise<void> {
    const { reporter, environment } = this.#run;
    // What lets it sign in others goes first.
    for (const part of [...also, device]) await removeDevice(this.#accounts, this.#credentials, part);
    reporter.event({ type: "removed", device: listedDevice(device, environment.clock) });
    if (session && also.length === 0 && device.handle.sessionTokenId === null) {
      reporter.warn(
        "it was granted a session besides, which is not in the list yet. Look for it with fxa-pair devices.",
      );
    }
  }

  #inTime<T>(asked: Promise<T>): Promise<T | null> {
    const { clock } = this.#run.environment;
    return within<T | null>(clock, LIST_PATIENCE, asked, () => null).catch(() => null);
  }
}
