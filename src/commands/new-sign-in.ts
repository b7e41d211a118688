/**
 * The supplicant's decisions around a pairing: may this account be joined, does the user want it, and what becomes of the
 * tokens. Storing is the last step; whatever fails after the code was redeemed gives the tokens back.
 */
import { hostname } from "node:os";
import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient } from "../oauth/accounts-client.ts";
import type { Credentials, CredentialStore } from "../oauth/credential-store.ts";
import type { PkcePair } from "../oauth/pkce.ts";
import type { RecipientKey } from "../oauth/recipient-key.ts";
import { abandon, redeem } from "../oauth/redeem.ts";
import { sameEmail } from "../oauth/same-email.ts";
import type { SupplicantRequest } from "../pairing/messages.ts";
import type { MetadataStatus } from "../pairing/status.ts";
import { displayText } from "../ui/safe-text.ts";
import { deliverCredentials } from "./delivery.ts";
import type { DeliveryFlags } from "./delivery.ts";
import { endReplaced, isSameAccount } from "./replaced.ts";
import type { Run } from "./setup.ts";

export interface SignInFlags extends DeliveryFlags {
  readonly yes: boolean;
  readonly expectEmail?: string | undefined;
  readonly deviceName?: string | undefined;
}

export interface NewSignInOptions {
  /** Settles while the pairing goes on; a failure ends it before anybody is asked. */
  readonly accounts: Promise<AccountsClient>;
  /** Origin of the accounts server. */
  readonly server: string;
  readonly request: SupplicantRequest;
  readonly pkce: PkcePair;
  readonly key: RecipientKey;
  /** What the store holds now and would be replaced. */
  readonly existing: Credentials | null;
  readonly store: CredentialStore;
  readonly flags: SignInFlags;
  /** This device showed the code: then the other one asks for the end of the fingerprint. */
  readonly showed: boolean;
  readonly run: Run;
}

export class NewSignIn {
  readonly #options: NewSignInOptions;
  #result: { readonly credentials: Credentials; readonly stored: string | null } | undefined;

  constructor(options: NewSignInOptions) {
    this.#options = options;
  }

  /**
   * Judges the announced account before anybody is asked.
   *
   * @throws FxaPairError `refused` when another account was expected; `usage` when it would replace another account's
   *   credentials and nobody can be asked.
   */
  checkAnnounced(email: string): void {
    const { flags, existing, server } = this.#options;
    if (flags.expectEmail !== undefined && !sameEmail(email, flags.expectEmail)) {
      throw new FxaPairError(
        "refused",
        "The other device is signed in to another account than --expect-email names.",
        {
          hint: "Check the address, and which device showed the code.",
        },
      );
    }
    if (flags.yes && existing !== null && !isSameAccount(existing, server, email)) {
      throw new FxaPairError("usage", "This device is signed in to another account already.", {
        hint: "Sign it out first with fxa-pair logout, use another --config-dir, or run without --yes.",
      });
    }
  }

  /** Asks the user, or answers for one who said --yes. */
  async ask(question: MetadataStatus, signal: AbortSignal): Promise<boolean> {
    const { flags, existing, run, showed } = this.#options;
    await this.#options.accounts;
    const { prompter, reporter } = run;
    reporter.explain(showed ? { ...question, endIsTyped: true } : question, !flags.yes);
    if (flags.yes) return true;
    if (prompter === null) return false;
    if (existing !== null) {
      // Part of the question: after a no it would not be true.
      reporter.say(`This replaces the sign-in of ${displayText(existing.email)} on this device.`);
    }
    return prompter.confirm(`Sign this device in to ${displayText(question.email)}?`, signal);
  }

  /** Redeems the code, delivers the credentials, and revokes the ones they replace. */
  async redeem(code: string, announcedEmail: string, signal: AbortSignal): Promise<void> {
    const accounts = await this.#options.accounts;
    const { server, request, pkce, key, existing, store, flags, run } = this.#options;
    const replaced = existing !== null && isSameAccount(existing, server, announcedEmail) ? existing : null;
    const { credentials, issued, warnings } = await redeem(
      accounts,
      {
        server,
        clientId: request.clientId,
        code,
        codeVerifier: pkce.verifier,
        scope: request.scope,
        privateJwk: key.privateJwk,
        announcedEmail,
        expectEmail: flags.expectEmail,
        knownUid: replaced?.uid,
        deviceName: flags.deviceName ?? hostname(),
        signal,
      },
      run.environment.clock,
    );
    for (const warning of warnings) run.reporter.warn(warning);
    try {
      signal.throwIfAborted();
      const stored = await deliverCredentials(credentials, existing, flags, store, run);
      this.#result = { credentials, stored };
    } catch (error) {
      throw await abandon(accounts, issued, error);
    }
    if (existing !== null) await endReplaced(existing, credentials, accounts, run);
  }

  /** The `complete` event. */
  reportCompletion(): void {
    if (this.#result === undefined) return;
    const { credentials, stored } = this.#result;
    const { uid, email, scope, keys } = credentials;
    this.#options.run.reporter.event({
      type: "complete",
      uid,
      email,
      scope,
      keys: Object.keys(keys),
      stored,
      inStore: this.#options.flags.out === undefined,
    });
  }
}
