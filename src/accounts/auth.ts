/**
 * Who is calling: `Authorization` with a prefixed Bearer token id, a legacy Hawk signature, or a plain OAuth token.
 * Everything that is not exactly right answers like an unknown token.
 */
import { equalText } from "../lib/constant-time.ts";
import { hawkMac, hawkPayloadHash, parseHawkHeader } from "./hawk.ts";
import type { Call } from "./call.ts";
import { AuthProblem } from "./problems.ts";
import type { Account, AccessToken, KeyFetchToken, RefreshToken, Session } from "./records.ts";
import type { AccountsStore } from "./store.ts";

const SESSION_BEARER = /^Bearer fxs_([0-9a-f]{64})$/;
const KEY_FETCH_BEARER = /^Bearer fxk_([0-9a-f]{64})$/;
const PLAIN_BEARER = /^Bearer ([0-9a-f]{64})$/;

export interface SessionCaller {
  readonly account: Account;
  readonly session: Session;
}

export interface RefreshTokenCaller {
  readonly account: Account;
  readonly refreshToken: RefreshToken;
}

/**
 * The session whose derived id (or Hawk signature) the request carries.
 *
 * @throws AuthProblem 110; 109 for a malformed or wrong Hawk header
 */
export function requireSession(store: AccountsStore, call: Call): SessionCaller {
  const session = findCredential(call, SESSION_BEARER, (id) => store.sessions.find(id));
  const account = session && store.findAccount(session.uid);
  if (!session || !account) throw new AuthProblem(110);
  store.markUsed({ sessionId: session.id });
  return { account, session };
}

/** The key-fetch token whose derived id (or Hawk signature) the request carries. */
export function requireKeyFetchToken(store: AccountsStore, call: Call): KeyFetchToken {
  const token = findCredential(call, KEY_FETCH_BEARER, (id) => store.sessions.findKeyFetchToken(id));
  if (!token) throw new AuthProblem(110);
  return token;
}

/** A session or an OAuth refresh token, for the device routes. */
export function requireSessionOrRefreshToken(
  store: AccountsStore,
  call: Call,
): SessionCaller | RefreshTokenCaller {
  const token = plainBearer(call);
  if (token === undefined) return requireSession(store, call);
  const refreshToken = store.grants.findRefreshToken(token);
  const account = refreshToken && store.findAccount(refreshToken.uid);
  if (!refreshToken || !account) throw new AuthProblem(110);
  store.markUsed({ refreshTokenId: refreshToken.id });
  return { account, refreshToken };
}

/** The unexpired access token of a plain Bearer header. */
export function findAccessToken(store: AccountsStore, call: Call): AccessToken | undefined {
  const token = plainBearer(call);
  const found = token === undefined ? undefined : store.grants.findAccessToken(token);
  return found && !store.grants.isExpired(found) ? found : undefined;
}

function plainBearer(call: Call): string | undefined {
  return PLAIN_BEARER.exec(call.headers.authorization ?? "")?.[1];
}

function findCredential<Credential extends { readonly authKey: Uint8Array }>(
  call: Call,
  bearer: RegExp,
  find: (id: string) => Credential | undefined,
): Credential | undefined {
  const header = call.headers.authorization ?? "";
  if (/^hawk\s/i.test(header)) return verifyHawk(call, header, find);
  const id = bearer.exec(header)?.[1];
  return id === undefined ? undefined : find(id);
}

/** The hosted servers only parse the header today; here the MAC, and the payload hash if there is one, must be right. */
function verifyHawk<Credential extends { readonly authKey: Uint8Array }>(
  call: Call,
  header: string,
  find: (id: string) => Credential | undefined,
): Credential | undefined {
  const { id, ts, nonce, mac, hash, ext } = parseHawkHeader(header) ?? {};
  if (id === undefined || ts === undefined || nonce === undefined || mac === undefined)
    throw new AuthProblem(109);
  const credential = find(id);
  if (!credential) return undefined;
  const { host, port } = requestHost(call);
  const signed = { ts, nonce, method: call.method, resource: call.target, host, port, hash, ext };
  const body = Buffer.from(call.body).toString("utf8");
  const expectedHash = hawkPayloadHash(call.headers["content-type"] ?? "", body);
  if (hash !== undefined && !equalText(hash, expectedHash)) throw new AuthProblem(109);
  if (!equalText(mac, hawkMac(credential.authKey, signed))) throw new AuthProblem(109);
  return credential;
}

function requestHost(call: Call): { host: string; port: number } {
  const text = `http://${call.headers.host ?? ""}`;
  if (!URL.canParse(text)) throw new AuthProblem(109);
  const url = new URL(text);
  return { host: url.hostname, port: url.port === "" ? 80 : Number(url.port) };
}
