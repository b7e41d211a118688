/** The refusals of the accounts API. Messages are fixed texts: nothing a client sent is ever repeated in one. */
import { STATUS_CODES } from "node:http";
import type { Numbering } from "./errno-tables.ts";
import { TABLES, TRANSLATIONS } from "./errno-tables.ts";

const UNSPECIFIED = 999;

/** Members next to `code`, `errno`, `error` and `message` in an error object. */
export type ProblemExtras = Readonly<Record<string, unknown>>;

/** A refusal on its way to the client. `extras` are members of the error object; `headers` go with the answer. */
export class AccountsProblem extends Error {
  readonly numbering: Numbering;
  readonly errno: number;
  readonly status: number;
  readonly extras: ProblemExtras;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    numbering: Numbering,
    errno: number,
    extras: ProblemExtras = {},
    headers: Readonly<Record<string, string>> = {},
    [status, message] = TABLES[numbering][errno] ?? [500, "Unspecified error"],
  ) {
    super(message);
    this.numbering = numbering;
    this.errno = errno;
    this.status = status;
    this.extras = extras;
    this.headers = headers;
  }

  /** The same refusal in another server's numbers; under the old status as unspecified where that has none for it. */
  translate(to: Numbering): AccountsProblem {
    if (to === this.numbering) return this;
    const errno = TRANSLATIONS[this.numbering][to]?.[this.errno];
    const { extras, headers, status, message } = this;
    return errno === undefined
      ? new AccountsProblem(to, UNSPECIFIED, extras, headers, [status, message])
      : new AccountsProblem(to, errno, extras, headers);
  }

  /** The error object as it goes over the wire. */
  toBody(): Record<string, unknown> {
    const { extras, status: code, errno, message } = this;
    return { ...extras, code, errno, error: STATUS_CODES[code] ?? "Error", message };
  }
}

/** A refusal with the auth server's numbers. */
export class AuthProblem extends AccountsProblem {
  constructor(errno: number, extras: ProblemExtras = {}, headers: Readonly<Record<string, string>> = {}) {
    super("auth", errno, extras, headers);
  }
}

/** A refusal with the OAuth server's numbers. */
export class OAuthProblem extends AccountsProblem {
  constructor(errno: number, extras: ProblemExtras = {}) {
    super("oauth", errno, extras);
  }
}

/** A refusal with the profile server's numbers. */
export class ProfileProblem extends AccountsProblem {
  constructor(errno: number) {
    super("profile", errno);
  }
}

/** 429 with the wait in whole seconds in the `Retry-After` header, and the extras of the newer servers in the body. */
export function throttled(retryAfter: number, extras: ProblemExtras = {}): AuthProblem {
  const seconds = Math.max(1, Math.ceil(retryAfter));
  // The body's unit is milliseconds on the newest servers: a client that reads it as seconds waits far too long.
  return new AuthProblem(114, { retryAfter: seconds * 1000, ...extras }, { "Retry-After": String(seconds) });
}
