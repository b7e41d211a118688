/**
 * Handshake messages (RFC 8446 §4): from bytes to what the states need, and back. Reading checks form; what the values
 * mean for this handshake is judged by the states.
 *
 *     struct { HandshakeType msg_type; uint24 length; opaque body[length]; } Handshake;
 */
import { refuse } from "./alerts.ts";
import { ByteReader, ByteWriter, uint16Items } from "./codec.ts";
import {
  EXTENSION,
  HANDSHAKE,
  HASH_BYTES,
  RANDOM_BYTES,
  SESSION_ID_MAX_BYTES,
  TLS_AES_128_GCM_SHA256,
  VERSION,
} from "./constants.ts";
import {
  checkAnswered,
  checkNoneMisplaced,
  readExtensions,
  writeOffer,
  writeSelection,
  type Extensions,
} from "./extensions.ts";

/** One handshake message as it stood in its record. */
export interface HandshakeMessage {
  readonly type: number;
  readonly body: Uint8Array;
  /** Header and body: what enters the transcript. */
  readonly bytes: Uint8Array;
  /** Whether the record ends here; only then may keys change (RFC 8446 §5.1). */
  readonly endsRecord: boolean;
}

/** Takes the next message off a record's content; messages do not continue in another record. */
export function readHandshakeMessage(reader: ByteReader, content: Uint8Array): HandshakeMessage {
  const start = reader.position;
  const type = reader.uint8();
  const body = reader.bytes(reader.uint24());
  const bytes = content.subarray(start, reader.position);
  return { type, body, bytes, endsRecord: reader.remaining === 0 };
}

function writeHandshakeMessage(type: number, body: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter().uint8(type);
  writer.vector(3, () => {
    body(writer);
  });
  return writer.finish();
}

/** RFC 8446 §4.1.2. */
export interface ClientHello {
  readonly legacyVersion: number;
  readonly sessionId: Uint8Array;
  readonly cipherSuites: readonly number[];
  readonly compressionMethods: Uint8Array;
  readonly extensions: Extensions;
}

export function readClientHello(body: Uint8Array): ClientHello {
  const reader = new ByteReader(body);
  const legacyVersion = reader.uint16();
  reader.bytes(RANDOM_BYTES);
  const sessionId = readSessionId(reader);
  const cipherSuites = uint16Items(reader.vector16());
  const compressionMethods = reader.vector8();
  // Hellos of older versions may end here; they fail for want of supported_versions.
  const extensions = reader.remaining === 0 ? new Map<number, Uint8Array>() : readExtensions(reader);
  reader.end();
  return { legacyVersion, sessionId, cipherSuites, compressionMethods, extensions };
}

/** A ClientHello whose one binder is still zero; see {@link binderAt}. */
export function writeClientHello(
  random: Uint8Array,
  sessionId: Uint8Array,
  pskIdentity: Uint8Array,
): Uint8Array {
  return writeHandshakeMessage(HANDSHAKE.clientHello, (writer) => {
    writer.uint16(VERSION.tls12).bytes(random);
    writer.vector(1, () => writer.bytes(sessionId));
    writer.vector(2, () => writer.uint16(TLS_AES_128_GCM_SHA256));
    writer.vector(1, () => writer.uint8(0));
    writer.vector(2, () => {
      writeOffer(writer, pskIdentity);
    });
  });
}

/** Length of the binders list that {@link writeClientHello} writes: two prefixes and one binder. */
export const OWN_BINDERS_BYTES = 2 + 1 + HASH_BYTES;

/** RFC 8446 §4.1.3. */
export interface ServerHello {
  readonly legacyVersion: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuite: number;
  readonly compressionMethod: number;
  readonly extensions: Extensions;
}

export function readServerHello(body: Uint8Array): ServerHello {
  const reader = new ByteReader(body);
  const legacyVersion = reader.uint16();
  const random = reader.bytes(RANDOM_BYTES);
  const sessionId = readSessionId(reader);
  const cipherSuite = reader.uint16();
  const compressionMethod = reader.uint8();
  const extensions = reader.remaining === 0 ? new Map<number, Uint8Array>() : readExtensions(reader);
  reader.end();
  return { legacyVersion, random, sessionId, cipherSuite, compressionMethod, extensions };
}

export function writeServerHello(
  random: Uint8Array,
  sessionId: Uint8Array,
  selectedIdentity: number,
): Uint8Array {
  return writeHandshakeMessage(HANDSHAKE.serverHello, (writer) => {
    writer.uint16(VERSION.tls12).bytes(random);
    writer.vector(1, () => writer.bytes(sessionId));
    writer.uint16(TLS_AES_128_GCM_SHA256).uint8(0);
    writer.vector(2, () => {
      writeSelection(writer, selectedIdentity);
    });
  });
}

function readSessionId(reader: ByteReader): Uint8Array {
  const sessionId = reader.vector8();
  if (sessionId.length > SESSION_ID_MAX_BYTES) throw refuse("vectorLength");
  return sessionId;
}

/** RFC 8446 §4.3.1. We ask for nothing that could be answered here, so that the list must be empty. */
export function checkEncryptedExtensions(body: Uint8Array): void {
  const reader = new ByteReader(body);
  checkAnswered(readExtensions(reader), []);
  reader.end();
}

export function writeEncryptedExtensions(): Uint8Array {
  return writeHandshakeMessage(HANDSHAKE.encryptedExtensions, (writer) => writer.uint16(0));
}

/** verify_data of RFC 8446 §4.4.4: 32 bytes. */
export function readFinished(body: Uint8Array): Uint8Array {
  const reader = new ByteReader(body);
  const verifyData = reader.bytes(HASH_BYTES);
  reader.end();
  return verifyData;
}

export function writeFinished(verifyData: Uint8Array): Uint8Array {
  return writeHandshakeMessage(HANDSHAKE.finished, (writer) => writer.bytes(verifyData));
}

/** RFC 8446 §4.6.1: we never resume, so that a ticket needs only be well-formed. */
export function checkNewSessionTicket(body: Uint8Array): void {
  const reader = new ByteReader(body);
  reader.uint32(); // ticket_lifetime
  reader.uint32(); // ticket_age_add
  reader.vector8(); // ticket_nonce
  if (reader.vector16().length === 0) throw refuse("vectorLength");
  checkNoneMisplaced(readExtensions(reader));
  reader.end();
}

/** Whether pre_shared_key, if present, is the last extension, as RFC 8446 §4.2.11 wants it. */
export function preSharedKeyIsLast(extensions: Extensions): boolean {
  return !extensions.has(EXTENSION.preSharedKey) || [...extensions.keys()].at(-1) === EXTENSION.preSharedKey;
}
