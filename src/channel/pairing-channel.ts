/**
 * The channel between the two devices: TLS records over the relay. The one place where sockets meet TLS. Whoever
 * creates the channel is the TLS server; the key that both must have never crosses it.
 */
import type { Clock } from "../lib/clock.ts";
import { decodePaddedBase64url, encodeBase64url } from "../lib/base64url.ts";
import type { RandomSource } from "../lib/random.ts";
import { decodeUtf8 } from "../lib/utf8.ts";
import type { ProxyFor } from "../network/proxies.ts";
import { TlsPskConnection } from "../tls/connection.ts";
import type { TlsEvent } from "../tls/connection.ts";
import { EventQueue } from "./event-queue.ts";
import * as failures from "./failures.ts";
import { nodePrimitives } from "./node-primitives.ts";
import { RelayLink } from "./relay-link.ts";
import { channelRoot } from "./relay-url.ts";
import { webSocketOpener } from "./socket.ts";
import type { OpenSocket } from "./socket.ts";
import { CHANNEL_KEY_BYTES } from "./wire.ts";
import type { Sender } from "./wire.ts";

const CONNECT_TIMEOUT = 15_000;

export type ChannelEvent =
  /** The TLS handshake is done: the other device has the channel key. */
  | { readonly type: "connected" }
  /** One application-data record: the UTF-8 document exactly as it crossed the channel. */
  | { readonly type: "message"; readonly text: string; readonly sender: Sender }
  /** close_notify: the other device will send no more. We may. */
  | { readonly type: "peerClosed" }
  /** The connection to the relay was lost and is being sought again; what is sent meanwhile is kept. */
  | { readonly type: "lost" }
  /** It is back, and nothing is missing. */
  | { readonly type: "resumed" }
  /** The connection is over; always the last event. Does not come after our own `close()`. A `FxaPairError`, or a bug. */
  | { readonly type: "ended"; readonly error: Error };

export interface PairingChannel {
  readonly id: string;
  /** 32 bytes; all zero once the channel is closed or has failed. */
  readonly key: Uint8Array;
  /** When the relay will end the channel, on `Clock.now()`; null for never. */
  readonly expiresAt: number | null;
  /** What happens, from the start; for one consumer. */
  events(): AsyncIterable<ChannelEvent>;
  /** Sends one document, at most 2^14 bytes of UTF-8, as one record. After an end it does nothing. */
  send(document: string): void;
  /** Resolves as soon as everything sent is on an open connection to the relay; never if the channel ends before. */
  flushed(): Promise<void>;
  /**
   * Says that we will send no more: once. The other direction stays open. Before `connected` nothing goes out: an alert
   * in the clear would look like tampering to the other device, which hears from the relay that this one has left.
   */
  closeNotify(): void;
  /** Closes the connection (1000) and wipes the keys. Resolves when it is gone, at most a second later. */
  close(): Promise<void>;
}

export interface ChannelOptions {
  /** ws or wss; its path is dropped. */
  readonly relayUrl: string;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly userAgent: string;
  readonly proxyFor: ProxyFor;
  /** Milliseconds until the relay must have greeted; 15 seconds unless given. */
  readonly connectTimeout?: number;
  /** Accept ws:// beyond this machine: the user named that very URL. */
  readonly allowInsecure?: boolean;
  /** How sockets are opened; by `ws` unless given. */
  readonly openSocket?: OpenSocket;
}

/**
 * Creates a channel with a fresh 32-byte key and waits in it as the TLS server.
 *
 * @throws FxaPairError `unreachable`, `channel_security` (the relay's greeting is malformed), `usage` (its URL)
 */
export async function createChannel(options: ChannelOptions): Promise<PairingChannel> {
  const link = await RelayLink.open({ ...linkOptions(options), channelId: undefined });
  return new TlsChannel(link, "server", options.random(CHANNEL_KEY_BYTES), options.random);
}

/**
 * Joins a channel as the TLS client. The id is compared with the relay's greeting before anything is sent.
 *
 * @param options.channelKey 32 bytes; copied, so the caller may wipe its own
 * @throws FxaPairError as {@link createChannel}; `timeout` if the channel is unknown or used up
 */
export async function joinChannel(
  options: ChannelOptions & { channelId: string; channelKey: Uint8Array },
): Promise<PairingChannel> {
  const link = await RelayLink.open({ ...linkOptions(options), channelId: options.channelId });
  return new TlsChannel(link, "client", new Uint8Array(options.channelKey), options.random);
}

function linkOptions(options: ChannelOptions) {
  const { relayUrl, allowInsecure = false, clock, userAgent, connectTimeout = CONNECT_TIMEOUT } = options;
  const root = channelRoot(relayUrl, allowInsecure);
  const openSocket = options.openSocket ?? webSocketOpener(options.proxyFor);
  return { root, clock, userAgent, connectTimeout, openSocket };
}

class TlsChannel implements PairingChannel {
  readonly id: string;
  readonly key: Uint8Array;
  readonly expiresAt: number | null;
  readonly #link: RelayLink;
  readonly #tls: TlsPskConnection;
  readonly #events = new EventQueue<ChannelEvent>();
  /** The peer has proved itself, so a plain close means that it left. */
  #together = false;
  #silent = false;
  #over = false;

  constructor(link: RelayLink, role: "client" | "server", key: Uint8Array, random: RandomSource) {
    this.id = link.id;
    this.key = key;
    this.expiresAt = link.expiresAt;
    const pskIdentity = new TextEncoder().encode(link.id);
    this.#tls = new TlsPskConnection({ role, psk: key, pskIdentity, random, primitives: nodePrimitives });
    this.#link = link;
    this.#tls.start();
    this.#drain({});
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
    this.#tls.send(new TextEncoder().encode(document));
    this.#drain({});
  }

  flushed(): Promise<void> {
    return this.#over ? new Promise(() => undefined) : this.#link.flushed();
  }

  closeNotify(): void {
    if (this.#over || this.#silent) return;
    this.#silent = true;
    if (!this.#together) return;
    this.#tls.close();
    this.#drain({});
  }

  async close(): Promise<void> {
    this.#wipe();
    this.#events.end();
    await this.#link.close();
  }

  #receive(text: string, sender: Sender): void {
    if (this.#over) return;
    // What is not base64url is no record: TLS has an alert for that.
    this.#tls.feed(decodePaddedBase64url(text) ?? new Uint8Array(0));
    this.#drain(sender);
  }

  #drain(sender: Sender): void {
    for (let event = this.#tls.take(); event !== undefined; event = this.#tls.take())
      this.#handle(event, sender);
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
        this.#fail(failures.handshakeBroken(event.error));
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
    this.#tls.dispose();
    this.key.fill(0);
  }
}
