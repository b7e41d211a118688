/**
 * One TLS 1.3 connection of the profile "one external PSK, psk_ke, TLS_AES_128_GCM_SHA256, one record per message"
 * (RFC 8446), without I/O: records in by `feed`, events out by `take`.
 *
 *     const client = new TlsPskConnection({ role: "client", psk, pskIdentity, random });
 *     client.start();
 *     for (let event = client.take(); event; event = client.take()) … // { type: "transmit", record } and so on
 */
import type { RandomSource } from "../lib/random.ts";
import { ALERT_CODES, ALERT_LEVEL, peerAlert, refuse, TlsError } from "./alerts.ts";
import { startClient } from "./client-states.ts";
import { ByteReader } from "./codec.ts";
import { CONTENT, PLAINTEXT_MAX_BYTES, SESSION_ID_MAX_BYTES } from "./constants.ts";
import type { HandshakeLink, HandshakeState } from "./handshake.ts";
import { EarlySecret } from "./key-schedule.ts";
import { readHandshakeMessage } from "./messages.ts";
import { noblePrimitives, type TlsPrimitives } from "./primitives.ts";
import { RecordLayer } from "./record-layer.ts";
import { startServer } from "./server-states.ts";

export type TlsEvent =
  /** Exactly one TLS record to send to the peer. */
  | { readonly type: "transmit"; readonly record: Uint8Array }
  /** The handshake is complete: the peer has proved that it holds the pre-shared key. */
  | { readonly type: "connected" }
  /** The content of one application-data record, never empty. */
  | { readonly type: "data"; readonly bytes: Uint8Array }
  /** The peer's close_notify: nothing more will come. We may still send until our own `close()`. */
  | { readonly type: "closed" }
  /** The connection is over. An alert for the peer went before as `transmit`, unless it sent one, or we had closed. */
  | { readonly type: "failed"; readonly error: TlsError };

export interface TlsPskConfig {
  readonly role: "client" | "server";
  /** The pre-shared key, at least one byte. Read by the constructor alone; the buffer stays the caller's to wipe. */
  readonly psk: Uint8Array;
  /** The name of the key, 1 to 8192 bytes: a client offers it, a server looks for it among those offered. */
  readonly pskIdentity: Uint8Array;
  readonly random: RandomSource;
  /** Cryptography; pure JavaScript unless a platform's own is injected. */
  readonly primitives?: TlsPrimitives;
  /**
   * The client's legacy_session_id (RFC 8446 §D.4). `empty`, the default, spares the server's change_cipher_spec;
   * `random` sends 32 bytes as browsers do.
   */
  readonly legacySessionId?: "empty" | "random";
  /** Records that one key may seal or open, if fewer than 2^24. */
  readonly recordsPerKey?: number;
}

const IDENTITY_MAX_BYTES = 8192;

/**
 * A connection of either role. Only `start`, `feed`, `send` and `close` do anything, and all they do shows as events.
 *
 * After a failure every call but `take` and `dispose` throws the first {@link TlsError}. Secrets are overwritten on
 * failure, when both directions are closed, and by `dispose`; records that arrive after that are ignored.
 */
export class TlsPskConnection {
  readonly #link: HandshakeLink;
  readonly #early: EarlySecret;
  readonly #sessionIdBytes: number;
  readonly #events: TlsEvent[] = [];
  readonly #unsent: Uint8Array[] = [];
  /** `undefined` until a client starts. */
  #state: HandshakeState | undefined;
  #error: TlsError | undefined;
  #sawChangeCipherSpec = false;
  #closedHere = false;
  #closedThere = false;
  #disposed = false;

  /** @throws RangeError if the key or its identity has an impossible length. */
  constructor(config: TlsPskConfig) {
    const { role, psk, pskIdentity, random, primitives = noblePrimitives } = config;
    if (psk.length === 0) throw new RangeError("the pre-shared key is empty");
    if (pskIdentity.length === 0 || pskIdentity.length > IDENTITY_MAX_BYTES) {
      throw new RangeError(`the pre-shared key's identity must have 1 to ${IDENTITY_MAX_BYTES} bytes`);
    }
    this.#link = {
      primitives,
      random,
      pskIdentity: new Uint8Array(pskIdentity),
      transcript: primitives.sha256(),
      records: new RecordLayer(primitives, config.recordsPerKey),
      transmit: (record) => {
        this.#events.push({ type: "transmit", record });
      },
    };
    this.#sessionIdBytes = config.legacySessionId === "random" ? SESSION_ID_MAX_BYTES : 0;
    this.#early = EarlySecret.fromPsk(primitives, psk);
    if (role === "server") this.#state = startServer(this.#early);
  }

  /** Begins the handshake: a client queues its ClientHello, a server waits for one. A second call does nothing. */
  start(): void {
    this.#throwIfFailed();
    if (this.#state !== undefined || this.#disposed) return;
    this.#guard(() => {
      this.#state = startClient(this.#link, this.#early, this.#sessionIdBytes);
    });
  }

  /**
   * Takes in exactly one record from the peer. A fault of the peer becomes the events `transmit` (its alert) and
   * `failed`, not an exception.
   */
  feed(record: Uint8Array): void {
    this.#throwIfFailed();
    // RFC 8446 §6.1: "Any data received after a closure alert has been received MUST be ignored."
    if (this.#closedThere || this.#disposed) return;
    this.#guard(() => {
      this.#receive(record);
    });
  }

  /**
   * Sends one record of application data, at most 2^14 bytes; before the handshake is complete it waits for it.
   * @throws TlsError if it is too long, or after `close()` or `dispose()`; the connection itself is unharmed.
   */
  send(bytes: Uint8Array): void {
    this.#throwIfFailed();
    if (this.#closedHere || this.#disposed) throw refuse("closedHere");
    if (bytes.length > PLAINTEXT_MAX_BYTES) throw refuse("recordTooLong");
    if (this.#state?.connected !== true) {
      this.#unsent.push(new Uint8Array(bytes));
      return;
    }
    this.#guard(() => {
      this.#transmit(CONTENT.applicationData, bytes);
    });
  }

  /**
   * Ends our direction with close_notify, once. The peer may go on until its own. Before the handshake is complete this
   * gives the connection up: what waited to be sent is dropped, what arrives is ignored.
   */
  close(): void {
    this.#throwIfFailed();
    if (this.#closedHere || this.#disposed) return;
    this.#guard(() => {
      this.#transmit(CONTENT.alert, Uint8Array.of(ALERT_LEVEL.warning, ALERT_CODES.close_notify));
      this.#closedHere = true;
      if (this.#closedThere || this.#state?.connected !== true) this.dispose();
    });
  }

  /** The next event, oldest first; `undefined` if there is none. */
  take(): TlsEvent | undefined {
    return this.#events.shift();
  }

  /** Overwrites every secret. May be called at any time, more than once. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#early.wipe();
    this.#state?.wipe();
    this.#link.records.wipe();
    this.#link.transcript.wipe();
    for (const bytes of this.#unsent.splice(0)) bytes.fill(0);
  }

  #throwIfFailed(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  /** Runs one step; whatever it throws ends the connection. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (cause) {
      this.#fail(cause instanceof TlsError ? cause : refuse("internal", cause));
    }
  }

  #fail(error: TlsError): void {
    this.#error = error;
    if (!error.fromPeer && !this.#closedHere) this.#sendFatalAlert(error.code);
    this.#events.push({ type: "failed", error });
    this.dispose();
  }

  #sendFatalAlert(code: number): void {
    try {
      this.#transmit(CONTENT.alert, Uint8Array.of(ALERT_LEVEL.fatal, code));
    } catch {
      // The fault is being reported already; a cipher that fails as well cannot be told to the peer.
    }
  }

  #transmit(type: number, content: Uint8Array): void {
    this.#link.transmit(this.#link.records.seal(type, content));
  }

  #receive(record: Uint8Array): void {
    const { type, bytes } = this.#link.records.open(record);
    if (type === CONTENT.handshake) this.#receiveHandshake(bytes);
    else if (type === CONTENT.applicationData) this.#receiveData(bytes);
    else if (type === CONTENT.alert) this.#receiveAlert(bytes);
    else this.#receiveChangeCipherSpec(bytes);
  }

  #receiveHandshake(content: Uint8Array): void {
    const reader = new ByteReader(content);
    while (reader.remaining > 0) {
      if (this.#state === undefined) throw refuse("messageOutOfOrder");
      const wasConnected = this.#state.connected;
      this.#state = this.#state.handle(readHandshakeMessage(reader, content), this.#link);
      if (this.#state.connected && !wasConnected) this.#becomeConnected();
    }
  }

  #becomeConnected(): void {
    this.#link.transcript.wipe();
    this.#events.push({ type: "connected" });
    for (const bytes of this.#unsent.splice(0)) {
      this.#transmit(CONTENT.applicationData, bytes);
      bytes.fill(0);
    }
  }

  #receiveData(bytes: Uint8Array): void {
    if (this.#state?.connected !== true) throw refuse("messageOutOfOrder");
    if (bytes.length > 0) this.#events.push({ type: "data", bytes });
  }

  /** RFC 8446 §6: close_notify ends the peer's direction, any other alert ends both, whatever its level. */
  #receiveAlert(content: Uint8Array): void {
    const reader = new ByteReader(content);
    const level = reader.uint8();
    const code = reader.uint8();
    reader.end();
    if (level !== ALERT_LEVEL.warning && level !== ALERT_LEVEL.fatal) throw refuse("alertLevel");
    if (code !== ALERT_CODES.close_notify) throw peerAlert(code);
    if (level !== ALERT_LEVEL.warning) throw refuse("alertLevel");
    // Before the handshake is complete nobody has proved anything yet: this is no orderly end.
    if (this.#state?.connected !== true) throw peerAlert(code);
    this.#closedThere = true;
    this.#events.push({ type: "closed" });
    if (this.#closedHere) this.dispose();
  }

  #receiveChangeCipherSpec(bytes: Uint8Array): void {
    const expected = this.#state?.expectsChangeCipherSpec === true && !this.#sawChangeCipherSpec;
    if (!expected || bytes.length !== 1 || bytes[0] !== 1) throw refuse("changeCipherSpec");
    this.#sawChangeCipherSpec = true;
  }
}
