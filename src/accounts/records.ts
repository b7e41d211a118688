/**
 * What the accounts server remembers. Tokens are kept as ids or hashes only, so that a client that sends the token
 * itself where its derived id belongs is not recognised. Times are wall-clock milliseconds unless the name or comment
 * says otherwise; `expiresAt` is on the monotonic clock.
 */

/** One onepw version's verifier: the hash that is compared, and kB wrapped twice. 32 bytes each. */
export interface Verifier {
  readonly verifyHash: Uint8Array;
  readonly wrapWrapKb: Uint8Array;
}

export interface StoredPassword {
  /** 32 bytes, shared by both versions. */
  readonly authSalt: Uint8Array;
  readonly version1: Verifier;
  readonly version2: (Verifier & { readonly clientSalt: string }) | undefined;
}

export interface Account {
  /** 32 hex digits. */
  readonly uid: string;
  /** As registered, letter case included. */
  readonly email: string;
  readonly createdAt: number;
  readonly displayName: string | null;
  /** 32 bytes. */
  readonly kA: Uint8Array;
  /** Key of the six-digit codes that are mailed. */
  readonly mailCodeSecret: Uint8Array;
  /** What a mailed confirmation link carries: 32 hex digits. */
  readonly mailLinkCode: string;
  readonly totpSecret: Uint8Array | undefined;
  /** Unused backup codes, upper case. */
  readonly backupCodes: Set<string>;
  /** Each sign-in has to be confirmed by mail, as from an unknown device. */
  readonly mustConfirmSignIns: boolean;
  /** Sign-ins are blocked until an unblock code is given. */
  readonly blocked: boolean;
  /** `undefined`: an account that signs in through a third party. */
  password: StoredPassword | undefined;
  emailVerified: boolean;
  locked: boolean;
  /** When kB last changed: the account's `keyRotationTimestamp`. */
  keysChangedAt: number;
  unblockCode: { readonly code: string; readonly expiresAt: number } | undefined;
}

export type SessionVerificationMethod = "email-2fa" | "totp-2fa" | "recovery-code";

export interface Session {
  /** The derived token id, 64 hex digits. */
  readonly id: string;
  /** Key of the legacy Hawk scheme. */
  readonly authKey: Uint8Array;
  readonly uid: string;
  readonly createdAt: number;
  readonly userAgent: string;
  /** Unix seconds of the last time the password was given. */
  authAt: number;
  verified: boolean;
  verificationMethod: SessionVerificationMethod | null;
  lastAccessTime: number;
}

export interface KeyFetchToken {
  readonly id: string;
  readonly authKey: Uint8Array;
  readonly uid: string;
  /** Gone with this session, and usable once it is confirmed. */
  readonly sessionId: string;
  /** 96 bytes, sealed when the password was at hand. */
  readonly bundle: Uint8Array;
}

/** What a code, a refresh token and an access token have in common. */
export interface Grant {
  readonly uid: string;
  readonly clientId: string;
  readonly scope: readonly string[];
  /** Unix seconds of the sign-in behind it. */
  readonly authAt: number;
}

export interface AuthorizationCode extends Grant {
  /** SHA-256 of the code. */
  readonly id: string;
  readonly codeChallenge: string | undefined;
  readonly offline: boolean;
  /** Opaque; leaves with the tokens and never again. */
  readonly keysJwe: string | undefined;
  readonly sessionId: string;
  readonly expiresAt: number;
}

export interface RefreshToken extends Grant {
  /** SHA-256 of the token. */
  readonly id: string;
  readonly createdAt: number;
  lastAccessTime: number;
}

export interface AccessToken extends Grant {
  /** SHA-256 of the token. */
  readonly id: string;
  readonly createdAt: number;
  /** Milliseconds. */
  readonly lifetime: number;
  readonly expiresAt: number;
  /** The refresh token it goes down with. */
  readonly refreshTokenId: string | undefined;
}

/** The credential a device signs in with. */
export type DeviceOwner = { readonly sessionId: string } | { readonly refreshTokenId: string };

export interface Device {
  /** 32 hex digits. */
  readonly id: string;
  readonly uid: string;
  readonly owner: DeviceOwner;
  readonly createdAt: number;
  lastAccessTime: number;
  fields: DeviceFields;
}

/** What the device says about itself. */
export interface DeviceFields {
  readonly name: string | null;
  readonly type: string | null;
  readonly pushCallback: string | null;
  readonly pushPublicKey: string | null;
  readonly pushAuthKey: string | null;
  readonly availableCommands: Readonly<Record<string, string>>;
}
