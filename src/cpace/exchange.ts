/**
 * The key exchange of a typed code: one message each way, then both sides have a pre-shared key, the same one if they had
 * the same words. The device that types the code is CPace's initiator and speaks first; the one that shows it responds.
 *
 *     joiner                                            host
 *     new JoinerExchange → message  ─────────────────→  respond(input, message)
 *     finish(answer)                ←── answer, psk ──
 *
 * A scalar serves once: it is overwritten before the key is handed out, and whenever the exchange fails. That both sides
 * have the same key is shown by TLS, whose first message proves it for the joiner.
 */
import { equalBytes } from "../lib/constant-time.ts";
import type { RandomSource } from "../lib/random.ts";
import {
  calculateGenerator,
  calculateShare,
  intermediateKey,
  sampleScalar,
  verifiedMultiply,
} from "./cpace.ts";
import {
  formatHostMessage,
  formatJoinerMessage,
  parseHostMessage,
  parseJoinerMessage,
  SESSION_ID_BYTES,
} from "./messages.ts";
import { derivePsk } from "./psk.ts";

export interface ExchangeInput {
  /** The three words in full, lower case, joined by hyphens. */
  readonly password: string;
  /** The 22 characters of the channel's id. */
  readonly channelId: string;
  readonly random: RandomSource;
}

/** The other side's message cannot be one of an honest device. What it says is for display. */
export class ExchangeError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "ExchangeError";
  }
}

const NO_DATA = new Uint8Array(0);

/** The initiator's side of one run. */
export class JoinerExchange {
  /** What to send to the host. */
  readonly message: string;
  readonly #sessionId: Uint8Array;
  readonly #scalar: Uint8Array;
  readonly #share: Uint8Array;
  #done = false;

  /** Draws 16 bytes for the session id, then 64 for the scalar. */
  constructor(input: ExchangeInput) {
    this.#sessionId = input.random(SESSION_ID_BYTES);
    this.#scalar = sampleScalar(input.random);
    this.#share = shareOf(input, this.#sessionId, this.#scalar);
    this.message = formatJoinerMessage({ sessionId: this.#sessionId, share: this.#share });
  }

  /**
   * Takes in the host's answer, once.
   *
   * @returns the pre-shared key, 32 bytes, the caller's to wipe
   * @throws ExchangeError if it is no answer, no proper point, or our own share; or if one was taken in before
   */
  finish(answer: string): Uint8Array {
    if (this.#done) throw new ExchangeError("there was a second answer");
    const share = parseHostMessage(answer);
    try {
      if (share === undefined) throw new ExchangeError("the answer is malformed");
      return agree(this.#scalar, this.#sessionId, { own: this.#share, other: share, isInitiator: true });
    } finally {
      this.wipe();
    }
  }

  /** Overwrites the scalar: the exchange cannot be finished any more. */
  wipe(): void {
    this.#done = true;
    this.#scalar.fill(0);
  }
}

/**
 * The responder's side of one run, from the joiner's message to the answer and the pre-shared key (32 bytes, the
 * caller's to wipe). Draws 64 bytes. To be called once for each password.
 *
 * @throws ExchangeError if the message is malformed or its point improper
 */
export function respond(
  input: ExchangeInput,
  message: string,
): { readonly answer: string; readonly psk: Uint8Array } {
  const received = parseJoinerMessage(message);
  if (received === undefined) throw new ExchangeError("the message is malformed");
  const { sessionId, share: other } = received;
  const scalar = sampleScalar(input.random);
  try {
    const own = shareOf(input, sessionId, scalar);
    const psk = agree(scalar, sessionId, { own, other, isInitiator: false });
    return { answer: formatHostMessage(own), psk };
  } finally {
    scalar.fill(0);
  }
}

function shareOf(
  { password, channelId }: ExchangeInput,
  sessionId: Uint8Array,
  scalar: Uint8Array,
): Uint8Array {
  const encoder = new TextEncoder();
  const words = encoder.encode(password);
  const channelIdentifier = encoder.encode(`fxa-pair/1${channelId}`);
  const generator = calculateGenerator({ password: words, channelIdentifier, sessionId });
  const share = calculateShare(scalar, generator);
  words.fill(0);
  // Whoever saw it could try all words.
  generator.fill(0);
  return share;
}

interface Shares {
  readonly own: Uint8Array;
  readonly other: Uint8Array;
  readonly isInitiator: boolean;
}

function agree(scalar: Uint8Array, sessionId: Uint8Array, { own, other, isInitiator }: Shares): Uint8Array {
  if (equalBytes(own, other)) throw new ExchangeError("our own message came back");
  const secretPoint = verifiedMultiply(scalar, other);
  if (secretPoint === undefined) throw new ExchangeError("the message holds no point that may be used");
  const key = intermediateKey(sessionId, secretPoint, {
    initiatorShare: isInitiator ? own : other,
    initiatorData: NO_DATA,
    responderShare: isInitiator ? other : own,
    responderData: NO_DATA,
  });
  const psk = derivePsk(key);
  secretPoint.fill(0);
  key.fill(0);
  return psk;
}
