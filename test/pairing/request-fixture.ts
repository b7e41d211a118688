import type { RequestPolicy } from "../../src/pairing/request-checks.ts";
import { DEFAULT_CLIENTS, DEFAULT_SCOPES } from "../../src/pairing/request-checks.ts";
import type { SupplicantRequest } from "../../src/pairing/messages.ts";

export const OLDSYNC = "https://identity.mozilla.com/apps/oldsync";
export const SESSION = "https://identity.mozilla.com/tokens/session";

/** A public P-256 key (RFC 7515 appendix A.3.1). */
export const JWK = {
  kty: "EC",
  crv: "P-256",
  x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
};

export function encodeJson(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

export const REQUEST: SupplicantRequest = {
  clientId: "a2270f727f45f648",
  scope: ["profile", OLDSYNC],
  state: "eWhVNHRqcUVHZXpCdGJvYg",
  codeChallenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  keysJwk: encodeJson(JWK),
};

export const POLICY: RequestPolicy = {
  allowedClients: DEFAULT_CLIENTS,
  allowedScopes: DEFAULT_SCOPES,
  unattendedScopes: [],
  unattended: false,
};
