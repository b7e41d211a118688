/** The two documents everything else is found through. */
import type { Answer, Route } from "../call.ts";
import { ok, PREFIXES } from "../call.ts";
import type { Services } from "../services.ts";

/** The routes of this group. */
export function discoveryRoutes(services: Services): readonly Route[] {
  return [
    {
      host: "content",
      method: "GET",
      path: "/.well-known/fxa-client-configuration",
      handle: () => clientConfiguration(services),
    },
    {
      host: "content",
      method: "GET",
      path: "/.well-known/openid-configuration",
      handle: () => openidConfiguration(services),
    },
  ];
}

/** One base URL ends in `/v1` and two do not: a client has to know when to append it. */
function clientConfiguration(services: Services): Answer {
  const origin = services.origin();
  const document = ok({
    auth_server_base_url: `${origin}${PREFIXES.auth}`,
    oauth_server_base_url: `${origin}${PREFIXES.oauth}`,
    profile_server_base_url: `${origin}${PREFIXES.profile}/v1`,
    pairing_server_base_uri: services.pairingServer(),
    sync_tokenserver_base_url: `${origin}/token`,
  });
  return { ...document, headers: { "Cache-Control": "public, max-age=86400" } };
}

function openidConfiguration(services: Services): Answer {
  const origin = services.origin();
  const oauth = `${origin}${PREFIXES.oauth}/v1`;
  const document = ok({
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
  });
  return { ...document, headers: { "Cache-Control": "public, max-age=3600" } };
}
