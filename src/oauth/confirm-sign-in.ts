/** Confirming a new session: digits from a mail or an app, a backup code, or a link that somebody opens elsewhere. */

import type { Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import { sleep } from "../lib/sleep.ts";
import type { AccountsClient } from "./accounts-client.ts";
import { AccountsError } from "./error-table.ts";
import type { Confirmation } from "./sign-in.ts";

/** After so many wrong codes a sign-in ends. */
const MAX_CODES = 3;
/** So many further mails with a code are sent, each when asked for. */
const MAX_RESENDS = 3;
/** Milliseconds between two looks whether a mailed link was opened, and until nobody is expected to. */
const LINK_POLL_INTERVAL = 5000;
const LINK_LIFE = 15 * 60_000;

export interface CodeQuestion {
  readonly method: "mailed-code" | "totp";
  /** What became of the answer before. */
  readonly last: "wrong" | "resent" | "throttled" | null;
  /** Seconds to wait before asking for another mail, once the server has said so. */
  readonly wait: number | null;
  /** This one included. */
  readonly attemptsLeft: number;
  /** As long as there are any, an empty answer, or the letter r, has the code mailed again. */
  readonly resendsLeft: number;
}

export interface ConfirmationPorts {
  readonly clock: Clock;
  /** What the user types: for `totp` also a backup code. */
  askCode(question: CodeQuestion): Promise<string>;
  /** A link was mailed; this waits until it is opened. */
  reportLinkMailed(): void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings a session to its confirmed state.
 *
 * @throws FxaPairError `refused` after three wrong codes, or when the server is not satisfied afterwards; `timeout` when
 *   nobody opened the link.
 */
export async function confirmSession(
  accounts: AccountsClient,
  sessionToken: string,
  confirmation: Confirmation,
  ports: ConfirmationPorts,
): Promise<void> {
  if (confirmation === "none") return;
  if (confirmation === "mailed-link") await waitForLink(accounts, sessionToken, ports);
  else await askForCodes(accounts, sessionToken, confirmation, ports);
  if ((await accounts.sessionStatus(sessionToken)).verified) return;
  throw new FxaPairError("refused", "The code was right, but the accounts server wants more confirmation.", {
    hint: "Pair this device with one that is already signed in: fxa-pair join",
  });
}

async function askForCodes(
  accounts: AccountsClient,
  sessionToken: string,
  method: "mailed-code" | "totp",
  { askCode }: ConfirmationPorts,
): Promise<void> {
  let attemptsLeft = MAX_CODES;
  let resendsLeft = method === "mailed-code" ? MAX_RESENDS : 0;
  let last: CodeQuestion["last"] = null;
  let wait: number | null = null;
  while (attemptsLeft > 0) {
    const typed = await askCode({ method, last, wait, attemptsLeft, resendsLeft });
    const code = typed.replace(/[\s-]/g, "");
    if (isResend(code) && resendsLeft > 0) {
      wait = await secondsThrottled(() => accounts.resendCode(sessionToken));
      resendsLeft -= 1;
      last = wait === null ? "resent" : "throttled";
      continue;
    }
    if (await isRight[method](accounts, sessionToken, code)) return;
    attemptsLeft -= 1;
    last = "wrong";
  }
  throw new FxaPairError("refused", `The sign-in ended after ${String(MAX_CODES)} wrong codes.`, {
    hint:
      method === "totp"
        ? "Check that the clock of the device with the authenticator app is right, then start again."
        : "Start again, and use the code of the newest mail.",
  });
}

/** What people type for another mail. */
export function isResend(typed: string): boolean {
  return typed === "" || typed.toLowerCase() === "r";
}

/** Asks for a mail. The one sent before still counts when the server wants no more of that for now: then so many seconds. */
export async function secondsThrottled(askForMail: () => Promise<void>): Promise<number | null> {
  try {
    await askForMail();
    return null;
  } catch (error) {
    if (error instanceof AccountsError && error.retryAfter !== undefined) return error.retryAfter;
    throw error;
  }
}

const isRight = { "mailed-code": isRightMailed, totp: isRightTotp };

async function isRightMailed(accounts: AccountsClient, sessionToken: string, code: string): Promise<boolean> {
  if (!/^[0-9]{6,8}$/.test(code)) return false;
  return await unlessWrong([105, 152, 153, 183], async () => {
    await accounts.verifyCode(sessionToken, code);
    return true;
  });
}

async function isRightTotp(accounts: AccountsClient, sessionToken: string, code: string): Promise<boolean> {
  if (/^[0-9]{6,8}$/.test(code)) return await accounts.verifyTotp(sessionToken, code);
  if (!/^[0-9a-z]{10}$/i.test(code)) return false;
  return await unlessWrong([156], async () => {
    await accounts.verifyBackupCode(sessionToken, code.toLowerCase());
    return true;
  });
}

async function unlessWrong(wrong: readonly number[], action: () => Promise<boolean>): Promise<boolean> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof AccountsError && error.errno !== undefined && wrong.includes(error.errno))
      return false;
    throw error;
  }
}

async function waitForLink(
  accounts: AccountsClient,
  sessionToken: string,
  { clock, signal, reportLinkMailed }: ConfirmationPorts,
): Promise<void> {
  reportLinkMailed();
  const end = clock.now() + LINK_LIFE;
  while (clock.now() < end) {
    const { emailVerified, sessionVerified } = await accounts.emailStatus(sessionToken);
    if (emailVerified && sessionVerified) return;
    await sleep(clock, LINK_POLL_INTERVAL, signal);
  }
  throw new FxaPairError("timeout", "Nobody opened the link in the mail.", { hint: "Start again." });
}
