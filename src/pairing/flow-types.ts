/** What both sides of the flow have in common: inputs from the channel and the clock, effects on them. */
import type { Sender } from "../channel/wire.ts";
import type { PairingStatus } from "./status.ts";

/**
 * How an authority came by its channel. Creating it makes a device the TLS server; who is signed in, and so asked, is
 * another matter.
 */
export type AuthorityOrigin =
  | { readonly role: "creator" }
  /** By the code of the new device, with the fingerprint it announces: 13 characters. */
  | { readonly role: "joiner"; readonly announced: string };

export type SupplicantOrigin = { readonly role: "creator" | "joiner" };

export type FlowInput =
  /** The handshake is done. */
  | { readonly type: "connected" }
  | { readonly type: "message"; readonly text: string; readonly sender: Sender }
  /** close_notify: an authentic end. */
  | { readonly type: "peerClosed" }
  /** The connection is gone or broken: not authentic unless its code is channel_security. */
  | { readonly type: "ended"; readonly error: Error }
  | { readonly type: "deadline" }
  /** Ctrl-C, or something that an effect needed has failed. */
  | { readonly type: "interrupted" | "failed"; readonly error: Error };

export type FlowEffect =
  | { readonly type: "send"; readonly document: string }
  | { readonly type: "report"; readonly status: PairingStatus }
  /** TLS close_notify, before a failure. After success the closing rules send it. */
  | { readonly type: "closeNotify" }
  /** The result is certain. Always the last effect of a flow, as is `fail`. */
  | { readonly type: "complete" }
  | { readonly type: "fail"; readonly error: Error };

export interface Step<State, Effect> {
  readonly state: State;
  readonly effects: readonly Effect[];
}
