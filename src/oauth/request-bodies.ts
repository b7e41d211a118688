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
