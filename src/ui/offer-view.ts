/** A pairing URL as it is shown: what there is to see, and what the user can have done with it meanwhile. */
import type { TerminalCapabilities } from "../qr/capabilities.ts";
import type { QrForm } from "../qr/drawing.ts";

/** What is shown to the other device's user: one of these, for a channel carries one. */
export type OfferView = UrlOfferView;

/** A pairing URL, and the QR code that is the same. */
export interface UrlOfferView {
  readonly kind: "url";
  readonly url: string;
  readonly channelId: string;
  /** RFC 3339, or null for a channel without an end. */
  readonly expiresAt: string | null;
  /** The same moment on `Clock.now()`. */
  readonly endsAt: number | null;
  readonly drawing: DrawingChoice;
  /** Files that hold it already: then it is in no other place, save in the events of `--json` that may have it. */
  readonly urlFile?: string | undefined;
  readonly pictureFile?: string | undefined;
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
