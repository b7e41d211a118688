/**
 * QR codes as pictures on a terminal, where it can show some: a picture needs less room than characters. Each is made of lines
 * like any drawing. The last one holds the picture, so that no line that is written after it wipes a part of it.
 */
import type { ImageCapability } from "./capabilities.ts";
import type { Modules } from "./modules.ts";
import { modulesPng } from "./png.ts";
import { encodeSixel } from "./sixel.ts";

/** A picture for a terminal, in cells. */
export interface TerminalImage {
  readonly lines: readonly string[];
  readonly width: number;
  readonly height: number;
  /** Written before anything else takes its place: takes it from the screen, and out of the terminal's memory. */
  readonly erase: string;
}

const QUIET_ZONE = 4;
/** Fewer are hard to tell apart even from near. */
const LEAST_PIXELS_PER_MODULE = 3;
/** What a cell is taken for where the terminal scales, and does not tell. */
const USUAL_CELL = { width: 8, height: 16 };
/** Pixels of a module where the terminal scales: about as many as it will make of them. */
const PNG_SCALE = 8;
/** More is no help: about what a code of half blocks takes. */
const MOST_ROWS = 25;

const ESC = "\u001b";
const STRING_END = `${ESC}\\`;
/** Any number of our own; showing the same one again replaces it. */
const KITTY_ID = 1_718_641_010;
/** Bytes of base64 that one command of the kitty protocol may hold. */
const KITTY_CHUNK = 4096;

/** The largest picture within `columns` × `rows` cells; `undefined` when that is too small. */
export function drawImage(
  modules: Modules,
  { columns, rows }: { readonly columns: number; readonly rows: number },
  image: ImageCapability,
  invert: boolean,
): TerminalImage | undefined {
  const cell = image.cell ?? USUAL_CELL;
  const side = modules.length + 2 * QUIET_ZONE;
  const room = Math.min(columns * cell.width, Math.min(rows, MOST_ROWS) * cell.height);
  const scale = Math.floor(room / side);
  if (scale < LEAST_PIXELS_PER_MODULE) return undefined;
  // A terminal that scales fills whole cells; one that does not gets whole pixels.
  const pixels = image.protocol === "sixel" ? scale * side : room;
  const height = Math.ceil(pixels / cell.height);
  const width = Math.ceil(pixels / cell.width);
  return {
    lines: inPlace(sequenceFor(modules, image.protocol, { width, height, scale, invert }), width, height),
    width,
    height,
    erase: image.protocol === "kitty" ? `${ESC}_Ga=d,d=I,i=${KITTY_ID},q=2${STRING_END}` : "",
  };
}

interface Size {
  readonly width: number;
  readonly height: number;
  readonly scale: number;
  readonly invert: boolean;
}

function sequenceFor(modules: Modules, protocol: ImageCapability["protocol"], size: Size): string {
  if (protocol === "sixel") return encodeSixel(modules, { ...size, quietZone: QUIET_ZONE });
  const png = modulesPng(modules, { quietZone: QUIET_ZONE, scale: PNG_SCALE, invert: size.invert });
  return protocol === "kitty" ? kitty(png, size) : iterm2(png, size);
}

/** https://sw.kovidgoyal.net/kitty/graphics-protocol: shown over that many cells, nothing answered, the cursor left alone. */
function kitty(png: Buffer, { width, height }: Size): string {
  const chunks = png.toString("base64").match(new RegExp(`.{1,${KITTY_CHUNK}}`, "g")) ?? [];
  return chunks
    .map((chunk, index) => {
      const first = index === 0 ? `a=T,f=100,i=${KITTY_ID},p=1,q=2,C=1,c=${width},r=${height},` : "";
      return `${ESC}_G${first}m=${index + 1 < chunks.length ? 1 : 0};${chunk}${STRING_END}`;
    })
    .join("");
}

/** https://iterm2.com/documentation-images.html */
function iterm2(png: Buffer, { width, height }: Size): string {
  const how = `inline=1;size=${png.length};width=${width};height=${height};preserveAspectRatio=1`;
  return `${ESC}]1337;File=${how}:${png.toString("base64")}\u0007`;
}

/** Blank lines; the last one goes back up to the picture's corner, and then to where it was. */
function inPlace(sequence: string, width: number, height: number): string[] {
  const blank = " ".repeat(width);
  const up = height > 1 ? `${ESC}[${height - 1}A` : "";
  const last = `${blank}${ESC}7${ESC}[${width}D${up}${sequence}${ESC}8`;
  return [...Array<string>(height - 1).fill(blank), last];
}
