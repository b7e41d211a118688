/** A pairing URL drawn on a terminal once, for people who get lines: the QR code where it fits, and the URL below it. */
import { stripVTControlCharacters } from "node:util";
import { qrTerminal } from "../qr/terminal.ts";
import type { TerminalQrOptions } from "../qr/terminal.ts";
import type { DrawingChoice, OfferView } from "./offer-view.ts";
import type { Reporter } from "./reporter.ts";
import type { OutputStream } from "./streams.ts";

/** @param reporter hears why a code is not drawn */
export async function drawOffer(
  { url, drawing: choice }: OfferView,
  terminal: OutputStream,
  reporter: Pick<Reporter, "warn">,
): Promise<void> {
  if (choice.form !== "none") {
    const drawing = await qrTerminal(url, drawingOptions(choice));
    const problem = choice.form === "auto" ? misfit(drawing, terminal) : undefined;
    if (problem === undefined) terminal.write(`${drawing}\n`);
    else reporter.warn(`${problem}: enlarge it, use --qr-out code.png, or copy the URL.`);
  }
  terminal.write(`${url}\n`);
}

function drawingOptions({ form, color, invert }: DrawingChoice): TerminalQrOptions {
  if (form === "ascii") return { small: false, color: false, invert };
  return { small: form !== "full", color, invert };
}

/** Why a drawing would not fit the window; `undefined` when it does, or nobody knows. */
function misfit(drawing: string, { columns, rows }: OutputStream): string | undefined {
  const lines = stripVTControlCharacters(drawing).split("\n");
  const width = Math.max(...lines.map((line) => line.length));
  if (columns === undefined || rows === undefined) return undefined;
  if (width <= columns && lines.length < rows) return undefined;
  return `the QR code needs ${width}×${lines.length + 1} and this window is ${columns}×${rows}`;
}
