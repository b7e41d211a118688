/**
 * The numbers of the auth server, those of the OAuth server (a table of its own, where 103 is a redirect URI and not a
 * password), those of the profile server, and the translations between them.
 */

/** Whose numbers a refusal has. */
export type Numbering = "auth" | "oauth" | "profile";

/** HTTP status and text of each number. */
type ProblemTable = Readonly<Record<number, readonly [status: number, message: string]>>;

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
  105: [503, "Auth server unavailable"],
  110: [401, "Invalid token"],
  114: [429, "Client has sent too many requests"],
  116: [404, "Not found"],
  999: [500, "Unspecified error"],
};

export const TABLES: Readonly<Record<Numbering, ProblemTable>> = {
  auth: AUTH_PROBLEMS,
  oauth: OAUTH_PROBLEMS,
  profile: PROFILE_PROBLEMS,
};

type Translation = Readonly<Record<number, number>>;

const OAUTH_TO_AUTH: Translation = {
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

/** The same backwards; where the OAuth server has one number for several of the auth server's, that one. */
const AUTH_TO_OAUTH: Translation = {
  ...Object.fromEntries(Object.entries(OAUTH_TO_AUTH).map(([oauth, auth]) => [auth, Number(oauth)])),
  106: 109,
  107: 109,
  108: 109,
  109: 111,
};

const AUTH_TO_PROFILE: Translation = { 107: 101, 108: 101, 110: 110, 114: 114, 116: 116, 201: 105 };

/** Each number of one server (first key) in those of another (second key); what is missing has no counterpart. */
export const TRANSLATIONS: Readonly<Record<Numbering, Readonly<Partial<Record<Numbering, Translation>>>>> = {
  auth: { oauth: AUTH_TO_OAUTH, profile: AUTH_TO_PROFILE },
  oauth: { auth: OAUTH_TO_AUTH },
  profile: {},
};
