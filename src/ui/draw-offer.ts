/** A pairing URL drawn on a terminal once, for people who get lines: the URL, and the QR code below it where it fits. */
import { chooseDrawing } from "../qr/drawing.ts";
import type { UrlOfferView } from "./offer-view.ts";
import type { Reporter } from "./reporter.ts";
import type { OutputStream } from "./streams.ts";

/** Below the code: a sentence, and the cursor. What is above scrolls away. */
const LINES_BELOW = 2;

/** @param reporter hears why a code is not drawn */
export async function drawOffer(
  { url, drawing: choice }: UrlOfferView,
  terminal: OutputStream,
  reporter: Pick<Reporter, "warn">,
): Promise<void> {
  terminal.write(`${url}\n`);
  const { columns, rows } = terminal;
  const window = columns === undefined || rows === undefined ? undefined : { columns, rows };
  const room = { columns, rows: rows === undefined ? undefined : Math.max(0, rows - LINES_BELOW), window };
  // Nothing would take a picture away again.
  const capabilities = { ...choice.capabilities, image: undefined };
  const drawing = await chooseDrawing(url, { ...choice, ...room, capabilities });
  if (drawing.kind !== "none") terminal.write(`${drawing.lines.join("\n")}\n`);
  else if (drawing.reason !== undefined) reporter.warn(`${drawing.reason}, or copy the URL.`);
}
