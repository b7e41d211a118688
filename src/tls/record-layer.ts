/**
 * The record layer of RFC 8446 §5, one whole record at a time: in the clear until keys are set, protected afterwards.
 *
 *     struct { ContentType type; ProtocolVersion legacy_record_version; uint16 length; opaque fragment[length]; }
 *
 * Left out, as this profile has no use for them: fragments over several records, padding of what we send.
 */
import { refuse } from "./alerts.ts";
import {
  CIPHERTEXT_MAX_BYTES,
  CONTENT,
  PLAINTEXT_MAX_BYTES,
  RECORD_HEADER_BYTES,
  RECORDS_PER_KEY,
  VERSION,
} from "./constants.ts";
import type { RecordKeys } from "./key-schedule.ts";
import { GCM_TAG_BYTES, type AeadKey, type TlsPrimitives } from "./primitives.ts";

/** One record's content, with its padding taken off. */
export interface RecordContent {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** A record's header and payload, as they crossed the wire. */
interface Framed {
  readonly type: number;
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
}

/** The keys of one direction, and how many records they have handled. */
class Protection {
  readonly #aead: AeadKey;
  readonly #nonce: Uint8Array;
  readonly #nonceView: DataView;
  readonly #ivTail: number;
  #sequence = 0;

  /** Takes over the keys and overwrites them in {@link wipe}. */
  constructor(primitives: TlsPrimitives, keys: RecordKeys) {
    this.#aead = primitives.aes128Gcm(keys.key);
    this.#nonce = keys.iv;
    this.#nonceView = new DataView(keys.iv.buffer, keys.iv.byteOffset, keys.iv.byteLength);
    this.#ivTail = this.#nonceView.getUint32(8);
  }

  get sequence(): number {
    return this.#sequence;
  }

  seal(header: Uint8Array, plaintext: Uint8Array): Uint8Array {
    return this.#aead.seal(this.#nextNonce(), header, plaintext);
  }

  open(header: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    return this.#aead.open(this.#nextNonce(), header, sealed);
  }

  wipe(): void {
    this.#aead.wipe();
    this.#nonce.fill(0);
  }

  /**
   * RFC 8446 §5.3: the IV XOR the 64-bit sequence number. Numbers stay far below 2^32, so that only the last four bytes
   * of the IV's own buffer change.
   */
  #nextNonce(): Uint8Array {
    this.#nonceView.setUint32(8, this.#ivTail ^ this.#sequence++);
    return this.#nonce;
  }
}

export class RecordLayer {
  readonly #primitives: TlsPrimitives;
  readonly #recordsPerKey: number;
  #reading: Protection | undefined;
  #writing: Protection | undefined;

  constructor(primitives: TlsPrimitives, recordsPerKey: number = RECORDS_PER_KEY) {
    this.#primitives = primitives;
    this.#recordsPerKey = Math.min(recordsPerKey, RECORDS_PER_KEY);
  }

  /** Opens all further records with these keys, which now belong to this object. */
  setReadKeys(keys: RecordKeys): void {
    this.#reading?.wipe();
    this.#reading = new Protection(this.#primitives, keys);
  }

  /** Seals all further records with these keys, which now belong to this object. */
  setWriteKeys(keys: RecordKeys): void {
    this.#writing?.wipe();
    this.#writing = new Protection(this.#primitives, keys);
  }

  /** Overwrites all keys. The object must not be used afterwards. */
  wipe(): void {
    this.#reading?.wipe();
    this.#writing?.wipe();
  }

  /**
   * The record that carries `content`: protected once keys are set, save change_cipher_spec, which never is.
   * @throws TlsError `record_overflow` for more than 2^14 bytes; `internal_error` if the key has sealed its share of
   *   records. An alert may still go out then: it is the last.
   */
  seal(type: number, content: Uint8Array): Uint8Array {
    if (content.length > PLAINTEXT_MAX_BYTES) throw refuse("recordTooLong");
    const writing = this.#writing;
    if (writing === undefined || type === CONTENT.changeCipherSpec)
      return frame(type, content, content.length);
    if (writing.sequence >= this.#recordsPerKey && type !== CONTENT.alert) throw refuse("keyWornOut");
    const record = frame(CONTENT.applicationData, content, content.length + 1 + GCM_TAG_BYTES);
    const contentEnd = RECORD_HEADER_BYTES + content.length;
    record[contentEnd] = type;
    const inner = record.subarray(RECORD_HEADER_BYTES, contentEnd + 1);
    // The ciphertext is longer than the plaintext that was laid out here, so it overwrites all of it.
    record.set(writing.seal(record.subarray(0, RECORD_HEADER_BYTES), inner), RECORD_HEADER_BYTES);
    return record;
  }

  /**
   * The content of exactly one record.
   * @throws TlsError with the alert that RFC 8446 §5 asks for.
   */
  open(record: Uint8Array): RecordContent {
    const framed = unframe(record);
    const { type, payload } = framed;
    if (type === CONTENT.changeCipherSpec) return { type, bytes: payload };
    if (this.#reading !== undefined) return this.#openProtected(this.#reading, framed);
    if (type === CONTENT.applicationData) throw refuse("recordUnreadable");
    return checkContent(type, payload);
  }

  #openProtected(reading: Protection, { type, header, payload }: Framed): RecordContent {
    if (type !== CONTENT.applicationData) throw refuse("recordUnprotected");
    if (reading.sequence >= this.#recordsPerKey) throw refuse("keyWornOut");
    const inner = payload.length < GCM_TAG_BYTES ? undefined : reading.open(header, payload);
    if (inner === undefined) throw refuse("recordTampered");
    if (inner.length > PLAINTEXT_MAX_BYTES + 1) throw refuse("recordTooLong");
    const end = inner.findLastIndex((byte) => byte !== 0);
    const innerType = inner[end];
    if (innerType === undefined) throw refuse("recordEmpty");
    return checkContent(innerType, inner.subarray(0, end));
  }
}

/** A record with its header and content in place; `payloadLength` may leave room behind the content. */
function frame(type: number, content: Uint8Array, payloadLength: number): Uint8Array {
  const record = new Uint8Array(RECORD_HEADER_BYTES + payloadLength);
  record[0] = type;
  record[1] = VERSION.tls12 >>> 8;
  record[2] = VERSION.tls12 & 0xff;
  record[3] = payloadLength >>> 8;
  record[4] = payloadLength & 0xff;
  record.set(content, RECORD_HEADER_BYTES);
  return record;
}

/** Takes a record apart; nothing may be missing and nothing may follow. */
function unframe(record: Uint8Array): Framed {
  const [type, versionHigh = 0, versionLow = 0, lengthHigh = 0, lengthLow = 0] = record;
  if (type === undefined || record.length < RECORD_HEADER_BYTES) throw refuse("recordFraming");
  if (!isRecordType(type)) throw refuse("recordTypeUnknown");
  checkVersion(type, (versionHigh << 8) | versionLow);
  const length = (lengthHigh << 8) | lengthLow;
  const limit = type === CONTENT.applicationData ? CIPHERTEXT_MAX_BYTES : PLAINTEXT_MAX_BYTES;
  if (length > limit) throw refuse("recordTooLong");
  if (record.length !== RECORD_HEADER_BYTES + length) throw refuse("recordFraming");
  const header = record.subarray(0, RECORD_HEADER_BYTES);
  return { type, header, payload: record.subarray(RECORD_HEADER_BYTES) };
}

function isRecordType(type: number): boolean {
  return type >= CONTENT.changeCipherSpec && type <= CONTENT.applicationData;
}

/** RFC 8446 §5.1 lets an initial ClientHello's record say 0x0301; protected records always say 0x0303. */
function checkVersion(type: number, version: number): void {
  if (version === VERSION.tls12) return;
  if (version !== VERSION.tls10 || type === CONTENT.applicationData) throw refuse("recordVersion");
}

/** RFC 8446 §5.4: only application data may be empty; change_cipher_spec is never protected. */
function checkContent(type: number, bytes: Uint8Array): RecordContent {
  if (!isRecordType(type) || type === CONTENT.changeCipherSpec) throw refuse("recordTypeUnknown");
  if (bytes.length === 0 && type !== CONTENT.applicationData) throw refuse("recordEmpty");
  return { type, bytes };
}
