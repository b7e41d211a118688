/** The channel between the two devices, as those who use it see it. */
import type { Clock } from "../lib/clock.ts";
import type { RandomSource } from "../lib/random.ts";
import type { ProxyFor } from "../network/proxies.ts";
import type { OpenSocket } from "./socket.ts";
import type { Sender } from "./wire.ts";

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
  /** 32 bytes; all zero once the channel is closed or has failed, and where it is agreed on, until it is. */
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
