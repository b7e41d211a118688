/**
 * QR codes as files: ISO/IEC 18004, error correction level L, byte mode. A pairing URL of the release server needs
 * version 6 (41 × 41 modules).
 *
 *     qrSvg("https://…/pair#channel_id=…&channel_key=…")  // <svg …>…</svg>, 392 × 392 pixels
 */
import { encodeQR } from "qr";

/** Light modules on each side of a picture; the standard asks for four. */
const QUIET_ZONE = 4;
/** Pixels per module: sharp on a phone's camera at arm's length, and still small as a file. */
const MODULE_PIXELS = 8;

/**
 * The modules of `text`'s QR code, row by row, `true` for dark, without a quiet zone. Throws when the text is too long
 * for any version (2,953 bytes).
 */
export function qrMatrix(text: string): boolean[][] {
  const bordered = encodeQR(text, "raw", { ecc: "low", border: 1 });
  return bordered.slice(1, -1).map((row) => row.slice(1, -1));
}

/** An SVG document: dark on white with the full quiet zone, 8 pixels a module. */
export function qrSvg(text: string): string {
  const matrix = qrMatrix(text);
  const side = matrix.length + 2 * QUIET_ZONE;
  const pixels = side * MODULE_PIXELS;
  const path = matrix.map((row, y) => darkRuns(row, y + QUIET_ZONE)).join("");
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${pixels}" height="${pixels}" viewBox="0 0 ${side} ${side}" ` +
    `shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${side}v${side}H0z"/><path d="${path}"/></svg>\n`
  );
}

/** One closed rectangle for each run of dark modules in a row. */
function darkRuns(row: readonly boolean[], y: number): string {
  const modules = row.map((dark) => (dark ? "#" : " ")).join("");
  return Array.from(modules.matchAll(/#+/g), (run) => {
    const length = run[0].length;
    return `M${run.index + QUIET_ZONE} ${y}h${length}v1h-${length}z`;
  }).join("");
}

/** A PNG file, one bit a pixel: dark on white with the full quiet zone, 8 pixels a module. */
export async function qrPng(text: string): Promise<Uint8Array> {
  const { modulesPng } = await import("./png.ts");
  return modulesPng(qrMatrix(text), { quietZone: QUIET_ZONE, scale: MODULE_PIXELS });
}
