/** Sessions and the key-fetch tokens that hang on them, found by derived token id. */
import { equalText } from "../lib/constant-time.ts";
import type { Clock } from "../lib/clock.ts";
import { encodeHex } from "../lib/hex.ts";
import type { RandomSource } from "../lib/random.ts";
import { sealKeyBundle } from "../oauth/key-bundle.ts";
import { deriveTokenCredentials } from "../oauth/session-token.ts";
import type { Account, KeyFetchToken, Session, SessionVerificationMethod } from "./records.ts";

/** How a new session starts out. */
export interface SessionStart {
  readonly verified: boolean;
  readonly verificationMethod: SessionVerificationMethod | null;
  readonly userAgent: string;
  /** Unix seconds; now when left out. */
  readonly authAt?: number;
}

export class SessionTable {
  readonly #sessions = new Map<string, Session>();
  readonly #keyFetchTokens = new Map<string, KeyFetchToken>();
  readonly #clock: Clock;
  readonly #random: RandomSource;

  constructor(clock: Clock, random: RandomSource) {
    this.#clock = clock;
    this.#random = random;
  }

  /** A new session and its token, 64 hex digits, which is not kept. */
  create(uid: string, start: SessionStart): { session: Session; token: string } {
    const token = this.#random(32);
    const { tokenId, authKey } = deriveTokenCredentials(token, "sessionToken");
    const now = Math.floor(this.#clock.wallTime());
    const session: Session = {
      id: encodeHex(tokenId),
      authKey,
      uid,
      createdAt: now,
      userAgent: start.userAgent,
      authAt: start.authAt ?? Math.floor(now / 1000),
      verified: start.verified,
      verificationMethod: start.verificationMethod,
      lastAccessTime: now,
    };
    this.#sessions.set(session.id, session);
    return { session, token: encodeHex(token) };
  }

  /** Another session of the same account, confirmed exactly as far as the original is. */
  copy(original: Session, userAgent: string): string {
    const { uid, verified, verificationMethod, authAt } = original;
    return this.create(uid, { verified, verificationMethod, authAt, userAgent }).token;
  }

  find(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  of(uid: string): readonly Session[] {
    return [...this.#sessions.values()].filter((session) => equalText(session.uid, uid));
  }

  /** Forgets a session and its key-fetch tokens. */
  destroy(id: string): void {
    this.#sessions.delete(id);
    for (const token of this.#keyFetchTokens.values()) {
      if (token.sessionId === id) this.#keyFetchTokens.delete(token.id);
    }
  }

  /** A new key-fetch token, 64 hex digits, which is not kept. `wrapKb` is that of the version that signed in. */
  createKeyFetchToken(account: Account, session: Session, wrapKb: Uint8Array): string {
    const token = this.#random(32);
    const { tokenId, authKey, bundleKey } = deriveTokenCredentials(token, "keyFetchToken");
    const id = encodeHex(tokenId);
    const bundle = sealKeyBundle(bundleKey, { kA: account.kA, wrapKb });
    this.#keyFetchTokens.set(id, { id, authKey, uid: account.uid, sessionId: session.id, bundle });
    return encodeHex(token);
  }

  findKeyFetchToken(id: string): KeyFetchToken | undefined {
    return this.#keyFetchTokens.get(id);
  }

  destroyKeyFetchToken(id: string): void {
    this.#keyFetchTokens.delete(id);
  }
}
