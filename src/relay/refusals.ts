/** Requests that get no WebSocket: status, stable name and words of each refusal, in one table. */

export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  /** Stable name, for programs. */
  readonly error: string;
  /** One sentence for people; never holds what the request said. */
  readonly message: string;
  /** Seconds, for `Retry-After`. */
  readonly retryAfter?: number;
}

/** Seconds until places are likely free again: short against a pairing, long against a retry loop. */
const RETRY_AFTER = 10;

export const REFUSALS = {
  badHandshake: {
    status: 400,
    error: "bad_handshake",
    message: "This is not a WebSocket opening handshake.",
  },
  badForwarded: {
    status: 400,
    error: "bad_forwarded",
    message: "The X-Forwarded-For header does not hold addresses.",
  },
  malformedId: { status: 400, error: "malformed_id", message: "The path does not hold a channel id." },
  badReceived: {
    status: 400,
    error: "bad_received",
    message: "The count of messages received is not one that this seat can have reached.",
  },
  wrongToken: {
    status: 403,
    error: "wrong_token",
    message: "This is not the token of a seat that can be taken again.",
  },
  unknown: { status: 404, error: "unknown_channel", message: "There is no such channel." },
  notFound: { status: 404, error: "not_found", message: "There is nothing at this path." },
  full: { status: 409, error: "channel_full", message: "Every seat of this channel has been taken." },
  ended: { status: 410, error: "channel_ended", message: "This channel has ended." },
  upgradeRequired: {
    status: 426,
    error: "upgrade_required",
    message: "This path speaks WebSocket version 13 only.",
  },
  tooManyRequests: {
    status: 429,
    error: "too_many_requests",
    message: "Too many requests have come from this address.",
    retryAfter: 1,
  },
  tooManyChannels: {
    status: 429,
    error: "too_many_channels",
    message: "This address has as many channels open as it may.",
    retryAfter: RETRY_AFTER,
  },
  relayFull: {
    status: 503,
    error: "relay_full",
    message: "The relay holds as many channels as it may.",
    retryAfter: RETRY_AFTER,
  },
  draining: {
    status: 503,
    error: "draining",
    message: "The relay is about to stop and opens no new channels.",
    retryAfter: RETRY_AFTER,
  },
  unavailable: {
    status: 503,
    error: "unavailable",
    message: "The relay cannot serve channels just now.",
    retryAfter: RETRY_AFTER,
  },
} as const satisfies Record<string, Refusal>;
