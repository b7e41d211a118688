/**
 * What the authority checks in a `pair:supp:request` before it answers or asks its user. Whatever fails is listed by
 * field and reason, never with the value, which a stranger chose.
 */
import * as v from "valibot";
import { KEY_BEARING_SCOPES, OLDSYNC_SCOPE, PROFILE_SCOPE, SESSION_SCOPE } from "../oauth/scopes.ts";
import { isScopeValue, parseScope } from "../oauth/scopes.ts";
import { isJsonObject } from "../lib/json.ts";
import { jwkThumbprint } from "../oauth/public-jwk.ts";
import type { PublicJwk } from "../oauth/public-jwk.ts";
import { parseKeysJwk } from "./keys-jwk.ts";

/** OAuth clients accepted without being named: Firefox for Android and for iOS. */
export const DEFAULT_CLIENTS: readonly string[] = ["a2270f727f45f648", "1b1a3e44c54fbb58"];
/** Scopes granted without being named; the session scope only if somebody is asked. */
export const DEFAULT_SCOPES: readonly string[] = [PROFILE_SCOPE, OLDSYNC_SCOPE, SESSION_SCOPE];

export interface RequestPolicy {
  /** Every client accepted: the defaults and what the user added. */
  readonly allowedClients: readonly string[];
  /** Every scope granted: the defaults and what the user added. */
  readonly allowedScopes: readonly string[];
  /** What the user added by name. With `unattended`, the session scope has to be among these. */
  readonly unattendedScopes: readonly string[];
  /** Nobody will be asked. */
  readonly unattended: boolean;
  /** Accept this key alone: its RFC 7638 thumbprint. */
  readonly approveJwkThumbprint?: string;
  /** Accept this request alone: its fingerprint, 13 characters. */
  readonly expectFingerprint?: string;
}

/** A request that passed. Frozen throughout: what is shown is what is granted. */
export interface PairRequest {
  readonly clientId: string;
  readonly scope: readonly string[];
  readonly state: string;
  readonly codeChallenge: string;
  /** As sent: base64url of the JSON of a P-256 public key. */
  readonly keysJwk: string | null;
  readonly publicJwk: PublicJwk | null;
  readonly jwkThumbprint: string | null;
}

export interface RequestProblem {
  readonly field: string;
  /** Completes a sentence that starts with the field's name. */
  readonly reason: string;
}

export type RequestVerdict =
  { readonly request: PairRequest } | { readonly problems: readonly RequestProblem[] };

const CODE_CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

/**
 * Judges the `data` of a `pair:supp:request`.
 *
 * @param fingerprint of the whole document, as 13 characters: what `expectFingerprint` is compared with.
 */
export function checkPairRequest(data: unknown, policy: RequestPolicy, fingerprint: string): RequestVerdict {
  if (!isJsonObject(data)) return { problems: [{ field: "data", reason: "is not an object" }] };
  const parsed = v.safeParse(requestSchema(policy), data);
  const problems = [
    ...(parsed.success ? [] : listProblems(parsed.issues)),
    ...checkPins(data, policy, fingerprint),
  ];
  return parsed.success && problems.length === 0 ? { request: frozenRequest(parsed.output) } : { problems };
}

/** Each message completes a sentence that starts with the field's name. */
function requestSchema(policy: RequestPolicy) {
  return v.pipe(
    v.object(
      {
        client_id: v.pipe(
          v.string("is not a text"),
          v.regex(/^[0-9a-f]{16}$/, "is not 16 lower-case hex digits"),
          v.check((id) => policy.allowedClients.includes(id), "is not an accepted client"),
        ),
        scope: scopeSchema(policy),
        state: v.pipe(v.string("is not a text"), v.minLength(1, "is empty"), v.maxLength(512, "is too long")),
        code_challenge: v.pipe(
          v.string("is not a text"),
          v.regex(CODE_CHALLENGE, "is not 43 base64url characters"),
        ),
        code_challenge_method: v.literal("S256", "is not S256"),
        access_type: v.exactOptional(v.picklist(["offline", "online"], "is neither offline nor online")),
        keys_jwk: v.optional(keySchema, null),
      },
      "is missing",
    ),
    v.forward(
      v.partialCheck(
        [["scope"], ["keys_jwk"]],
        ({ scope, keys_jwk }) =>
          keys_jwk !== null || !scope.some((name) => KEY_BEARING_SCOPES.includes(name)),
        "is missing, but a scope with a key is asked for",
      ),
      ["keys_jwk"],
    ),
  );
}

/** Exactly and one by one: `profile` does not allow `profile:write`, nor anything that merely starts alike. */
function scopeSchema(policy: RequestPolicy) {
  const unattended = (name: string) =>
    policy.unattended && name === SESSION_SCOPE && !policy.unattendedScopes.includes(name);
  return v.pipe(
    v.string("is not a text"),
    v.transform(parseScope),
    v.check((values) => values.length > 0, "is empty"),
    v.check((values) => values.every(isScopeValue), "has a malformed value"),
    v.check(
      (values) => values.every((name) => policy.allowedScopes.includes(name)),
      "has a value that is not allowed",
    ),
    v.check((values) => !values.some(unattended), "has the session scope, which nobody would be asked about"),
  );
}

const keySchema = v.nullable(
  v.pipe(
    v.string("is not a text"),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const jwk = parseKeysJwk(dataset.value);
      if (!("reason" in jwk)) return { encoded: dataset.value, jwk };
      addIssue({ message: jwk.reason });
      return NEVER;
    }),
  ),
);

function listProblems(issues: readonly v.BaseIssue<unknown>[]): readonly RequestProblem[] {
  const first = new Map<string, string>();
  for (const issue of issues) {
    const field = v.getDotPath(issue)?.split(".")[0] ?? "data";
    if (!first.has(field)) first.set(field, issue.message);
  }
  return [...first].map(([field, reason]) => ({ field, reason }));
}

/** The user's pins hold whatever else is right or wrong. */
function checkPins(
  data: Readonly<Record<string, unknown>>,
  { approveJwkThumbprint, expectFingerprint }: RequestPolicy,
  fingerprint: string,
): readonly RequestProblem[] {
  const problems: RequestProblem[] = [];
  if (expectFingerprint !== undefined && expectFingerprint !== fingerprint) {
    problems.push({ field: "fingerprint", reason: "is not the expected one" });
  }
  if (approveJwkThumbprint !== undefined) {
    const encoded = data.keys_jwk;
    const jwk = typeof encoded === "string" ? parseKeysJwk(encoded) : undefined;
    const pinned = jwk !== undefined && !("reason" in jwk) && jwkThumbprint(jwk) === approveJwkThumbprint;
    if (!pinned) problems.push({ field: "keys_jwk", reason: "is not the expected key" });
  }
  return problems;
}

function frozenRequest(checked: v.InferOutput<ReturnType<typeof requestSchema>>): PairRequest {
  const key = checked.keys_jwk;
  return Object.freeze({
    clientId: checked.client_id,
    scope: Object.freeze([...checked.scope]),
    state: checked.state,
    codeChallenge: checked.code_challenge,
    keysJwk: key?.encoded ?? null,
    publicJwk: key === null ? null : Object.freeze(key.jwk),
    jwkThumbprint: key === null ? null : jwkThumbprint(key.jwk),
  });
}
