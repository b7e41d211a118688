import { FxaPairError } from "../lib/errors.ts";

const HINT = "Give a PNG, JPEG, WebP, GIF, TIFF, AVIF or SVG picture that shows the QR code.";

/** The error for every picture that cannot be used. */
export function unreadable(message: string, hint = HINT, cause?: unknown): FxaPairError {
  return new FxaPairError("unreadable", message, { hint, cause });
}
