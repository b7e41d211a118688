/** The one place where sockets meet TLS. */
import type { FxaPairError } from "../lib/errors.ts";
import type { Sender } from "./wire.ts";

export type ChannelEvent =
  /** The TLS handshake is done: the other device has the channel key. */
  | { readonly type: "connected" }
  /** One application-data record: the JSON document exactly as it crossed the channel. */
  | { readonly type: "message"; readonly text: string; readonly sender: Sender }
  /** close_notify: the other device will send no more. We may. */
  | { readonly type: "peerClosed" }
  /** The connection is over; always the last event. Does not come after our own `close()`. */
  | { readonly type: "ended"; readonly error: FxaPairError };

export interface PairingChannel {
  readonly id: string;
  /** 32 bytes; all zero once the channel is closed or has failed. */
  readonly key: Uint8Array;
  /** When the relay will end the channel, on `Clock.now()`; null for never. */
  readonly expiresAt: number | null;
  /** What happens, from the start; for one consumer. */
  events(): AsyncIterable<ChannelEvent>;
  /** Sends one document as one record. After an end it does nothing. */
  send(document: string): void;
  /** Says that we will send no more. Once; the other direction stays open. */
  closeNotify(): void;
  /** Closes the connection (1000) and wipes the keys. Resolves when it is gone, at most a second later. */
  close(): Promise<void>;
}
