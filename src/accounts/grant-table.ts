/** Authorization codes, refresh tokens and access tokens, found by hash. Each leaves here once, when it is made. */
import { equalText } from "../lib/constant-time.ts";
import { createHash } from "node:crypto";
import type { Clock } from "../lib/clock.ts";
import { encodeHex } from "../lib/hex.ts";
import type { RandomSource } from "../lib/random.ts";
import type { AccessToken, AuthorizationCode, Grant, RefreshToken } from "./records.ts";

/** Milliseconds. */
export const CODE_LIFETIME = 15 * 60_000;
/** Milliseconds for which what expired is still told apart from what never was. */
const KEPT_EXPIRED = 60 * 60_000;

export type CodeRequest = Omit<AuthorizationCode, "id" | "expiresAt">;

export class GrantTable {
  readonly #codes = new Map<string, AuthorizationCode>();
  readonly #refreshTokens = new Map<string, RefreshToken>();
  readonly #accessTokens = new Map<string, AccessToken>();
  readonly #clock: Clock;
  readonly #random: RandomSource;

  constructor(clock: Clock, random: RandomSource) {
    this.#clock = clock;
    this.#random = random;
  }

  /** A new code, 64 hex digits, good for 15 minutes and one redemption. */
  issueCode(request: CodeRequest): string {
    const code = this.#newToken();
    const id = hashToken(code);
    forgetExpired(this.#codes, this.#clock.now());
    this.#codes.set(id, { ...request, id, expiresAt: this.#clock.now() + CODE_LIFETIME });
    return code;
  }

  findCode(code: string): AuthorizationCode | undefined {
    return this.#codes.get(hashToken(code));
  }

  /** Uses a code up. */
  deleteCode(id: string): void {
    this.#codes.delete(id);
  }

  /** A new refresh token, 64 hex digits; it never expires by itself. */
  issueRefreshToken(grant: Grant): { token: string; record: RefreshToken } {
    const token = this.#newToken();
    const now = Math.floor(this.#clock.wallTime());
    const record = { ...grant, id: hashToken(token), createdAt: now, lastAccessTime: now };
    this.#refreshTokens.set(record.id, record);
    return { token, record };
  }

  /** A new access token, 64 hex digits. `lifetime` in milliseconds. */
  issueAccessToken(grant: Grant, lifetime: number, refreshTokenId: string | undefined): string {
    const token = this.#newToken();
    const id = hashToken(token);
    const createdAt = Math.floor(this.#clock.wallTime());
    const expiresAt = this.#clock.now() + lifetime;
    forgetExpired(this.#accessTokens, this.#clock.now());
    this.#accessTokens.set(id, { ...grant, id, createdAt, lifetime, expiresAt, refreshTokenId });
    return token;
  }

  findRefreshToken(token: string): RefreshToken | undefined {
    return this.#refreshTokens.get(hashToken(token));
  }

  findRefreshTokenById(id: string): RefreshToken | undefined {
    return this.#refreshTokens.get(id);
  }

  /** An access token as it was issued, expired or not. */
  findAccessToken(token: string): AccessToken | undefined {
    return this.#accessTokens.get(hashToken(token));
  }

  isExpired(token: AccessToken): boolean {
    return this.#clock.now() >= token.expiresAt;
  }

  refreshTokensOf(uid: string): readonly RefreshToken[] {
    return [...this.#refreshTokens.values()].filter((token) => equalText(token.uid, uid));
  }

  accessTokensOf(uid: string): readonly AccessToken[] {
    return [...this.#accessTokens.values()].filter((token) => equalText(token.uid, uid));
  }

  destroyAccessToken(id: string): void {
    this.#accessTokens.delete(id);
  }

  /** Forgets a refresh token and the access tokens it gave. */
  destroyRefreshToken(id: string): void {
    this.#refreshTokens.delete(id);
    for (const token of this.#accessTokens.values()) {
      if (token.refreshTokenId === id) this.#accessTokens.delete(token.id);
    }
  }

  destroyCodesOf(uid: string): void {
    for (const code of this.#codes.values()) {
      if (equalText(code.uid, uid)) this.#codes.delete(code.id);
    }
  }

  #newToken(): string {
    return encodeHex(this.#random(32));
  }
}

/** Drops what expired long enough ago, oldest first; a long-lived record holds up those behind it until its own end. */
function forgetExpired(records: Map<string, { readonly expiresAt: number }>, now: number): void {
  for (const [id, { expiresAt }] of records) {
    if (now < expiresAt + KEPT_EXPIRED) return;
    records.delete(id);
  }
}

/** What is stored of a token: the SHA-256 of its bytes, hex. Text that is no hex simply matches nothing. */
export function hashToken(token: string): string {
  return createHash("sha256").update(Buffer.from(token, "hex")).digest("hex");
}
