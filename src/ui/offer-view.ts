/** What is shown to the other device's user, and what the user here can have done with it meanwhile. */
import type { TerminalCapabilities } from "../qr/capabilities.ts";
import type { QrForm } from "../qr/drawing.ts";

/** One of these: a channel carries a QR code or a code to type, never both. */
export type OfferView = UrlOfferView | CodeOfferView;

export type OfferKind = OfferView["kind"];

/** Whose user takes it there. */
export type OfferReader = "newDevice" | "signedInDevice";

interface OfferedChannel {
  readonly channelId: string;
  /** RFC 3339, or null for a channel without an end. */
  readonly expiresAt: string | null;
  /** The same moment on `Clock.now()`. */
  readonly endsAt: number | null;
}

/** A pairing URL, and the QR code that is the same. */
export interface UrlOfferView extends OfferedChannel {
  readonly kind: "url";
  readonly reader: OfferReader;
  readonly url: string;
  readonly drawing: DrawingChoice;
  /** Files that hold it already: then it is in no other place, save in the events of `--json` that may have it. */
  readonly urlFile?: string | undefined;
  readonly pictureFile?: string | undefined;
}

/** A code to type. */
export interface CodeOfferView extends OfferedChannel {
  readonly kind: "code";
  /** As in `12-apple-river-stone`. */
  readonly code: string;
}

/** How the QR code is to be drawn. */
export interface DrawingChoice {
  readonly form: QrForm;
  /** Dark and light exchanged. */
  readonly invert: boolean;
  readonly color: boolean;
  readonly capabilities: TerminalCapabilities;
}

/** What a key can do while an offer is shown; the key of one that is left out is not offered. */
export interface OfferActions {
  /** Replaces the offer by a fresh one. */
  readonly renew?: (() => void) | undefined;
  /** Replaces it by a fresh one of the other kind. */
  readonly switchKind?: (() => void) | undefined;
  /** Puts the URL on the clipboard. */
  readonly copy?: (() => void) | undefined;
  /** Writes the QR code as a picture that only this user can read; resolves to its path. */
  readonly writePicture?: (() => Promise<string>) | undefined;
  readonly quit?: (() => void) | undefined;
}

export interface OfferHandle {
  /** A device has used it: it leaves the screen. */
  connected(): void;
  /** It is no longer good: it leaves the screen. May be called again, and after {@link connected}. */
  withdraw(): void;
}
