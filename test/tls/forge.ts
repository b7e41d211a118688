/**
 * A peer that can say anything: hellos with any field wrong, any content sealed under the right keys. Written apart from
 * src/tls, on node:crypto, so that no code under test checks itself, and no code in src can build malformed bytes.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";
import { concat, IDENTITY, PSK, utf8 } from "./helpers.ts";

export const u8 = (value: number): Uint8Array => Uint8Array.of(value);
export const u16 = (value: number): Uint8Array => Uint8Array.of(value >>> 8, value);
export const u24 = (value: number): Uint8Array => Uint8Array.of(value >>> 16, value >>> 8, value);
export const u32 = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
const sized = (size: (length: number) => Uint8Array, parts: Uint8Array[]): Uint8Array => {
  const body = concat(...parts);
  return concat(size(body.length), body);
};
export const vec8 = (...parts: Uint8Array[]): Uint8Array => sized(u8, parts);
export const vec16 = (...parts: Uint8Array[]): Uint8Array => sized(u16, parts);
export const zeros = (length: number): Uint8Array => new Uint8Array(length);
export const extension = (type: number, ...content: Uint8Array[]): Uint8Array =>
  concat(u16(type), vec16(...content));
export const handshake = (type: number, ...body: Uint8Array[]): Uint8Array =>
  concat(u8(type), sized(u24, body));
export const record = (type: number, content: Uint8Array, version = 0x0303): Uint8Array =>
  concat(u8(type), u16(version), vec16(content));
export const CHANGE_CIPHER_SPEC = record(20, u8(1));

export const SUPPORTED_VERSIONS = extension(43, vec8(u16(0x0304)));
export const PSK_MODES = extension(45, vec8(u8(0)));
export const SELECTED_VERSION = extension(43, u16(0x0304));
export const SELECTED_IDENTITY = extension(41, u16(0));
const identity = (name: Uint8Array): Uint8Array => concat(vec16(name), u32(0));
export const identities = (...names: Uint8Array[]): Uint8Array => vec16(...names.map(identity));
export const binders = (...values: Uint8Array[]): Uint8Array => vec16(...values.map((value) => vec8(value)));
export const offer = (names = identities(IDENTITY), values = binders(zeros(32))): Uint8Array =>
  extension(41, names, values);

const hash = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
const hmac = (key: Uint8Array, message: Uint8Array): Uint8Array =>
  createHmac("sha256", key).update(message).digest();
const expand = (secret: Uint8Array, label: string, context: Uint8Array, length: number): Uint8Array =>
  hmac(secret, concat(u16(length), vec8(utf8(`tls13 ${label}`)), vec8(context), u8(1))).subarray(0, length);
const derive = (secret: Uint8Array, label: string, messages: Uint8Array): Uint8Array =>
  expand(secret, label, hash(messages), 32);
const finishedMac = (secret: Uint8Array, messages: Uint8Array): Uint8Array =>
  hmac(expand(secret, "finished", zeros(0), 32), hash(messages));
const nextStage = (secret: Uint8Array): Uint8Array => hmac(derive(secret, "derived", zeros(0)), zeros(32));

/** One direction's protection. */
export class Sealer {
  readonly #key: Uint8Array;
  readonly #iv: Uint8Array;
  #sequence = 0;

  constructor(secret: Uint8Array) {
    this.#key = expand(secret, "key", zeros(0), 16);
    this.#iv = expand(secret, "iv", zeros(0), 12);
  }

  seal(type: number, content: Uint8Array, padding = 0): Uint8Array {
    return this.sealInner(concat(content, u8(type), zeros(padding)));
  }

  sealInner(inner: Uint8Array): Uint8Array {
    const header = concat(u8(23), u16(0x0303), u16(inner.length + 16));
    const cipher = createCipheriv("aes-128-gcm", this.#key, this.#nonce()).setAAD(header);
    return concat(header, cipher.update(inner), cipher.final(), cipher.getAuthTag());
  }

  /** Content and inner type of a record that was sealed with our own keys' counterpart. */
  open(sealed: Uint8Array): { type: number; content: Uint8Array } {
    const decipher = createDecipheriv("aes-128-gcm", this.#key, this.#nonce()).setAAD(sealed.subarray(0, 5));
    decipher.setAuthTag(sealed.subarray(-16));
    const inner = concat(decipher.update(sealed.subarray(5, -16)), decipher.final());
    return { type: inner.at(-1)!, content: inner.subarray(0, -1) };
  }

  #nonce(): Uint8Array {
    const nonce = Buffer.from(this.#iv);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ this.#sequence++) >>> 0, 8);
    return nonce;
  }
}

/** What both forged roles know. `messages` is the transcript. */
class ForgedPeer {
  protected messages: Uint8Array = zeros(0);
  protected readonly early = hmac(zeros(32), PSK);
  protected clientSecret: Uint8Array = zeros(32);
  protected serverSecret: Uint8Array = zeros(32);
  #handshake: Uint8Array = zeros(32);

  protected add(...messages: Uint8Array[]): void {
    this.messages = concat(this.messages, ...messages);
  }

  protected enterHandshake(): void {
    this.#handshake = nextStage(this.early);
    this.clientSecret = derive(this.#handshake, "c hs traffic", this.messages);
    this.serverSecret = derive(this.#handshake, "s hs traffic", this.messages);
  }

  protected application(side: "c" | "s"): Sealer {
    return new Sealer(derive(nextStage(this.#handshake), `${side} ap traffic`, this.messages));
  }
}

export interface ClientHelloFields {
  legacyVersion: Uint8Array;
  random: Uint8Array;
  sessionId: Uint8Array;
  suites: Uint8Array;
  compression: Uint8Array;
  extensions: Uint8Array[];
  /** Bytes after the last field. */
  tail: Uint8Array;
}

export class ForgedClient extends ForgedPeer {
  /** Opens what the server sends. */
  reading: Sealer | undefined;
  /** Seals under the client's handshake keys; under its application keys after {@link finished}. */
  writing: Sealer | undefined;
  #application: Sealer | undefined;

  /** A ClientHello message; a standard binder list at its end is given the right binder. */
  helloMessage(fields: Partial<ClientHelloFields> = {}): Uint8Array {
    const extensions = vec16(...(fields.extensions ?? [SUPPORTED_VERSIONS, PSK_MODES, offer()]));
    const message = handshake(
      1,
      fields.legacyVersion ?? u16(0x0303),
      fields.random ?? zeros(32).fill(0xc1),
      fields.sessionId ?? vec8(),
      fields.suites ?? vec16(u16(0x1301)),
      fields.compression ?? vec8(u8(0)),
      extensions,
      fields.tail ?? zeros(0),
    );
    const binderKey = derive(this.early, "ext binder", zeros(0));
    const endsInBinder = Buffer.from(message)
      .subarray(-35)
      .equals(binders(zeros(32)));
    if (endsInBinder) message.set(finishedMac(binderKey, message.subarray(0, -35)), message.length - 32);
    this.messages = message;
    return message;
  }

  hello(fields: Partial<ClientHelloFields> = {}): Uint8Array {
    return record(22, this.helloMessage(fields));
  }

  /** Takes in the server's flight and derives all keys. */
  takeFlight(flight: Uint8Array[]): void {
    this.add(flight[0]!.subarray(5));
    this.enterHandshake();
    this.add(new Sealer(this.serverSecret).open(flight.at(-1)!).content);
    this.writing = new Sealer(this.clientSecret);
    this.reading = this.application("s");
    this.#application = this.application("c");
  }

  finishedMessage(): Uint8Array {
    return handshake(20, finishedMac(this.clientSecret, this.messages));
  }

  /** The client's Finished; from here on the application keys seal. */
  finished(): Uint8Array {
    const sealed = this.writing!.seal(22, this.finishedMessage());
    this.writing = this.#application;
    return sealed;
  }
}

export interface ServerHelloFields {
  legacyVersion: Uint8Array;
  random: Uint8Array;
  sessionId: Uint8Array;
  suite: Uint8Array;
  compression: Uint8Array;
  extensions: Uint8Array[];
  tail: Uint8Array;
}

export const ENCRYPTED_EXTENSIONS = handshake(8, vec16());

export class ForgedServer extends ForgedPeer {
  /** Opens what the client sends, under its handshake keys; under its application keys once {@link takeFinished}. */
  reading: Sealer | undefined;
  /** Seals under the server's handshake keys; under its application keys after {@link flight}. */
  writing: Sealer | undefined;

  constructor(clientHello: Uint8Array) {
    super();
    this.add(clientHello.subarray(5));
  }

  helloMessage(fields: Partial<ServerHelloFields> = {}): Uint8Array {
    const message = handshake(
      2,
      fields.legacyVersion ?? u16(0x0303),
      fields.random ?? zeros(32).fill(0x5e),
      fields.sessionId ?? vec8(),
      fields.suite ?? u16(0x1301),
      fields.compression ?? u8(0),
      vec16(...(fields.extensions ?? [SELECTED_VERSION, SELECTED_IDENTITY])),
      fields.tail ?? zeros(0),
    );
    this.add(message);
    this.enterHandshake();
    this.writing = new Sealer(this.serverSecret);
    this.reading = new Sealer(this.clientSecret);
    return message;
  }

  hello(fields: Partial<ServerHelloFields> = {}): Uint8Array {
    return record(22, this.helloMessage(fields));
  }

  /** Finished over all messages so far and `before`, which enter the transcript with it. */
  finishedMessage(...before: Uint8Array[]): Uint8Array {
    this.add(...before);
    const message = handshake(20, finishedMac(this.serverSecret, this.messages));
    this.add(message);
    return message;
  }

  /** EncryptedExtensions and Finished, in one record or two; from here on the application keys seal. */
  flight(count: 1 | 2 = 1): Uint8Array[] {
    const finished = this.finishedMessage(ENCRYPTED_EXTENSIONS);
    const contents =
      count === 1 ? [concat(ENCRYPTED_EXTENSIONS, finished)] : [ENCRYPTED_EXTENSIONS, finished];
    const sealed = contents.map((content) => this.writing!.seal(22, content));
    this.writing = this.application("s");
    return sealed;
  }

  /** The client's Finished was seen: what follows it is under application keys. */
  takeFinished(): void {
    this.reading = this.application("c");
  }
}
