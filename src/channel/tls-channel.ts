/**
 * TLS records over the relay. The one place where sockets meet TLS. The key is there from the start, or both sides agree
 * on one first, by a message each way in the clear.
 */
import { decodePaddedBase64url, encodeBase64url } from "../lib/base64url.ts";
import type { CancelTimer, Clock } from "../lib/clock.ts";
import { toError } from "../lib/errors.ts";
import type { FxaPairError } from "../lib/errors.ts";
import type { RandomSource } from "../lib/random.ts";
import { decodeUtf8 } from "../lib/utf8.ts";
import type { TlsError } from "../tls/alerts.ts";
import { TlsPskConnection } from "../tls/connection.ts";
import type { TlsEvent } from "../tls/connection.ts";
import type { ChannelEvent, PairingChannel } from "./channel.ts";
import { EventQueue } from "./event-queue.ts";
import * as failures from "./failures.ts";
import { nodePrimitives } from "./node-primitives.ts";
import type { RelayLink } from "./relay-link.ts";
import { CHANNEL_KEY_BYTES } from "./wire.ts";
import type { Sender } from "./wire.ts";

/** Milliseconds in which the other device's next message must come while a key is agreed on: it asks nobody. */
export const AGREEMENT_TIME = 10_000;

/** How the two devices come by a key that is not there from the start. */
export interface KeyAgreement {
  /** The first message, of the side that speaks first. */
  readonly opening: string | undefined;
  /**
   * Takes in the other side's message, once. The key, 32 bytes, is the caller's to wipe; the answer is there if it is
   * this side's turn.
   *
   * @throws FxaPairError
   */
  receive(message: string): { readonly key: Uint8Array; readonly answer?: string };
  /** What a TLS connection that failed means where the key was agreed on. `together`: after it was proved. */
  failure(error: TlsError, together: boolean): FxaPairError;
  /** Overwrites what is secret: nothing can be taken in any more. */
  wipe(): void;
}

export interface TlsChannelSettings {
  readonly role: "client" | "server";
  /** 32 bytes, the channel's to wipe; or how to come by them. */
  readonly key: Uint8Array | KeyAgreement;
  readonly clock: Clock;
  readonly random: RandomSource;
}

export class TlsChannel implements PairingChannel {
  readonly id: string;
  readonly key: Uint8Array;
  readonly expiresAt: number | null;
  readonly #link: RelayLink;
  readonly #settings: TlsChannelSettings;
  readonly #agreement: KeyAgreement | undefined;
  readonly #events = new EventQueue<ChannelEvent>();
  /** `undefined` until there is a key. */
  #tls: TlsPskConnection | undefined;
  /** What was to be sent before there was a key. */
  readonly #unsent: string[] = [];
  #cancelDue: CancelTimer = () => undefined;
  /** The peer has proved itself, so a plain close means that it left. */
  #together = false;
  #silent = false;
  #over = false;

  constructor(link: RelayLink, settings: TlsChannelSettings) {
    const { key } = settings;
    this.id = link.id;
    this.expiresAt = link.expiresAt;
    this.#link = link;
    this.#settings = settings;
    if (key instanceof Uint8Array) {
      this.key = key;
      this.#startTls();
    } else {
      this.key = new Uint8Array(CHANNEL_KEY_BYTES);
      this.#agreement = key;
      if (key.opening !== undefined) this.#say(key.opening);
    }
    link.listen({
      message: (text, sender) => {
        this.#receive(text, sender);
      },
      lost: () => {
        this.#events.push({ type: "lost" });
      },
      resumed: () => {
        this.#events.push({ type: "resumed" });
      },
      ended: (end) => {
        this.#fail("error" in end ? end.error : failures.closeFailure(end.close, this.#together));
      },
    });
  }

  events(): AsyncIterable<ChannelEvent> {
    return this.#events;
  }

  send(document: string): void {
    if (this.#over || this.#silent) return;
    if (this.#tls === undefined) {
      this.#unsent.push(document);
      return;
    }
    this.#tls.send(new TextEncoder().encode(document));
    this.#drain(this.#tls, {});
  }

  flushed(): Promise<void> {
    return this.#over ? new Promise(() => undefined) : this.#link.flushed();
  }

  closeNotify(): void {
    if (this.#over || this.#silent) return;
    this.#silent = true;
    if (!this.#together || this.#tls === undefined) return;
    this.#tls.close();
    this.#drain(this.#tls, {});
  }

  async close(): Promise<void> {
    this.#wipe();
    this.#events.end();
    await this.#link.close();
  }

  #receive(text: string, sender: Sender): void {
    if (this.#over) return;
    this.#cancelDue();
    if (this.#tls === undefined) {
      this.#agree(text);
      return;
    }
    // What is not base64url is no record: TLS has an alert for that.
    this.#tls.feed(decodePaddedBase64url(text) ?? new Uint8Array(0));
    this.#drain(this.#tls, sender);
  }

  #agree(message: string): void {
    try {
      const agreed = this.#agreement?.receive(message);
      if (agreed === undefined) return;
      this.key.set(agreed.key);
      agreed.key.fill(0);
      if (agreed.answer !== undefined) this.#say(agreed.answer);
      this.#startTls();
    } catch (error) {
      this.#fail(toError(error));
    }
  }

  /** Sends a message of the agreement, to which the other device's next one is due. */
  #say(message: string): void {
    this.#link.send(message);
    this.#cancelDue = this.#settings.clock.after(AGREEMENT_TIME, () => {
      this.#fail(failures.agreementOverdue(AGREEMENT_TIME));
    });
  }

  #startTls(): void {
    const { role, random } = this.#settings;
    const pskIdentity = new TextEncoder().encode(this.id);
    const tls = new TlsPskConnection({
      role,
      psk: this.key,
      pskIdentity,
      random,
      primitives: nodePrimitives,
    });
    this.#tls = tls;
    tls.start();
    for (const document of this.#unsent.splice(0)) tls.send(new TextEncoder().encode(document));
    this.#drain(tls, {});
  }

  #drain(tls: TlsPskConnection, sender: Sender): void {
    for (let event = tls.take(); event !== undefined; event = tls.take()) this.#handle(event, sender);
  }

  #handle(event: TlsEvent, sender: Sender): void {
    switch (event.type) {
      case "transmit":
        this.#link.send(encodeBase64url(event.record));
        return;
      case "connected":
        this.#together = true;
        this.#events.push({ type: "connected" });
        return;
      case "data":
        this.#deliver(event.bytes, sender);
        return;
      case "closed":
        this.#events.push({ type: "peerClosed" });
        return;
      case "failed":
        this.#fail(
          this.#agreement?.failure(event.error, this.#together) ?? failures.handshakeBroken(event.error),
        );
    }
  }

  #deliver(bytes: Uint8Array, sender: Sender): void {
    // With its byte order mark, if any: fingerprints are over the exact bytes.
    const text = decodeUtf8(bytes);
    if (text === undefined) this.#fail(failures.notText());
    else if (!this.#over) this.#events.push({ type: "message", text, sender });
  }

  /** A failure burns the channel: nothing is sent or accepted on it any more. */
  #fail(error: Error): void {
    if (this.#over) return;
    this.#wipe();
    this.#events.push({ type: "ended", error });
    this.#events.end();
    void this.#link.close();
  }

  #wipe(): void {
    this.#over = true;
    this.#cancelDue();
    this.#agreement?.wipe();
    this.#tls?.dispose();
    this.key.fill(0);
  }
}
