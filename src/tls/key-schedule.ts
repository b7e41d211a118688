/**
 * The key schedule of RFC 8446 §7.1 for one external PSK without (EC)DHE. Each stage is a class whose only way on is to
 * the next one, so that keys cannot be derived in a wrong order; what is no longer needed is overwritten on the way.
 *
 *     EarlySecret --hash of both hellos--> HandshakeSecrets --hash up to the server's Finished--> ApplicationKeys
 */
import { HASH_BYTES } from "./constants.ts";
import { ByteWriter } from "./codec.ts";
import { noblePrimitives, type MacKey, type TlsPrimitives } from "./primitives.ts";

const AES_KEY_BYTES = 16;
const NONCE_BYTES = 12;
const EMPTY = new Uint8Array(0);
const ZEROS = new Uint8Array(HASH_BYTES);
const HASH_OF_NOTHING = noblePrimitives.sha256().digest();

/**
 * What HMAC is given for HKDF-Expand-Label (RFC 8446 §7.1): the struct HkdfLabel, then the counter 1 of HKDF-Expand
 * (RFC 5869 §2.3). One block is enough, as nothing here is longer than a SHA-256 digest.
 */
export function expandInput(length: number, label: string, context: Uint8Array): Uint8Array {
  const writer = new ByteWriter().uint16(length);
  writer.vector(1, () => writer.bytes(new TextEncoder().encode(`tls13 ${label}`)));
  writer.vector(1, () => writer.bytes(context));
  return writer.uint8(1).finish();
}

/** As {@link expandInput} for the labels whose context is a transcript hash: made once, the hash put in each time. */
function transcriptInput(label: string): (transcriptHash: Uint8Array) => Uint8Array {
  const template = expandInput(HASH_BYTES, label, ZEROS);
  return (transcriptHash) => {
    const input = new Uint8Array(template);
    input.set(transcriptHash, input.length - HASH_BYTES - 1);
    return input;
  };
}

const EXT_BINDER = expandInput(HASH_BYTES, "ext binder", HASH_OF_NOTHING);
const DERIVED = expandInput(HASH_BYTES, "derived", HASH_OF_NOTHING);
const FINISHED = expandInput(HASH_BYTES, "finished", EMPTY);
const KEY = expandInput(AES_KEY_BYTES, "key", EMPTY);
const IV = expandInput(NONCE_BYTES, "iv", EMPTY);
const CLIENT_HANDSHAKE = transcriptInput("c hs traffic");
const SERVER_HANDSHAKE = transcriptInput("s hs traffic");
const CLIENT_APPLICATION = transcriptInput("c ap traffic");
const SERVER_APPLICATION = transcriptInput("s ap traffic");

/** One direction's AEAD key (16 bytes) and IV (12 bytes), RFC 8446 §7.3. */
export interface RecordKeys {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

/** Overwrites keys that were never put to use. */
export function wipeKeys(keys: RecordKeys): void {
  keys.key.fill(0);
  keys.iv.fill(0);
}

/** One secret of the schedule, kept as HMAC keyed with it: the core of both HKDF-Extract and HKDF-Expand. */
export class Secret {
  readonly #primitives: TlsPrimitives;
  readonly #keyed: MacKey;

  /** Takes over `bytes` and overwrites them in {@link wipe}. */
  constructor(primitives: TlsPrimitives, bytes: Uint8Array) {
    this.#primitives = primitives;
    this.#keyed = primitives.hmacSha256(bytes);
  }

  /** HKDF-Extract with this secret as salt. */
  extract(inputKeyingMaterial: Uint8Array): Secret {
    return new Secret(this.#primitives, this.#keyed.mac(inputKeyingMaterial));
  }

  /** Derive-Secret, or HKDF-Expand-Label to 32 bytes. */
  derive(input: Uint8Array): Secret {
    return new Secret(this.#primitives, this.#keyed.mac(input));
  }

  /** HMAC with this secret as key: Finished and binder values. */
  mac(message: Uint8Array): Uint8Array {
    return this.#keyed.mac(message);
  }

  wipe(): void {
    this.#keyed.wipe();
  }

  /** The traffic keys of this secret (RFC 8446 §7.3). */
  recordKeys(): RecordKeys {
    return { key: this.#expandTo(AES_KEY_BYTES, KEY), iv: this.#expandTo(NONCE_BYTES, IV) };
  }

  /** verify_data of Finished, or a binder (RFC 8446 §4.4.4): 32 bytes. */
  verifyData(transcriptHash: Uint8Array): Uint8Array {
    const finishedKey = this.derive(FINISHED);
    const verifyData = finishedKey.mac(transcriptHash);
    finishedKey.wipe();
    return verifyData;
  }

  /** The next extraction's salt comes from label `derived`; without (EC)DHE its input is 32 zero bytes. */
  nextStage(): Secret {
    const salt = this.derive(DERIVED);
    const next = salt.extract(ZEROS);
    salt.wipe();
    return next;
  }

  #expandTo(length: number, input: Uint8Array): Uint8Array {
    const block = this.#keyed.mac(input);
    const output = new Uint8Array(block.subarray(0, length));
    block.fill(0);
    return output;
  }
}

/** From the pre-shared key to the hellos. */
export class EarlySecret {
  readonly #secret: Secret;

  private constructor(secret: Secret) {
    this.#secret = secret;
  }

  /** Reads the pre-shared key, and keeps nothing of it but the secret extracted from it. */
  static fromPsk(primitives: TlsPrimitives, psk: Uint8Array): EarlySecret {
    const salt = new Secret(primitives, new Uint8Array(HASH_BYTES));
    const early = new EarlySecret(salt.extract(psk));
    salt.wipe();
    return early;
  }

  /** The binder (32 bytes) over the hash of a ClientHello truncated before its binders (RFC 8446 §4.2.11.2). */
  binder(truncatedHelloHash: Uint8Array): Uint8Array {
    const binderKey = this.#secret.derive(EXT_BINDER);
    const binder = binderKey.verifyData(truncatedHelloHash);
    binderKey.wipe();
    return binder;
  }

  /** Goes on with the hash of ClientHello and ServerHello; this stage is overwritten. */
  intoHandshake(helloHash: Uint8Array): HandshakeSecrets {
    const handshake = this.#secret.nextStage();
    this.wipe();
    const client = handshake.derive(CLIENT_HANDSHAKE(helloHash));
    const server = handshake.derive(SERVER_HANDSHAKE(helloHash));
    const master = handshake.nextStage();
    handshake.wipe();
    return new HandshakeSecrets(client, server, master);
  }

  wipe(): void {
    this.#secret.wipe();
  }
}

/** From the hellos to the server's Finished. */
export class HandshakeSecrets {
  /** The two handshake traffic secrets: their record keys, and the base of either side's Finished. */
  readonly client: Secret;
  readonly server: Secret;
  readonly #master: Secret;

  constructor(client: Secret, server: Secret, master: Secret) {
    this.client = client;
    this.server = server;
    this.#master = master;
  }

  /** Goes on with the hash of all messages up to the server's Finished; this stage is overwritten. */
  intoApplication(serverFinishedHash: Uint8Array): ApplicationKeys {
    const client = this.#applicationKeys(CLIENT_APPLICATION(serverFinishedHash));
    const server = this.#applicationKeys(SERVER_APPLICATION(serverFinishedHash));
    this.wipe();
    return { client, server };
  }

  wipe(): void {
    this.client.wipe();
    this.server.wipe();
    this.#master.wipe();
  }

  #applicationKeys(input: Uint8Array): RecordKeys {
    // The traffic secret itself would only serve KeyUpdate and exporters, which this profile has not.
    const secret = this.#master.derive(input);
    const keys = secret.recordKeys();
    secret.wipe();
    return keys;
  }
}

/** What each side seals its application data with. */
export interface ApplicationKeys {
  readonly client: RecordKeys;
  readonly server: RecordKeys;
}
