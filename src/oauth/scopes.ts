/**
 * OAuth scopes of the accounts server: short names (`profile:email`, read-only unless they end in `write`) and https
 * URLs (read/write unless a fragment narrows them).
 */

export const PROFILE_SCOPE = "profile";
export const OLDSYNC_SCOPE = "https://identity.mozilla.com/apps/oldsync";
/** Hands a session token over: its holder can sign in further devices. */
export const SESSION_SCOPE = "https://identity.mozilla.com/tokens/session";

/** Scopes whose 64-byte keys predate scoped keys. */
export const SYNC_SCOPES: readonly string[] = [OLDSYNC_SCOPE, "https://identity.thunderbird.net/apps/sync"];

/** Scopes known to carry a key. Which ones a client may have is the server's answer, not this list. */
export const KEY_BEARING_SCOPES: readonly string[] = [
  ...SYNC_SCOPES,
  "https://identity.mozilla.com/apps/notes",
];

const SHORT_NAME = /^[A-Za-z0-9_]+(?::[A-Za-z0-9_]+)*$/;
const FRAGMENT = /^#[A-Za-z0-9_]+$/;

/**
 * A scope string's values in order, without duplicates. Separators are spaces and, as in URLs and some pairing
 * requests, `+`. Values are not judged: see {@link isScopeValue}.
 */
export function parseScope(text: string): readonly string[] {
  return [...new Set(text.split(/[ +]+/).filter((value) => value !== ""))];
}

/** Values to a scope string. */
export function formatScope(values: readonly string[]): string {
  return values.join(" ");
}

/** Whether a value is well-formed: a short name, or an https URL that WHATWG parsing leaves as it is. */
export function isScopeValue(value: string): boolean {
  return SHORT_NAME.test(value) || scopeUrl(value) !== undefined;
}

/** Whether a scope string implies each value of another. An empty or malformed wish is implied by nothing. */
export function impliesScope(has: string, wants: string): boolean {
  const held = parseScope(has);
  const wanted = parseScope(wants);
  return wanted.length > 0 && wanted.every((wish) => held.some((value) => valueImplies(value, wish)));
}

function valueImplies(has: string, wants: string): boolean {
  const hasUrl = scopeUrl(has);
  const wantsUrl = scopeUrl(wants);
  if (hasUrl && wantsUrl) return urlImplies(hasUrl, wantsUrl);
  if (hasUrl || wantsUrl || !SHORT_NAME.test(has) || !SHORT_NAME.test(wants)) return false;
  return shortNameImplies(has, wants);
}

function urlImplies(has: URL, wants: URL): boolean {
  if (has.origin !== wants.origin) return false;
  if (has.hash !== "" && has.hash !== wants.hash) return false;
  return isPrefix(has.pathname.split("/"), wants.pathname.split("/"));
}

function shortNameImplies(has: string, wants: string): boolean {
  const held = components(has);
  const wanted = components(wants);
  if (endsInWrite(wanted) && !endsInWrite(held)) return false;
  return isPrefix(endsInWrite(held) ? held.slice(0, -1) : held, wanted);
}

function components(value: string): readonly string[] {
  return (value === "email" ? "profile:email" : value).split(":"); // one and the same
}

function endsInWrite(names: readonly string[]): boolean {
  // A lone `write` is a name: without its last component it would imply everything.
  return names.length > 1 && names.at(-1) === "write";
}

function isPrefix(prefix: readonly string[], whole: readonly string[]): boolean {
  return prefix.length <= whole.length && prefix.every((name, i) => name === whole[i]);
}

function scopeUrl(value: string): URL | undefined {
  // A plus sign separates values, so none can hold one.
  if (!value.startsWith("https://") || value.includes("+") || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  if (url.href !== value || url.username !== "" || url.password !== "" || url.search !== "") return undefined;
  // "https://a/b#" and "https://a/b?" survive serialising with an empty part.
  if (value.includes("?") || (value.includes("#") && !FRAGMENT.test(url.hash))) return undefined;
  return url;
}
