/** From an answer of an accounts server to the document in it, or to the one error that says why there is none. */

import * as v from "valibot";
import type { ErrorCode } from "../lib/errors.ts";
import { FxaPairError } from "../lib/errors.ts";
import type { Meaning } from "./errno-meanings.ts";
import { AUTH_MEANINGS, oauthMeaning, profileMeaning } from "./errno-meanings.ts";
import type { HttpAnswer } from "./http.ts";
import { isScopeValue } from "./scopes.ts";

/** Which of the account's servers answered: their error numbers differ. */
export type ServerName = "auth" | "oauth" | "profile";

/** Seconds to wait when a throttled answer does not say. */
const DEFAULT_RETRY_AFTER = 10;
/** Seconds: thirty years, as good as never, and still a number that can be told. */
const MAX_RETRY_AFTER = 1e9;

const text = v.fallback(v.optional(v.string()), undefined);
const ErrorSchema = v.object({
  errno: v.fallback(v.optional(v.number()), undefined),
  email: text,
  verificationMethod: text,
  verificationReason: text,
  deviceId: text,
  param: text,
  validation: v.fallback(v.optional(v.object({ keys: v.array(v.string()) })), undefined),
  invalidScopes: v.fallback(v.optional(v.union([v.array(v.string()), v.string()])), undefined),
});

type ErrorDocument = v.InferOutput<typeof ErrorSchema>;

/** The accounts server said no. `errno` is the auth server's or the OAuth host's own number; absent from other boxes. */
export class AccountsError extends FxaPairError {
  readonly status: number;
  readonly errno: number | undefined;
  /** Seconds, on a throttled answer. */
  readonly retryAfter: number | undefined;
  /** Members some errors carry: text of the server's, not to be shown. */
  readonly extras: ErrorDocument;

  constructor(meaning: Meaning, answer: HttpAnswer, extras: ErrorDocument) {
    const { errno } = extras;
    const retryAfter = isThrottled(answer.status, errno) ? retryAfterSeconds(answer.retryAfter) : undefined;
    const hint =
      retryAfter === undefined || answer.retryAfter === undefined ? meaning.hint : waitFor(retryAfter);
    super(meaning.code, withParticulars(meaning.message, extras), {
      ...(hint === undefined ? {} : { hint }),
      details: {
        status: answer.status,
        ...(errno === undefined ? {} : { errno }),
        ...(retryAfter === undefined ? {} : { retryAfter }),
      },
    });
    this.name = "AccountsError";
    this.status = answer.status;
    this.errno = errno;
    this.retryAfter = retryAfter;
    this.extras = extras;
  }

  /** Whether a mailed unblock code lets the sign-in through. */
  get offersUnblockCode(): boolean {
    return (this.errno === 125 || this.errno === 114) && this.extras.verificationMethod === "email-captcha";
  }
}

/**
 * The document of a successful answer, not yet checked for its form.
 *
 * @throws AccountsError for everything else, with the code of what happened: `unreachable` for 5xx, redirects and what
 *   is no JSON, `refused` or `not_signed_in` for 4xx, also for 403 and 406 without JSON.
 */
export function successDocument(answer: HttpAnswer, server: ServerName, host: string): unknown {
  const { status, document } = answer;
  if (status >= 200 && status < 300 && typeof document === "object" && document !== null) return document;
  const parsed = v.safeParse(ErrorSchema, document);
  const extras = parsed.success ? parsed.output : v.parse(ErrorSchema, {});
  throw new AccountsError(meaningOf(answer, extras.errno, server, host, parsed.success), answer, extras);
}

function meaningOf(
  { status }: HttpAnswer,
  errno: number | undefined,
  server: ServerName,
  host: string,
  isJson: boolean,
): Meaning {
  const known = status < 400 ? undefined : knownMeaning(status, errno, server, isJson);
  if (known) return { ...known, code: codeFor(known.code, status, errno) };
  if (status < 300) return notAnAnswer(`${host} answered without JSON`);
  if (status < 400) return notAnAnswer(`${host} answered with a redirect, which is not followed`);
  if (status >= 500) {
    return {
      code: "unreachable",
      message: `${host} answered with status ${status}.`,
      hint: "Try again later.",
    };
  }
  if (status === 403 || status === 406) return turnedAway(status, host);
  if (!isJson) return notAnAnswer(`${host} answered with status ${status} and without JSON`);
  const number = errno === undefined ? "" : `, error ${errno}`;
  return { code: "refused", message: `The accounts server refused the request (status ${status}${number}).` };
}

function knownMeaning(
  status: number,
  errno: number | undefined,
  server: ServerName,
  isJson: boolean,
): Meaning | undefined {
  if (isThrottled(status, errno)) return AUTH_MEANINGS[114];
  if (server === "profile") return isJson ? profileMeaning(status) : undefined;
  if (errno === undefined) return undefined;
  return server === "oauth" ? oauthMeaning(errno) : AUTH_MEANINGS[errno];
}

/** A number that means "refused" under a 5xx status is the server's trouble after all; 202 comes with either. */
function codeFor(code: ErrorCode, status: number, errno: number | undefined): ErrorCode {
  return status >= 500 && code === "refused" && errno !== 202 ? "unreachable" : code;
}

function isThrottled(status: number, errno: number | undefined): boolean {
  return status === 429 || errno === 114;
}

/** The header counts in seconds. The body's number does too, or in milliseconds: it is not looked at. */
function retryAfterSeconds(header: string | undefined): number {
  if (header === undefined || !/^[0-9]+$/.test(header)) return DEFAULT_RETRY_AFTER;
  return Math.min(Number(header), MAX_RETRY_AFTER);
}

/** People are told minutes, rounded up: a wait that is a little too short would only be refused again. */
function waitFor(seconds: number): string {
  const [count, unit] = seconds < 60 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  return `Wait ${String(count)} ${unit}${count === 1 ? "" : "s"} before the next attempt.`;
}

function notAnAnswer(what: string): Meaning {
  return { code: "unreachable", message: `${what}.`, hint: "Check --server, or try again later." };
}

function turnedAway(status: number, host: string): Meaning {
  return {
    code: "refused",
    message: `${host} turned this program away (status ${status}), as it does with what it takes for robots.`,
    hint: "Pair this device with one that is already signed in, or try from another network.",
  };
}

/** Adds names the server gave, as far as they have a harmless form. */
function withParticulars(
  message: string,
  { errno, param, validation, invalidScopes }: ErrorDocument,
): string {
  const fields = [...(validation?.keys ?? []), ...(param === undefined ? [] : [param])];
  const scopes = typeof invalidScopes === "string" ? invalidScopes.split(" ") : (invalidScopes ?? []);
  const names =
    errno === 163
      ? scopes.filter((scope) => scope.length <= 128 && isScopeValue(scope))
      : fields.filter((name) => /^[A-Za-z0-9_.]{1,64}$/.test(name));
  return names.length === 0 ? message : `${message.replace(/\.$/, "")}: ${names.slice(0, 5).join(", ")}.`;
}
