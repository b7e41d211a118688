/**
 * What can go wrong, and what the peer is told. Code that finds a fault names the fault ({@link refuse}); the table here
 * is the only place that turns faults into alerts (RFC 8446 §6).
 */

/** AlertDescription (RFC 8446 §6): every name, since a peer may send any. */
export const ALERT_CODES = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  record_overflow: 22,
  handshake_failure: 40,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86,
  user_canceled: 90,
  missing_extension: 109,
  unsupported_extension: 110,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  unknown_psk_identity: 115,
  certificate_required: 116,
  no_application_protocol: 120,
} as const;

export type AlertName = keyof typeof ALERT_CODES;

/** AlertLevel (RFC 8446 §6). */
export const ALERT_LEVEL = { warning: 1, fatal: 2 } as const;

const REFUSALS = {
  recordTampered: ["bad_record_mac", "a record was changed, repeated, lost, or sealed with another key"],
  finishedMismatch: ["decrypt_error", "the peer's Finished does not match this handshake"],
  binderMismatch: ["decrypt_error", "the peer does not hold the pre-shared key"],
  identityUnknown: ["unknown_psk_identity", "the peer offered no pre-shared key identity of this channel"],
  pskModeNotOffered: ["handshake_failure", "the peer did not offer the key exchange mode psk_ke"],
  suiteNotOffered: ["handshake_failure", "the peer did not offer TLS_AES_128_GCM_SHA256"],
  extensionMissing: ["missing_extension", "a hello message lacks an extension that this profile needs"],
  versionTooOld: ["protocol_version", "the peer does not offer TLS 1.3"],
  preSharedKeyNotLast: ["illegal_parameter", "pre_shared_key is not the last extension of the ClientHello"],
  compressionOffered: ["illegal_parameter", "the peer's compression methods are not exactly [null]"],
  sessionIdNotEchoed: ["illegal_parameter", "the ServerHello does not echo the session id"],
  binderCount: ["illegal_parameter", "the ClientHello has not one binder for each identity"],
  binderTooShort: ["illegal_parameter", "a binder is shorter than a SHA-256 digest"],
  identityNotOffered: ["illegal_parameter", "the ServerHello selects an identity that was not offered"],
  suiteNotChosen: ["illegal_parameter", "the ServerHello selects a cipher suite that was not offered"],
  versionNotChosen: ["illegal_parameter", "the ServerHello selects a version that was not offered"],
  helloRetryRequest: ["illegal_parameter", "the server asks for another ClientHello, but nothing can change"],
  alertLevel: ["illegal_parameter", "an alert has a level that does not fit it"],
  extensionMisplaced: ["illegal_parameter", "an extension stands in a message it does not belong to"],
  extensionUnrequested: ["unsupported_extension", "the server answers an extension that was not asked for"],
  messageOutOfOrder: ["unexpected_message", "a message came out of order"],
  recordTypeUnknown: ["unexpected_message", "a record has an unknown or unexpected type"],
  recordUnprotected: ["unexpected_message", "a record came in the clear although keys are set"],
  recordUnreadable: ["unexpected_message", "a protected record came before its keys are set"],
  recordEmpty: ["unexpected_message", "a handshake or alert record is empty, or a record is only padding"],
  messageAcrossKeys: ["unexpected_message", "a handshake message spans a change of keys"],
  changeCipherSpec: ["unexpected_message", "change_cipher_spec came at a wrong time or is malformed"],
  truncated: ["decode_error", "a message is shorter than it says"],
  trailingBytes: ["decode_error", "a message is longer than it says"],
  vectorLength: ["decode_error", "a vector has an impossible length"],
  extensionRepeated: ["decode_error", "an extension stands twice in one message"],
  recordVersion: ["decode_error", "a record has an unknown protocol version"],
  recordFraming: ["decode_error", "a message does not hold exactly one record"],
  recordTooLong: ["record_overflow", "a record is longer than TLS allows"],
  keyWornOut: ["internal_error", "one key sealed as many records as is safe"],
  internal: ["internal_error", "the connection failed for an internal reason"],
  closedHere: ["internal_error", "the connection was already closed on this side"],
} as const satisfies Record<string, readonly [AlertName, string]>;

/** A fault, by name; each has its alert and its sentence in one table. */
export type Refusal = keyof typeof REFUSALS;

interface TlsErrorFacts {
  readonly alert: AlertName | "unknown";
  readonly code: number;
  readonly fromPeer: boolean;
  readonly refusal?: Refusal;
  readonly cause?: unknown;
}

/** The end of a connection. The message never holds bytes of the connection. */
export class TlsError extends Error {
  /** Name of the alert that we sent, or that the peer sent; `unknown` for a number outside RFC 8446. */
  readonly alert: AlertName | "unknown";
  /** AlertDescription as it crosses the wire. */
  readonly code: number;
  /** Whether the peer sent the alert; otherwise we found the fault. */
  readonly fromPeer: boolean;
  /** The fault we found; absent when the peer sent the alert. */
  readonly refusal: Refusal | undefined;

  constructor(message: string, facts: TlsErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = "TlsError";
    this.alert = facts.alert;
    this.code = facts.code;
    this.fromPeer = facts.fromPeer;
    this.refusal = facts.refusal;
  }
}

/** The error for a fault that we found. */
export function refuse(refusal: Refusal, cause?: unknown): TlsError {
  const [alert, sentence] = REFUSALS[refusal];
  const message = `${sentence} (${alert})`;
  return new TlsError(message, { alert, code: ALERT_CODES[alert], fromPeer: false, refusal, cause });
}

/** The error for an alert that the peer sent. `code` is the AlertDescription, known or not. */
export function peerAlert(code: number): TlsError {
  const alert = alertName(code);
  const shown = alert === "unknown" ? `alert ${code}` : alert;
  return new TlsError(`the peer ended the connection (${shown})`, { alert, code, fromPeer: true });
}

function alertName(code: number): AlertName | "unknown" {
  for (const name of ALERT_NAMES) if (ALERT_CODES[name] === code) return name;
  return "unknown";
}

function isAlertName(name: string): name is AlertName {
  return name in ALERT_CODES;
}

const ALERT_NAMES: readonly AlertName[] = Object.keys(ALERT_CODES).filter(isAlertName);
