/**
 * The refusals of the accounts API: the numbers of the auth server, those of the OAuth server (a table of its own, where
 * 103 is a redirect URI and not a password), and the translation the auth server applies to its `/oauth/*` routes.
 * Messages are fixed texts: nothing a client sent is ever repeated in one.
 */

/** HTTP status and text of each number. */
export type ProblemTable = Readonly<Record<number, readonly [status: number, message: string]>>;

const AUTH_PROBLEMS: ProblemTable = {
  101: [400, "Account already exists"],
  102: [400, "Unknown account"],
  103: [400, "Incorrect password"],
  104: [400, "Unconfirmed account"],
  105: [400, "Invalid confirmation code"],
  106: [400, "Invalid JSON in request body"],
  107: [400, "Invalid parameter in request body"],
  108: [400, "Missing parameter in request body"],
  109: [401, "Invalid request signature"],
  110: [401, "The authentication token is unknown or malformed"],
  112: [411, "Missing content-length header"],
  113: [413, "Request body too large"],
  114: [429, "Client has sent too many requests"],
  116: [404, "Not found"],
  120: [400, "Incorrect letter case of the email"],
  123: [400, "Unknown device"],
  124: [400, "Session already registered by another device"],
  125: [400, "The request was blocked for security reasons"],
  126: [400, "Account locked until its password is reset"],
  127: [400, "Invalid unblock code"],
  138: [400, "Unconfirmed session"],
  155: [400, "TOTP token not found"],
  156: [400, "Backup authentication code not found"],
  160: [400, "TOTP is required for this request"],
  162: [400, "Unknown client_id"],
  163: [400, "Requested scopes are not allowed"],
  164: [401, "Stale authentication"],
  166: [400, "Not a public client"],
  167: [400, "Incorrect redirect URI"],
  168: [400, "Invalid response_type"],
  169: [400, "Public clients need PKCE"],
  170: [400, "Mismatching acr value"],
  171: [400, "Incorrect client secret"],
  172: [400, "Unknown authorization code"],
  173: [400, "Mismatching authorization code"],
  174: [400, "Expired authorization code"],
  175: [400, "Public clients need PKCE"],
  182: [400, "Unknown token"],
  183: [400, "Invalid or expired confirmation code"],
  201: [503, "Service unavailable"],
  204: [503, "This client is disabled"],
  210: [400, "The account has no password"],
  999: [500, "Unspecified error"],
};

const OAUTH_PROBLEMS: ProblemTable = {
  101: [400, "Unknown client"],
  102: [400, "Incorrect client secret"],
  103: [400, "Incorrect redirect_uri"],
  104: [401, "Unverified session"],
  105: [400, "Unknown code"],
  106: [400, "Code of another client"],
  107: [400, "Expired code"],
  108: [400, "Invalid token"],
  109: [400, "Invalid request parameter"],
  110: [400, "Invalid response_type"],
  111: [401, "Unauthorized"],
  112: [403, "Forbidden"],
  113: [415, "Unsupported media type"],
  114: [400, "Requested scopes are not allowed"],
  115: [400, "Expired token"],
  116: [400, "Not a public client"],
  117: [400, "Incorrect code_challenge"],
  118: [400, "PKCE parameters missing"],
  119: [401, "Stale authentication"],
  120: [400, "Mismatching acr value"],
  121: [400, "Invalid grant_type"],
  122: [400, "Unknown token"],
  201: [503, "Service unavailable"],
  202: [503, "This client is disabled"],
  999: [500, "Unspecified error"],
};

const PROFILE_PROBLEMS: ProblemTable = {
  100: [403, "Unauthorized"],
  101: [400, "Invalid request parameter"],
  110: [401, "Invalid token"],
  116: [404, "Not found"],
  999: [500, "Unspecified error"],
};

/** The auth server's number for each OAuth number that its own `/oauth/*` routes can meet. */
const OAUTH_TO_AUTH: Readonly<Record<number, number>> = {
  101: 162,
  102: 171,
  103: 167,
  104: 110,
  105: 172,
  106: 173,
  107: 174,
  108: 110,
  109: 107,
  110: 168,
  114: 163,
  116: 166,
  117: 175,
  118: 169,
  119: 164,
  120: 170,
  121: 107,
  122: 182,
  201: 201,
  202: 204,
};

const REASON_PHRASES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  406: "Not Acceptable",
  411: "Length Required",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** Members next to `code`, `errno`, `error` and `message` in an error object. */
export type ProblemExtras = Readonly<Record<string, unknown>>;

/** A refusal on its way to the client. `extras` are members of the error object; `headers` go with the answer. */
export class AccountsProblem extends Error {
  readonly errno: number;
  readonly status: number;
  readonly extras: ProblemExtras;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    table: ProblemTable,
    errno: number,
    extras: ProblemExtras,
    headers: Record<string, string> = {},
  ) {
    const [status, message] = table[errno] ?? [500, "Unspecified error"];
    super(message);
    this.errno = errno;
    this.status = status;
    this.extras = extras;
    this.headers = headers;
  }

  /** The error object as it goes over the wire. */
  toBody(): Record<string, unknown> {
    return { ...this.extras, ...errorObject(this.status, this.errno, this.message) };
  }
}

/** A refusal with the auth server's numbers. */
export class AuthProblem extends AccountsProblem {
  constructor(errno: number, extras: ProblemExtras = {}, headers: Record<string, string> = {}) {
    super(AUTH_PROBLEMS, errno, extras, headers);
  }
}

/** A refusal with the OAuth server's numbers, which the auth server translates on its own routes. */
export class OAuthProblem extends AccountsProblem {
  constructor(errno: number, extras: ProblemExtras = {}) {
    super(OAUTH_PROBLEMS, errno, extras);
  }

  toAuthProblem(): AuthProblem {
    return new AuthProblem(OAUTH_TO_AUTH[this.errno] ?? 999, this.extras);
  }
}

/** A refusal with the profile server's numbers. */
export class ProfileProblem extends AccountsProblem {
  constructor(errno: number) {
    super(PROFILE_PROBLEMS, errno, {});
  }
}

/** 429 with the wait in whole seconds in the `Retry-After` header, and the extras of the newer servers in the body. */
export function throttled(retryAfter: number, extras: ProblemExtras = {}): AuthProblem {
  const seconds = Math.max(1, Math.ceil(retryAfter));
  // The body's unit is milliseconds on the newest servers: a client that reads it as seconds waits far too long.
  return new AuthProblem(114, { retryAfter: seconds * 1000, ...extras }, { "Retry-After": String(seconds) });
}

export function errorObject(status: number, errno: number, message: string): Record<string, unknown> {
  return { code: status, errno, error: REASON_PHRASES[status] ?? "Error", message };
}
