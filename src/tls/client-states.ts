/**
 * The client's half of the handshake, with the state names of RFC 8446 §A.1:
 *
 *     START --ClientHello--> WAIT_SH --ServerHello--> WAIT_EE --EncryptedExtensions--> WAIT_FINISHED
 *         --server Finished, own Finished--> CONNECTED
 */
import { equalBytes } from "../lib/constant-time.ts";
import { refuse } from "./alerts.ts";
import {
  CONTENT,
  EXTENSION,
  HANDSHAKE,
  HASH_BYTES,
  RANDOM_BYTES,
  TLS_AES_128_GCM_SHA256,
  VERSION,
} from "./constants.ts";
import { checkAnswered, readSelected, required } from "./extensions.ts";
import {
  expectEndOfRecord,
  expectType,
  sendHandshake,
  type HandshakeLink,
  type HandshakeState,
} from "./handshake.ts";
import type { EarlySecret, HandshakeSecrets } from "./key-schedule.ts";
import {
  checkEncryptedExtensions,
  checkNewSessionTicket,
  OWN_BINDERS_BYTES,
  readFinished,
  readServerHello,
  writeClientHello,
  writeFinished,
  type HandshakeMessage,
  type ServerHello,
} from "./messages.ts";

/** SHA-256 of "HelloRetryRequest": the random that marks a ServerHello as one (RFC 8446 §4.1.3). */
const HELLO_RETRY_REQUEST = Uint8Array.of(
  ...[0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91],
  ...[0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c],
);

/** START: sends the ClientHello, with a session id of `sessionIdBytes` (0 or 32) bytes, which a server echoes. */
export function startClient(link: HandshakeLink, early: EarlySecret, sessionIdBytes: number): HandshakeState {
  const random = link.random(RANDOM_BYTES);
  const sessionId = sessionIdBytes === 0 ? new Uint8Array(0) : link.random(sessionIdBytes);
  const hello = writeClientHello(random, sessionId, link.pskIdentity);
  // The binder covers the hello up to the binders list, which is the hello's end.
  link.transcript.update(hello.subarray(0, -OWN_BINDERS_BYTES));
  const binder = early.binder(link.transcript.digest());
  hello.set(binder, hello.length - HASH_BYTES);
  binder.fill(0);
  link.transcript.update(hello.subarray(-OWN_BINDERS_BYTES));
  link.transmit(link.records.seal(CONTENT.handshake, hello));
  return new WaitServerHello(early, sessionId);
}

class WaitServerHello implements HandshakeState {
  readonly connected = false;
  // RFC 8446 §D.4: a server sends it "immediately after its first handshake message", so not yet.
  readonly expectsChangeCipherSpec = false;
  readonly #early: EarlySecret;
  readonly #sessionId: Uint8Array;

  constructor(early: EarlySecret, sessionId: Uint8Array) {
    this.#early = early;
    this.#sessionId = sessionId;
  }

  handle(message: HandshakeMessage, link: HandshakeLink): HandshakeState {
    expectType(message, HANDSHAKE.serverHello);
    checkServerHello(readServerHello(message.body), this.#sessionId);
    expectEndOfRecord(message);
    link.transcript.update(message.bytes);
    const secrets = this.#early.intoHandshake(link.transcript.digest());
    link.records.setReadKeys(secrets.server.recordKeys());
    link.records.setWriteKeys(secrets.client.recordKeys());
    return new WaitEncryptedExtensions(secrets);
  }

  wipe(): void {
    this.#early.wipe();
  }
}

/** RFC 8446 §4.1.3 and §4.2: the server chooses among what we offered, and we offered one of each. */
function checkServerHello(hello: ServerHello, sessionId: Uint8Array): void {
  if (hello.legacyVersion < VERSION.tls10) throw refuse("versionTooOld");
  if (hello.legacyVersion !== VERSION.tls12) throw refuse("versionNotChosen");
  if (equalBytes(hello.random, HELLO_RETRY_REQUEST)) throw refuse("helloRetryRequest");
  if (!equalBytes(hello.sessionId, sessionId)) throw refuse("sessionIdNotEchoed");
  if (hello.cipherSuite !== TLS_AES_128_GCM_SHA256) throw refuse("suiteNotChosen");
  if (hello.compressionMethod !== 0) throw refuse("compressionOffered");
  const version = required(hello.extensions, EXTENSION.supportedVersions);
  const identity = required(hello.extensions, EXTENSION.preSharedKey);
  checkAnswered(hello.extensions, [EXTENSION.supportedVersions, EXTENSION.preSharedKey]);
  if (readSelected(version) !== VERSION.tls13) throw refuse("versionNotChosen");
  if (readSelected(identity) !== 0) throw refuse("identityNotOffered");
}

class WaitEncryptedExtensions implements HandshakeState {
  readonly connected = false;
  readonly expectsChangeCipherSpec = true;
  readonly #secrets: HandshakeSecrets;

  constructor(secrets: HandshakeSecrets) {
    this.#secrets = secrets;
  }

  handle(message: HandshakeMessage, link: HandshakeLink): HandshakeState {
    expectType(message, HANDSHAKE.encryptedExtensions);
    checkEncryptedExtensions(message.body);
    link.transcript.update(message.bytes);
    return new WaitFinished(this.#secrets);
  }

  wipe(): void {
    this.#secrets.wipe();
  }
}

class WaitFinished implements HandshakeState {
  readonly connected = false;
  readonly expectsChangeCipherSpec = false;
  readonly #secrets: HandshakeSecrets;

  constructor(secrets: HandshakeSecrets) {
    this.#secrets = secrets;
  }

  handle(message: HandshakeMessage, link: HandshakeLink): HandshakeState {
    expectType(message, HANDSHAKE.finished);
    const verifyData = readFinished(message.body);
    expectEndOfRecord(message);
    const expected = this.#secrets.server.verifyData(link.transcript.digest());
    const matches = equalBytes(verifyData, expected);
    expected.fill(0);
    if (!matches) throw refuse("finishedMismatch");
    link.transcript.update(message.bytes);
    this.#finish(link);
    return new ClientConnected();
  }

  /** Answers with our Finished, the last record under the handshake keys, and takes up the application keys. */
  #finish(link: HandshakeLink): void {
    const serverFinishedHash = link.transcript.digest();
    const verifyData = this.#secrets.client.verifyData(serverFinishedHash);
    const keys = this.#secrets.intoApplication(serverFinishedHash);
    sendHandshake(link, writeFinished(verifyData));
    verifyData.fill(0);
    link.records.setWriteKeys(keys.client);
    link.records.setReadKeys(keys.server);
  }

  wipe(): void {
    this.#secrets.wipe();
  }
}

class ClientConnected implements HandshakeState {
  readonly connected = true;
  readonly expectsChangeCipherSpec = false;

  /** Session tickets are tolerated and ignored; all else, also KeyUpdate, is out of order. */
  handle(message: HandshakeMessage): HandshakeState {
    expectType(message, HANDSHAKE.newSessionTicket);
    checkNewSessionTicket(message.body);
    return this;
  }

  wipe(): void {
    // All secrets are the record layer's by now.
  }
}
