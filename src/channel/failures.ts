/** How a channel can fail, in words and exit codes. One table for statuses, one for close codes. */
import { FxaPairError } from "../lib/errors.ts";
import type { ExchangeError } from "../cpace/exchange.ts";
import type { TlsError } from "../tls/alerts.ts";
import type { SeatRequest } from "./relay-url.ts";
import type { ConnectError, SocketClose } from "./socket.ts";
import { CLOSE } from "./wire.ts";

const INTERFERENCE =
  "Somebody may be interfering: start again with a new code, and do not use this one any more.";
export const NEW_CODE = "Start again with a new code.";

/** The relay itself broke a rule. */
export function relayMisbehaved(what: string): FxaPairError {
  return new FxaPairError("channel_security", `The relay misbehaved: ${what}.`, { hint: INTERFERENCE });
}

/** The channel between the two devices was tampered with, or the other one has another key. */
export function handshakeBroken(error: TlsError): FxaPairError {
  return new FxaPairError("channel_security", `The secure channel failed: ${error.message}.`, {
    hint: INTERFERENCE,
    details: { alert: error.alert, fromPeer: error.fromPeer },
    cause: error,
  });
}

/**
 * The secure channel failed on the side that showed a code to type. Somebody else's wrong code shows as a binder that does
 * not match; so does a relay that changed the messages of the key exchange, which cannot be told apart.
 */
export function codeFailureOfHost(error: TlsError): FxaPairError {
  if (error.refusal !== "binderMismatch") return handshakeBroken(error);
  return new FxaPairError(
    "channel_security",
    "Somebody tried a wrong code. Nothing was sent to that device, and this code is used up.",
    {
      hint: `If that was you, mistyping it: start again with a new code. If not, somebody is guessing, and has failed.`,
      details: wrongCode(error),
      cause: error,
    },
  );
}

/**
 * The secure channel failed on the side where a code was typed, which hears of its wrong binder by an alert. `together`:
 * after the other device had proved its words.
 */
export function codeFailureOfJoiner(error: TlsError, together: boolean): FxaPairError {
  if (together || !error.fromPeer || error.alert !== "decrypt_error") return handshakeBroken(error);
  return new FxaPairError(
    "channel_security",
    "The code was wrong: the other device has other words. That was its only try, and the code is used up.",
    { hint: NEW_CODE, details: wrongCode(error), cause: error },
  );
}

function wrongCode({ alert, fromPeer }: TlsError): Readonly<Record<string, unknown>> {
  return { alert, fromPeer, wrongCode: true };
}

/** The other device's message of the key exchange is none that an honest one sends. */
export function exchangeBroken(error: ExchangeError): FxaPairError {
  return new FxaPairError("channel_security", `The key exchange failed: ${error.message}.`, {
    hint: INTERFERENCE,
    cause: error,
  });
}

/** The other device began the key exchange, or should have answered, and says nothing. */
export function agreementOverdue(milliseconds: number): FxaPairError {
  return new FxaPairError(
    "channel_security",
    `The key exchange failed: the other device sent nothing more for ${milliseconds / 1000} seconds.`,
    { hint: INTERFERENCE },
  );
}

/** The relay is one that knows channels by their ids alone, as Mozilla's. */
export function noNameplates(): FxaPairError {
  return relayUnreachable(
    "This relay has no codes to type: it gave the channel no number.",
    "Show a QR code instead, or name a relay that has them with --channel-server.",
    { nameplates: false },
  );
}

/** The relay does not tell numbers that never were from those that are used up, so that they cannot be listed. */
function unknownNameplate(): FxaPairError {
  return new FxaPairError(
    "timeout",
    "The relay does not know this code: it is mistyped, used up or too old.",
    {
      hint: "Check its number, and that both devices use the same relay (--channel-server); or start again with a new code.",
    },
  );
}

export function notText(): FxaPairError {
  return new FxaPairError("channel_security", "The other device sent a message that is not UTF-8.", {
    hint: INTERFERENCE,
  });
}

/** The relay took the connection to this channel and dropped it before its first message: it does not know it. */
export function unknownChannel(): FxaPairError {
  return new FxaPairError(
    "timeout",
    "The relay does not know this channel: the code is used up or too old.",
    {
      hint: NEW_CODE,
    },
  );
}

export function relayUnreachable(
  message: string,
  hint: string,
  details: Record<string, unknown> = {},
): FxaPairError {
  return new FxaPairError("unreachable", message, { hint, details });
}

export function noAnswer(): FxaPairError {
  return relayUnreachable("The relay did not answer in time.", "Check the network, then try again.");
}

/** Closes that tell of the relay, whatever the channel. */
const RELAYS_OWN: readonly number[] = [CLOSE.goingAway, CLOSE.tryLater];

/** Why a connection to the relay did not come about. */
export function connectFailure(error: ConnectError, seat: SeatRequest["type"]): FxaPairError {
  const { status, retryAfter, systemCode, close } = error.facts;
  if (close !== undefined) {
    // Some relays do not refuse a channel that they do not know before the upgrade, but drop who asks for it.
    const isDropped = seat !== "create" && !RELAYS_OWN.includes(close.code);
    return isDropped ? unknownSeat(seat) : closeFailure(close, false);
  }
  if (status !== undefined) return upgradeRefused(status, retryAfter, seat);
  if (systemCode === undefined) return noAnswer();
  const details = { systemCode };
  const remedy = certificateRemedy(systemCode);
  if (remedy !== undefined) {
    return relayUnreachable(`The relay's certificate was not accepted (${systemCode}).`, remedy, details);
  }
  if (NO_RELAY.test(systemCode)) {
    return relayUnreachable(
      `What answers at the relay's address is no relay (${systemCode}).`,
      "Check the address (--channel-server), and whether it begins with wss:// or with ws://.",
      details,
    );
  }
  const hint = "Check the network and the relay's address, then try again.";
  return relayUnreachable(`The relay cannot be reached (${systemCode}).`, hint, details);
}

/** Whoever answered speaks no TLS, no HTTP, or no WebSocket. */
const NO_RELAY = /^(?:EPROTO$|ERR_SSL_|HPE_|WS_ERR_|not a WebSocket$)/;

function unknownSeat(seat: "join" | "joinByNameplate"): FxaPairError {
  return seat === "join" ? unknownChannel() : unknownNameplate();
}

function upgradeRefused(
  status: number,
  retryAfter: string | undefined,
  seat: SeatRequest["type"],
): FxaPairError {
  // The relay's own words are passed on only where they are a number of seconds.
  const seconds = /^\d{1,6}$/.test(retryAfter ?? "") ? Number(retryAfter) : undefined;
  const details = { status, ...(seconds === undefined ? {} : { retryAfter: seconds }) };
  const joining = seat !== "create";
  if (joining && (status === 404 || status === 410)) return unknownSeat(seat);
  if (joining && status === 409) {
    return new FxaPairError("channel_security", "Another device is in this channel already.", {
      hint: INTERFERENCE,
    });
  }
  if (status === 429 || status === 503) {
    const wait = seconds === undefined ? "later" : `in ${seconds} seconds`;
    return relayUnreachable(
      "The relay takes no more connections at the moment.",
      `Try again ${wait}.`,
      details,
    );
  }
  const hint = "Check the relay's address (--channel-server).";
  return relayUnreachable(`The relay refused the connection with HTTP status ${status}.`, hint, details);
}

/** What helps against a certificate that was not accepted; undefined if the fault is none of a certificate. */
function certificateRemedy(systemCode: string): string | undefined {
  if (/ISSUER|SELF_SIGNED|UNABLE_TO_VERIFY/.test(systemCode)) {
    return "If you trust its authority, name that certificate's file in NODE_EXTRA_CA_CERTS.";
  }
  if (/EXPIRED|NOT_YET_VALID/.test(systemCode)) {
    return "Check this device's clock; if it is right, the relay's operator must renew the certificate.";
  }
  if (/CERT|ERR_TLS/.test(systemCode)) return "Check the relay's address (--channel-server).";
  return undefined;
}

/** Limits whose names a relay gives as its reason. */
const LIMITS = new Set(["max-exchanges", "max-data"]);

/** What a relay found wrong; undefined for other closes. Its own words are never repeated, only recognised. */
function brokenRule({ code, reason }: SocketClose): string | undefined {
  if (code === CLOSE.unsupported) return "a device sent it something that is not text";
  if (code === CLOSE.tooLarge) return "a message was larger than it allows";
  if (code !== CLOSE.policy) return undefined;
  if (LIMITS.has(reason)) return `it allows less than a pairing needs (${reason})`;
  if (reason === "slow-consumer") return "a device did not read what was sent to it";
  return "one of its rules was broken";
}

/** Why the relay ended a channel. `together`: both devices had been there. */
export function closeFailure(close: SocketClose, together: boolean): FxaPairError {
  const { code } = close;
  const details = { closeCode: code };
  if (code === CLOSE.lifespanOver) {
    return new FxaPairError("timeout", "The channel's time is over.", { hint: NEW_CODE, details });
  }
  if (code === CLOSE.peerLeft || (code === CLOSE.normal && together)) {
    return new FxaPairError("declined_there", "The other device left.", { hint: NEW_CODE, details });
  }
  const rule = brokenRule(close);
  if (rule !== undefined) {
    return relayUnreachable(`The relay ended the channel: ${rule}.`, NEW_CODE, details);
  }
  return relayUnreachable(
    `The connection to the relay broke (${code}).`,
    `Check the network. ${NEW_CODE}`,
    details,
  );
}
