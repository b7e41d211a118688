/** What callers hand to the larger calls, and the JSON bodies made of it. */

import { encodeHex } from "../lib/hex.ts";
import { formatScope } from "./scopes.ts";

export interface PasswordProof {
  readonly email: string;
  /** 32 bytes. */
  readonly authPW: Uint8Array;
  /** 8 characters from a mail. */
  readonly unblockCode?: string | undefined;
  /** What the user typed, when `email` is the server's spelling of it. */
  readonly originalLoginEmail?: string | undefined;
}

export interface AuthorizationRequest {
  readonly clientId: string;
  readonly scope: readonly string[];
  readonly state: string;
  readonly codeChallenge: string;
  readonly keysJwe: string | null;
}

export interface DeviceDescription {
  /** Names the record to update. */
  readonly id?: string | undefined;
  readonly name: string;
  readonly type: "desktop" | "mobile" | "tablet";
}

/** Names one entry of the list of what is attached to an account. */
export interface AttachedHandle {
  readonly clientId: string | null;
  readonly deviceId: string | null;
  readonly sessionTokenId: string | null;
  readonly refreshTokenId: string | null;
}

type Body = Readonly<Record<string, unknown>>;

/** Asks for digits in the mail: a link could only be waited for. */
export function passwordBody({ email, authPW, unblockCode, originalLoginEmail }: PasswordProof): Body {
  return {
    email,
    authPW: encodeHex(authPW),
    verificationMethod: "email-otp",
    ...(unblockCode === undefined ? {} : { unblockCode }),
    ...(originalLoginEmail === undefined ? {} : { originalLoginEmail }),
  };
}

/** What pairing authorities send, and nothing else: without a redirect URI the server takes the registered one. */
export function authorizationBody(request: AuthorizationRequest): Body {
  return {
    client_id: request.clientId,
    response_type: "code",
    state: request.state,
    scope: formatScope(request.scope),
    access_type: "offline",
    code_challenge: request.codeChallenge,
    code_challenge_method: "S256",
    ...(request.keysJwe === null ? {} : { keys_jwe: request.keysJwe }),
  };
}

/** All that the list says of the entry: the server refuses what does not belong together. */
export function attachedBody({ clientId, deviceId, sessionTokenId, refreshTokenId }: AttachedHandle): Body {
  return { clientId, deviceId, sessionTokenId, refreshTokenId };
}
