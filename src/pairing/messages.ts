/**
 * The four documents of a pairing: `{"message": <name>, "data": <object>}` as UTF-8 JSON, one per TLS record. Members
 * that are not named here are ignored, among them `avatar` and `redirect`: an address from a peer is never opened.
 */
import * as v from "valibot";
import { isJsonObject, parseJson } from "../lib/json.ts";

export type PairMessage =
  /** Its `data` is left as it is: see `request-checks.ts`. */
  | { readonly name: "pair:supp:request"; readonly data: Readonly<Record<string, unknown>> }
  | { readonly name: "pair:auth:metadata"; readonly metadata: AnnouncedAccount }
  | { readonly name: "pair:auth:authorize"; readonly code: string; readonly state: string }
  | { readonly name: "pair:supp:authorize" };

/** Why a document is none of the messages; quotes nothing of it. */
export interface MessageProblem {
  readonly problem: string;
}

/** What a supplicant learns about the account it would be signed in to. Not proven before the profile is fetched. */
export interface AnnouncedAccount {
  readonly email: string;
  readonly displayName: string | null;
  readonly deviceName: string | null;
}

/** What an authority announces of its account. */
export interface AuthorityMetadata extends AnnouncedAccount {
  /** URL of the profile's picture. */
  readonly avatar: string | null;
}

/** What a supplicant asks for. */
export interface SupplicantRequest {
  readonly clientId: string;
  readonly scope: readonly string[];
  /** 1-512 characters; comes back with the code. */
  readonly state: string;
  /** PKCE S256 challenge, 43 base64url characters. */
  readonly codeChallenge: string;
  /** base64url of the JSON of a P-256 public key, unpadded. */
  readonly keysJwk: string;
}

/** RFC 5321 §4.5.3.1.3 allows a path of 256 octets. */
const MAX_EMAIL = 256;
const MAX_NAME = 1024;
const AUTHORIZATION_CODE = /^[0-9a-f]{64}$/;

const jsonObject = v.custom<Readonly<Record<string, unknown>>>(isJsonObject);
const displayText = v.nullish(v.pipe(v.string(), v.maxLength(MAX_NAME)), null);

const dataSchemas = {
  "pair:supp:request": v.pipe(
    jsonObject,
    v.transform((data) => ({ name: "pair:supp:request" as const, data })),
  ),
  "pair:auth:metadata": v.pipe(
    jsonObject,
    v.object({
      email: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_EMAIL)),
      displayName: displayText,
      deviceName: displayText,
    }),
    v.transform((metadata) => ({ name: "pair:auth:metadata" as const, metadata })),
  ),
  "pair:auth:authorize": v.pipe(
    jsonObject,
    v.object({
      code: v.pipe(v.string(), v.regex(AUTHORIZATION_CODE)),
      state: v.pipe(v.string(), v.minLength(1), v.maxLength(512)),
    }),
    v.transform((grant) => ({ name: "pair:auth:authorize" as const, ...grant })),
  ),
  "pair:supp:authorize": v.pipe(
    v.nullish(jsonObject),
    v.transform(() => ({ name: "pair:supp:authorize" as const })),
  ),
};

/** Reads one document; never throws. */
export function parsePairMessage(text: string): PairMessage | MessageProblem {
  const document = parseJson(text);
  if (!isJsonObject(document)) return { problem: "it is not a JSON object" };
  const name = document.message;
  if (!isMessageName(name)) return { problem: "its name is unknown" };
  const parsed = v.safeParse(dataSchemas[name], document.data);
  return parsed.success ? parsed.output : { problem: `the data of ${name} is malformed` };
}

/** The request as it goes out. The same request gives the same bytes, so its fingerprint can be told beforehand. */
export function formatRequest(request: SupplicantRequest): string {
  return JSON.stringify({
    message: "pair:supp:request",
    data: {
      client_id: request.clientId,
      scope: request.scope.join(" "),
      state: request.state,
      code_challenge: request.codeChallenge,
      code_challenge_method: "S256",
      access_type: "offline",
      keys_jwk: request.keysJwk,
    },
  });
}

export function formatMetadata({ email, avatar, displayName, deviceName }: AuthorityMetadata): string {
  return JSON.stringify({ message: "pair:auth:metadata", data: { email, avatar, displayName, deviceName } });
}

/** @param code 64 hex characters from the accounts server */
export function formatGrant(code: string, state: string): string {
  return JSON.stringify({ message: "pair:auth:authorize", data: { code, state } });
}

export function formatConfirmation(): string {
  return JSON.stringify({ message: "pair:supp:authorize", data: {} });
}

function isMessageName(name: unknown): name is PairMessage["name"] {
  return typeof name === "string" && Object.hasOwn(dataSchemas, name);
}
