/**
 * The server's half of the handshake, with the state names of RFC 8446 §A.2; NEGOTIATED and WAIT_FLIGHT2 pass at once:
 *
 *     START --ClientHello; ServerHello, EncryptedExtensions, Finished--> WAIT_FINISHED --client Finished--> CONNECTED
 */
import { equalBytes } from "../lib/constant-time.ts";
import { refuse } from "./alerts.ts";
import {
  CONTENT,
  EXTENSION,
  HANDSHAKE,
  PSK_KE,
  RANDOM_BYTES,
  TLS_AES_128_GCM_SHA256,
  VERSION,
} from "./constants.ts";
import {
  readOfferedPsks,
  readPskKeyExchangeModes,
  readSupportedVersions,
  required,
  type OfferedPsks,
} from "./extensions.ts";
import {
  expectEndOfRecord,
  expectType,
  sendHandshake,
  type HandshakeLink,
  type HandshakeState,
} from "./handshake.ts";
import { wipeKeys, type EarlySecret, type HandshakeSecrets, type RecordKeys } from "./key-schedule.ts";
import {
  preSharedKeyIsLast,
  readClientHello,
  readFinished,
  writeEncryptedExtensions,
  writeFinished,
  writeServerHello,
  type ClientHello,
  type HandshakeMessage,
} from "./messages.ts";

/** START: waits for the ClientHello. */
export function startServer(early: EarlySecret): HandshakeState {
  return new WaitClientHello(early);
}

class WaitClientHello implements HandshakeState {
  readonly connected = false;
  readonly expectsChangeCipherSpec = false;
  readonly #early: EarlySecret;

  constructor(early: EarlySecret) {
    this.#early = early;
  }

  handle(message: HandshakeMessage, link: HandshakeLink): HandshakeState {
    expectType(message, HANDSHAKE.clientHello);
    const hello = readClientHello(message.body);
    const offered = checkClientHello(hello);
    expectEndOfRecord(message);
    const selected = offered.identities.findIndex((identity) => equalBytes(identity, link.pskIdentity));
    const binder = offered.binders[selected];
    if (binder === undefined) throw refuse("identityUnknown");
    this.#verifyBinder(binder, message.bytes, offered.bindersLength, link);
    return answer(link, this.#early, hello.sessionId, selected);
  }

  /** RFC 8446 §4.2.11.2: the binder covers the hello up to the binders list. Adds the hello to the transcript. */
  #verifyBinder(binder: Uint8Array, hello: Uint8Array, bindersLength: number, link: HandshakeLink): void {
    const covered = hello.length - bindersLength;
    link.transcript.update(hello.subarray(0, covered));
    const expected = this.#early.binder(link.transcript.digest());
    const matches = equalBytes(binder, expected);
    expected.fill(0);
    if (!matches) throw refuse("binderMismatch");
    link.transcript.update(hello.subarray(covered));
  }

  wipe(): void {
    this.#early.wipe();
  }
}

/** Whether this profile can be spoken with such a client; RFC 8446 §4.1.2 and §4.2. */
function checkClientHello(hello: ClientHello): OfferedPsks {
  const { extensions } = hello;
  if (hello.legacyVersion < VERSION.tls10) throw refuse("versionTooOld");
  if (!preSharedKeyIsLast(extensions)) throw refuse("preSharedKeyNotLast");
  const versions = readSupportedVersions(required(extensions, EXTENSION.supportedVersions));
  if (!versions.includes(VERSION.tls13)) throw refuse("versionTooOld");
  const { compressionMethods } = hello;
  if (compressionMethods.length !== 1 || compressionMethods[0] !== 0) throw refuse("compressionOffered");
  if (!hello.cipherSuites.includes(TLS_AES_128_GCM_SHA256)) throw refuse("suiteNotOffered");
  const modes = readPskKeyExchangeModes(required(extensions, EXTENSION.pskKeyExchangeModes));
  const offered = readOfferedPsks(required(extensions, EXTENSION.preSharedKey));
  if (!modes.includes(PSK_KE)) throw refuse("pskModeNotOffered");
  return offered;
}

/** Sends the whole flight of the server and takes up the keys that follow it. */
function answer(
  link: HandshakeLink,
  early: EarlySecret,
  sessionId: Uint8Array,
  selected: number,
): HandshakeState {
  sendHandshake(link, writeServerHello(link.random(RANDOM_BYTES), sessionId, selected));
  // RFC 8446 §D.4: only a client that sent a session id waits for it.
  if (sessionId.length > 0) link.transmit(link.records.seal(CONTENT.changeCipherSpec, Uint8Array.of(1)));
  const secrets = early.intoHandshake(link.transcript.digest());
  link.records.setWriteKeys(secrets.server.recordKeys());
  link.records.setReadKeys(secrets.client.recordKeys());
  sendExtensionsAndFinished(link, secrets);
  const serverFinishedHash = link.transcript.digest();
  const clientVerifyData = secrets.client.verifyData(serverFinishedHash);
  const keys = secrets.intoApplication(serverFinishedHash);
  link.records.setWriteKeys(keys.server);
  return new WaitFinished(clientVerifyData, keys.client);
}

/** Both messages in one record: the relay counts records. */
function sendExtensionsAndFinished(link: HandshakeLink, secrets: HandshakeSecrets): void {
  const extensions = writeEncryptedExtensions();
  link.transcript.update(extensions);
  const verifyData = secrets.server.verifyData(link.transcript.digest());
  const finished = writeFinished(verifyData);
  verifyData.fill(0);
  link.transcript.update(finished);
  const both = new Uint8Array(extensions.length + finished.length);
  both.set(extensions);
  both.set(finished, extensions.length);
  link.transmit(link.records.seal(CONTENT.handshake, both));
}

class WaitFinished implements HandshakeState {
  readonly connected = false;
  readonly expectsChangeCipherSpec = true;
  readonly #clientVerifyData: Uint8Array;
  readonly #clientKeys: RecordKeys;

  constructor(clientVerifyData: Uint8Array, clientKeys: RecordKeys) {
    this.#clientVerifyData = clientVerifyData;
    this.#clientKeys = clientKeys;
  }

  handle(message: HandshakeMessage, link: HandshakeLink): HandshakeState {
    expectType(message, HANDSHAKE.finished);
    const verifyData = readFinished(message.body);
    expectEndOfRecord(message);
    if (!equalBytes(verifyData, this.#clientVerifyData)) throw refuse("finishedMismatch");
    this.#clientVerifyData.fill(0);
    link.records.setReadKeys(this.#clientKeys);
    return new ServerConnected();
  }

  wipe(): void {
    this.#clientVerifyData.fill(0);
    wipeKeys(this.#clientKeys);
  }
}

class ServerConnected implements HandshakeState {
  readonly connected = true;
  readonly expectsChangeCipherSpec = false;

  /** A client has nothing to say after its Finished: no KeyUpdate in this profile. */
  handle(): HandshakeState {
    throw refuse("messageOutOfOrder");
  }

  wipe(): void {
    // All secrets are the record layer's by now.
  }
}
