/** What a pairing tells its user as it goes along. Values without secrets, and without words: a reporter finds those. */
import type { Sender } from "../channel/wire.ts";

export type PairingStatus =
  /** The handshake is done: the other device proved that it has the channel key. */
  | { readonly type: "connected" }
  /** The connection to the relay is lost, for a while perhaps; the pairing goes on when it is back. */
  | { readonly type: "lost" }
  | { readonly type: "resumed" }
  | RequestStatus
  | MetadataStatus
  | { readonly type: "approved" | "declined"; readonly by: "local" | "remote" }
  /** The authority has sent the authorization code. */
  | { readonly type: "authorized" }
  /** The supplicant exchanges the code for tokens. */
  | { readonly type: "redeeming" }
  | { readonly type: "complete" };

/** To the authority's user: who asks for what. */
export interface RequestStatus {
  readonly type: "request";
  readonly clientId: string;
  /** As the accounts server calls the client; null if it could not be asked. */
  readonly clientName: string | null;
  readonly scope: readonly string[];
  /** Reported by the relay, not proven. */
  readonly sender: Sender;
  /** With its hyphens. */
  readonly fingerprint: string;
  /** RFC 7638, SHA-256, base64url. */
  readonly jwkThumbprint: string | null;
}

/** To the supplicant's user: into which account this device would be signed in. */
export interface MetadataStatus {
  readonly type: "metadata";
  readonly email: string;
  readonly displayName: string | null;
  readonly deviceName: string | null;
  /** Reported by the relay, not proven. */
  readonly sender: Sender;
  /** Of our own request, with its hyphens. */
  readonly fingerprint: string;
}
