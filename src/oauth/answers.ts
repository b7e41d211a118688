/** The form of each answer of the accounts servers, and the form the rest of the program works with. */

import * as v from "valibot";
import { parseScope } from "./scopes.ts";

const hex = (digits: number) => v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${String(digits)}}$`)));
/** A value that may be null or absent: servers of different ages do either. */
const maybe = <T extends v.GenericSchema>(schema: T) => v.nullish(schema, null);
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const shortText = v.pipe(v.string(), v.maxLength(1024));
/** Characters that would do something in a terminal or a file of lines, rather than be read. */
const isReadable = (text: string) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(text);
const readableText = v.pipe(shortText, v.check(isReadable));
/** Text for people that is not needed: it counts as absent when it is not readable. */
const maybeReadable = v.pipe(
  maybe(shortText),
  v.transform((text) => (text !== null && isReadable(text) ? text : null)),
);

export const Uid = hex(32);
export const Token = hex(64);

/** `{}` or anything more. */
export const Empty = v.object({});

export const CredentialsStatus = v.pipe(
  v.object({ currentVersion: maybe(shortText), clientSalt: maybe(shortText) }),
  v.transform(({ currentVersion, clientSalt }) =>
    currentVersion === "v2" && clientSalt !== null
      ? { version: 2 as const, clientSalt }
      : { version: 1 as const },
  ),
);

const verification = {
  emailVerified: maybe(v.boolean()),
  sessionVerified: maybe(v.boolean()),
  /** The AND of the two; all that older servers send. */
  verified: maybe(v.boolean()),
  verificationMethod: maybe(shortText),
  verificationReason: maybe(shortText),
};

export const LoginAnswer = v.pipe(
  v.object({
    uid: Uid,
    sessionToken: Token,
    keyFetchToken: maybe(Token),
    keyFetchTokenVersion2: maybe(Token),
    authAt: maybe(count),
    ...verification,
  }),
  v.transform((answer) => ({ ...answer, ...verifiedParts(answer) })),
);

export const TotpAnswer = v.object({ success: v.boolean() });
export const BackupCodeAnswer = v.object({ remaining: count });

export const SessionStatus = v.pipe(
  v.object({
    state: shortText,
    uid: Uid,
    details: maybe(
      v.object({
        accountEmailVerified: maybe(v.boolean()),
        sessionVerified: maybe(v.boolean()),
        sessionVerificationMethod: maybe(shortText),
        sessionVerificationMeetsMinimumAAL: maybe(v.boolean()),
      }),
    ),
  }),
  v.transform(({ state, uid, details }) => ({
    uid,
    verified:
      state === "verified" && details?.sessionVerified !== false && details?.accountEmailVerified !== false,
    verificationMethod: details?.sessionVerificationMethod ?? null,
    /** Null when the server is too old to tell. */
    meetsMinimumAssurance: details?.sessionVerificationMeetsMinimumAAL ?? null,
  })),
);

export const EmailStatus = v.pipe(
  v.object({ email: readableText, ...verification }),
  v.transform(({ email, ...state }) => ({ email, ...verifiedParts(state) })),
);

export const KeysAnswer = v.object({ bundle: hex(192) });

const KeyRotation = v.object({
  identifier: v.pipe(v.string(), v.minLength(10), v.maxLength(256)),
  keyRotationSecret: Token,
  /** Unix milliseconds, 13 digits. */
  keyRotationTimestamp: v.pipe(v.number(), v.integer(), v.minValue(1e12), v.maxValue(9_999_999_999_999)),
});
export const ScopedKeyData = v.record(v.string(), KeyRotation);

export const AuthorizationAnswer = v.object({ code: Token, state: v.string(), scope: maybe(v.string()) });

/** Seconds that an access token may live: a hundred years, so that its end is a date. Real ones live for a day. */
const MAX_LIFETIME = 100 * 366 * 86_400;

/** 64 hex digits, or a JWT. */
const AccessToken = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){0,2}$/),
  v.maxLength(2048),
);

export const TokenAnswer = v.pipe(
  v.object({
    access_token: AccessToken,
    token_type: v.pipe(v.string(), v.toLowerCase(), v.literal("bearer")),
    scope: v.string(),
    expires_in: v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_LIFETIME)),
    auth_at: maybe(count),
    refresh_token: maybe(Token),
    session_token: maybe(Token),
    keys_jwe: maybe(v.string()),
  }),
  v.transform((answer) => ({
    accessToken: answer.access_token,
    scope: parseScope(answer.scope),
    /** Seconds. */
    expiresIn: answer.expires_in,
    authAt: answer.auth_at,
    refreshToken: answer.refresh_token,
    sessionToken: answer.session_token,
    keysJwe: answer.keys_jwe,
  })),
);

/** A token that is worth giving back; everything else counts as none. */
const tokenIfAny = <T extends v.GenericSchema<unknown, string>>(schema: T) =>
  v.fallback(v.nullable(schema), null);

/** The tokens in a sign-in's or a grant's answer, whatever form the rest of it has. */
export const IssuedTokens = v.pipe(
  v.object({
    sessionToken: tokenIfAny(Token),
    session_token: tokenIfAny(Token),
    refresh_token: tokenIfAny(Token),
    access_token: tokenIfAny(AccessToken),
  }),
  v.transform((answer) => ({
    sessionToken: answer.sessionToken ?? answer.session_token,
    refreshToken: answer.refresh_token,
    accessToken: answer.access_token,
  })),
);

export const Introspection = v.pipe(
  v.object({
    active: v.boolean(),
    scope: maybe(v.string()),
    client_id: maybe(v.string()),
    token_type: maybe(v.string()),
    exp: maybe(v.number()),
    iat: maybe(v.number()),
    sub: maybe(v.string()),
  }),
  v.transform(({ active, scope, client_id, token_type, exp, iat, sub }) => ({
    active,
    scope: parseScope(scope ?? ""),
    clientId: client_id,
    tokenType: token_type,
    /** Unix milliseconds, unlike RFC 7662. */
    expiresAt: exp,
    issuedAt: iat,
    uid: sub,
  })),
);

export const Profile = v.object({
  uid: maybe(Uid),
  email: maybeReadable,
  displayName: maybeReadable,
  avatar: maybeReadable,
  twoFactorAuthentication: maybe(v.boolean()),
});

export const ClientAnswer = v.object({ name: maybeReadable });

export const Device = v.object({
  id: Uid,
  name: maybeReadable,
  type: maybeReadable,
  createdAt: maybe(v.number()),
  isCurrentDevice: maybe(v.boolean()),
  /** Unix milliseconds. */
  lastAccessTime: maybe(v.number()),
});
export const Devices = v.array(Device);

/** Times in Unix milliseconds. */
export const AttachedClient = v.object({
  clientId: maybe(hex(16)),
  deviceId: maybe(Uid),
  /** What a bearer of that session sends to prove it: as secret as its token. */
  sessionTokenId: maybe(Token),
  refreshTokenId: maybe(Token),
  name: maybeReadable,
  deviceType: maybeReadable,
  os: maybeReadable,
  userAgent: maybeReadable,
  isCurrentSession: maybe(v.boolean()),
  createdTime: maybe(v.number()),
  lastAccessTime: maybe(v.number()),
});
export const AttachedClients = v.array(AttachedClient);

export type LoginResult = v.InferOutput<typeof LoginAnswer>;
export type SessionState = v.InferOutput<typeof SessionStatus>;
export type ScopedKeyRotations = v.InferOutput<typeof ScopedKeyData>;
export type IssuedTokens = v.InferOutput<typeof IssuedTokens>;
export type TokenResult = v.InferOutput<typeof TokenAnswer>;
export type ProfileResult = v.InferOutput<typeof Profile>;
export type DeviceRecord = v.InferOutput<typeof Device>;
export type AttachedClient = v.InferOutput<typeof AttachedClient>;

interface Verification {
  emailVerified: boolean | null;
  sessionVerified: boolean | null;
  verified: boolean | null;
}

function verifiedParts({ emailVerified, sessionVerified, verified }: Verification) {
  return {
    emailVerified: emailVerified ?? verified ?? false,
    sessionVerified: sessionVerified ?? verified ?? false,
  };
}
