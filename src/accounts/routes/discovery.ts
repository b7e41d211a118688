/** The two documents everything else is found through. */
import type { Route } from "../call.ts";
import { ok, PREFIXES } from "../call.ts";
import type { Services } from "../services.ts";

type Document = Readonly<Record<string, unknown>>;

/** Seconds. */
const HOUR = 3600;
const DAY = 24 * HOUR;

/** The routes of this group. */
export function discoveryRoutes(services: Services): readonly Route[] {
  return [
    contentRoute("/.well-known/fxa-client-configuration", DAY, () => clientConfiguration(services)),
    contentRoute("/.well-known/openid-configuration", HOUR, () => openidConfiguration(services)),
  ];
}

/** A document of the content server, which may be cached for `maxAge` seconds. */
function contentRoute(path: string, maxAge: number, document: () => Document): Route {
  const headers = { "Cache-Control": `public, max-age=${maxAge}` };
  return { host: "content", method: "GET", path, handle: () => ({ ...ok(document()), headers }) };
}

/** One base URL ends in `/v1` and two do not: a client has to know when to append it. */
function clientConfiguration(services: Services): Document {
  const origin = services.origin();
  return {
    auth_server_base_url: `${origin}${PREFIXES.auth}`,
    oauth_server_base_url: `${origin}${PREFIXES.oauth}`,
    profile_server_base_url: `${origin}${PREFIXES.profile}/v1`,
    pairing_server_base_uri: services.pairingServer(),
    sync_tokenserver_base_url: `${origin}/token`,
  };
}

function openidConfiguration(services: Services): Document {
  const origin = services.origin();
  const oauth = `${origin}${PREFIXES.oauth}/v1`;
  return {
    issuer: origin,
    authorization_endpoint: `${origin}/authorization`,
    token_endpoint: `${oauth}/token`,
    revocation_endpoint: `${oauth}/destroy`,
    introspection_endpoint: `${oauth}/introspect`,
    jwks_uri: `${oauth}/jwks`,
    userinfo_endpoint: `${origin}${PREFIXES.profile}/v1/profile`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    code_challenge_methods_supported: ["S256"],
    scopes_supported: ["openid", "profile", "email"],
  };
}
