/** What this terminal can show: its size, colours, characters, and which forms of a QR code fit. */
import { chooseDrawing } from "../../qr/drawing.ts";
import type { TerminalCapabilities } from "../../qr/capabilities.ts";
import type { CellForm } from "../../qr/cells.ts";
import { displayText } from "../../ui/safe-text.ts";
import { fine, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";

export interface TerminalFacts {
  /** Whether questions can be asked: keys are read from and words are seen on a terminal. */
  readonly interactive: boolean;
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /** `TERM`. */
  readonly kind: string | undefined;
  readonly color: boolean;
  readonly capabilities: TerminalCapabilities;
  /** Cells that a block character takes, as measured; undefined where the terminal did not say. */
  readonly blockWidth: number | undefined;
}

const FORMS: readonly CellForm[] = ["half", "full", "ascii"];

/** Rows that a screen needs besides the code. */
const ROWS_BELOW = 2;

/** @param url one as long as those that will be shown */
export async function checkTerminal(terminal: TerminalFacts, url: string): Promise<Finding> {
  const { interactive, columns, rows, color, capabilities, blockWidth } = terminal;
  if (!interactive) {
    return fine("Not a terminal: nothing can be asked here, and host and join need --yes.", { interactive });
  }
  const kind = displayText(terminal.kind ?? "unknown", 40);
  const details = {
    interactive,
    columns: columns ?? null,
    rows: rows ?? null,
    kind,
    color,
    unicode: capabilities.unicode,
    blockWidth: blockWidth ?? null,
  };
  if (columns === undefined || rows === undefined || columns === 0 || rows === 0) {
    return warning("The terminal does not tell its size.", "Set it by stty rows 24 cols 80.", details);
  }
  const size = `${columns}×${rows}`;
  if (kind === "dumb" || kind === "unknown") {
    return warning(
      `The terminal is of no known kind (TERM: ${kind}).`,
      "Nothing is drawn; set TERM if it can more.",
      details,
    );
  }
  if (blockWidth !== undefined && blockWidth !== 1) {
    const hint = "Use --qr ascii, or have the terminal draw ambiguous characters narrow.";
    return warning(`Block characters are ${blockWidth} cells wide here: QR codes would tear.`, hint, details);
  }
  const drawings = await Promise.all(
    FORMS.map(async (form) => {
      const room = { columns, rows: Math.max(0, rows - ROWS_BELOW), window: { columns, rows } };
      const drawing = await chooseDrawing(url, { ...room, form, color, invert: false, capabilities });
      return { form, drawing };
    }),
  );
  const fitting = drawings.filter(({ drawing }) => drawing.kind === "cells").map(({ form }) => form);
  const found = { ...details, fitting };
  if (fitting.length === 0) {
    return warning(`No QR code fits this window of ${size}.`, "Enlarge it, or use --qr-out code.png.", found);
  }
  const words = [size, kind, color ? "colours" : "no colours"].join(", ");
  const missing = FORMS.filter((form) => !fitting.includes(form));
  const rest = missing.length === 0 ? "" : `; not ${missing.join(" and ")}`;
  return fine(`${words}; QR codes fit as ${fitting.join(", ")}${rest}.`, found);
}
