/**
 * What the states of both roles share: the connection's parts that they work on, and the shape of a state. A state holds
 * exactly what the next messages need; handling one yields the next state. Refusing is the default.
 */
import type { RandomSource } from "../lib/random.ts";
import { refuse } from "./alerts.ts";
import { CONTENT } from "./constants.ts";
import type { HandshakeMessage } from "./messages.ts";
import type { RunningHash, TlsPrimitives } from "./primitives.ts";
import type { RecordLayer } from "./record-layer.ts";

/** The parts of a connection that states use. */
export interface HandshakeLink {
  readonly primitives: TlsPrimitives;
  readonly random: RandomSource;
  readonly pskIdentity: Uint8Array;
  /** Hash of the handshake messages of both sides so far. */
  readonly transcript: RunningHash;
  readonly records: RecordLayer;
  transmit(record: Uint8Array): void;
}

export interface HandshakeState {
  /** Whether application data may pass. */
  readonly connected: boolean;
  /** Whether the peer's change_cipher_spec belongs here (RFC 8446 §D.4); it is dropped. */
  readonly expectsChangeCipherSpec: boolean;
  /** Handles one handshake message. @throws TlsError for every message that does not belong here. */
  handle(message: HandshakeMessage, link: HandshakeLink): HandshakeState;
  /** Overwrites the secrets that this state holds. */
  wipe(): void;
}

/** Sends handshake messages in one record and adds them to the transcript. */
export function sendHandshake(link: HandshakeLink, messages: Uint8Array): void {
  link.transcript.update(messages);
  link.transmit(link.records.seal(CONTENT.handshake, messages));
}

/** Refuses any message but the one that is due. */
export function expectType(message: HandshakeMessage, type: number): void {
  if (message.type !== type) throw refuse("messageOutOfOrder");
}

/** RFC 8446 §5.1: "Handshake messages MUST NOT span key changes". */
export function expectEndOfRecord(message: HandshakeMessage): void {
  if (!message.endsRecord) throw refuse("messageAcrossKeys");
}
