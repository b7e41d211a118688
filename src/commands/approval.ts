/**
 * The authority's yes: asked on the terminal, or given beforehand with `--yes`. For a device whose code was scanned it takes
 * the end of the fingerprint, read off that device (security V4); on an account with two-step authentication whose sign-in is
 * not fresh, a code of the authenticator app besides.
 */
import { FxaPairError } from "../lib/errors.ts";
import type { AccountsClient } from "../oauth/accounts-client.ts";
import type { Credentials } from "../oauth/credential-store.ts";
import { checkHostSession, needsFreshTotp } from "../oauth/host-session.ts";
import type { HostSession } from "../oauth/host-session.ts";
import { displayText } from "../ui/safe-text.ts";
import { isEndOf } from "../pairing/fingerprint.ts";
import type { RequestStatus } from "../pairing/status.ts";
import type { Run } from "./setup.ts";

export interface ApprovalFlags {
  readonly yes: boolean;
  readonly approveJwk?: string | undefined;
  readonly expectFingerprint?: string | undefined;
  /** Where the new device's code comes from, when that one shows it. */
  readonly scan?: string | undefined;
}

export type HostCredentials = Credentials & { readonly sessionToken: string };

/** Wrong codes of the authenticator app before the answer is no. */
const MAX_CODES = 3;

/** Whether only one key's, or one single, request can be approved. */
export function isPinned(flags: ApprovalFlags): boolean {
  return flags.approveJwk !== undefined || flags.expectFingerprint !== undefined;
}

export class Approval {
  readonly #accounts: AccountsClient;
  readonly #credentials: HostCredentials;
  readonly #session: HostSession;
  readonly #flags: ApprovalFlags;
  readonly #run: Run;

  private constructor(
    accounts: AccountsClient,
    credentials: HostCredentials,
    session: HostSession,
    flags: ApprovalFlags,
    run: Run,
  ) {
    this.#accounts = accounts;
    this.#credentials = credentials;
    this.#session = session;
    this.#flags = flags;
    this.#run = run;
  }

  /**
   * Looks the session up, before a channel is opened: a revoked one should not cost anybody a scan.
   *
   * @throws FxaPairError `not_signed_in` when it cannot approve anything, or only with a code that nobody can be asked.
   */
  static async prepare(
    accounts: AccountsClient,
    credentials: HostCredentials,
    flags: ApprovalFlags,
    run: Run,
  ): Promise<Approval> {
    const session = await checkHostSession(accounts, credentials);
    const approval = new Approval(accounts, credentials, session, flags, run);
    if (flags.yes) approval.#requireNoCode();
    approval.#tellTwoStep();
    return approval;
  }

  /** Before anybody scans anything, whoever hosts knows whether the app with the codes will be wanted. */
  #tellTwoStep(): void {
    if (!this.#session.twoStep) return;
    this.#run.reporter.progress(
      this.#needsCode()
        ? isPinned(this.#flags) && this.#flags.yes
          ? "The account has two-step authentication; the pinned request stands for its code."
          : "The account has two-step authentication: have your authenticator app ready, its code will be asked for."
        : "The account has two-step authentication, and this sign-in passed it just now.",
    );
  }

  /** Asks; silence, the end of input and too many wrong codes are no. */
  async ask(question: RequestStatus, signal: AbortSignal): Promise<boolean> {
    const { prompter, reporter } = this.#run;
    const typed = this.#flags.scan !== undefined && !this.#flags.yes;
    reporter.explain(typed ? { ...question, endIsTyped: true } : question, !this.#flags.yes);
    if (this.#flags.yes) {
      // The sign-in may have aged while the offer waited.
      this.#requireNoCode();
      return true;
    }
    if (prompter === null) return false;
    return (
      (await prompter.confirm(`Sign that device in to ${displayText(this.#credentials.email)}?`, signal)) &&
      (!typed || (await this.#askEnd(question, signal))) &&
      (!this.#needsCode() || this.#askCode(signal))
    );
  }

  /** One try: who has the device in front of them can read it off. */
  async #askEnd({ fingerprint }: RequestStatus, signal: AbortSignal): Promise<boolean> {
    const { prompter, reporter } = this.#run;
    const label = "Last four characters of the fingerprint on the new device";
    const typed = (await prompter?.line(label, { hidden: false }, signal)) ?? "";
    if (isEndOf(typed, fingerprint)) {
      reporter.progress(`Both devices have the fingerprint ${fingerprint}.`);
      return true;
    }
    reporter.warn("that is not the end of this request's fingerprint, so the device is not signed in.");
    return false;
  }

  async #askCode(signal: AbortSignal): Promise<boolean> {
    const { prompter, reporter } = this.#run;
    for (let attempt = 1; prompter !== null && attempt <= MAX_CODES; attempt++) {
      const code = await prompter.line("Code of your authenticator app", { hidden: false }, signal);
      if (code === "") return false;
      if (/^\d{6,8}$/.test(code) && (await this.#accounts.verifyTotp(this.#credentials.sessionToken, code)))
        return true;
      reporter.warn("that code was wrong or too old.");
    }
    return false;
  }

  /** A pin stands for the code: whoever set it knows which request is coming. */
  #requireNoCode(): void {
    if (isPinned(this.#flags) || !this.#needsCode()) return;
    throw new FxaPairError(
      "not_signed_in",
      "The account has two-step authentication, and this sign-in is more than five minutes old.",
      {
        hint: "Pin the request (--approve-jwk), run it in a terminal, or sign in again: fxa-pair login --totp <code>",
      },
    );
  }

  #needsCode(): boolean {
    return needsFreshTotp(
      this.#session,
      this.#credentials,
      this.#run.environment.clock,
      this.#accounts.clockSkew,
    );
  }
}
