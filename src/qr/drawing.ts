/**
 * How the QR code is drawn on a terminal: in the first form of a ladder that fits the window and can be read back from
 * what the terminal will show. A code that would not scan is never given out.
 *
 *     const draw = await prepareDrawing(url);
 *     draw({ columns: 80, rows: 24, … })  // again on each resize, at no cost
 */
import type { ImageCapability, TerminalCapabilities } from "./capabilities.ts";
import { CELLS_PER_MODULE, drawCells } from "./cells.ts";
import type { CellForm, CellStyle, QuietZone } from "./cells.ts";
import { modulesPicture, terminalModules } from "./modules.ts";
import type { Modules } from "./modules.ts";
import { rasterize, STROKES_WIDTHS } from "./raster.ts";
import type { Theme } from "./raster.ts";
import { loadQrReader } from "./readers.ts";
import { drawImage } from "./terminal-images.ts";
import type { TerminalImage } from "./terminal-images.ts";

export type QrForm = "auto" | CellForm | "none";

/** In cells. */
export interface Extent {
  readonly columns: number;
  readonly rows: number;
}

export interface DrawingRequest {
  /** What the drawing may take; `undefined` where nobody knows, and anything fits. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /** The whole window, where the drawing may take a part of it only: what is said of sizes is about the window. */
  readonly window?: Extent | undefined;
  readonly form: QrForm;
  /** White and black may be set by escape sequences. */
  readonly color: boolean;
  /** Light modules dark and the reverse. */
  readonly invert: boolean;
  readonly capabilities: TerminalCapabilities;
  /** Whether there is a key `p` that writes a picture, to be named as a way out. */
  readonly pictureKey?: boolean;
}

export interface CellDrawing {
  readonly kind: "cells";
  /** Each starts and ends in the default colours; `width` cells wide. */
  readonly lines: readonly string[];
  readonly width: number;
  readonly height: number;
  readonly form: CellForm;
}

export interface NoDrawing {
  readonly kind: "none";
  /** Why, and what the user can do: no capital at the start, no full stop. `undefined` when none was asked for. */
  readonly reason: string | undefined;
}

/** A picture in a protocol of the terminal's; its lines are placed like those of {@link CellDrawing}. */
export interface ImageDrawing extends TerminalImage {
  readonly kind: "image";
  readonly form: ImageCapability["protocol"];
}

export type Drawing = CellDrawing | ImageDrawing | NoDrawing;

/** What ISO/IEC 18004 asks for. */
const FULL_QUIET_ZONE = 4;
/** The least that readers were seen to manage on any ground; see the tests. */
const LEAST_QUIET_ZONE = 1;

/** The two kinds of terminals there are, for what is around the drawing (and for all of it without colours). */
const DARK: Theme = { foreground: 0xd0, background: 0x18 };
const LIGHT: Theme = { foreground: 0x30, background: 0xf0 };
/** Pixels of the raster: a module is four wide, as in a small photo. */
const PIXELS_PER_MODULE = 4;
const MARGIN = 4;

/** How wide cells are in the pictures that are looked at. Strokes are tried from near and from a bit further off. */
function cellWidths({ form, color }: CellStyle): readonly number[] {
  if (form === "ascii" && !color) return STROKES_WIDTHS;
  return [PIXELS_PER_MODULE / CELLS_PER_MODULE[form].columns];
}

/** Draws `text` (ASCII) once: {@link prepareDrawing}. */
export async function chooseDrawing(text: string, request: DrawingRequest): Promise<Drawing> {
  return (await prepareDrawing(text))(request);
}

/** Loads and computes what all drawings of `text` have in common. Throws when no QR code can hold it. */
export async function prepareDrawing(text: string): Promise<(request: DrawingRequest) => Drawing> {
  const [modules, reader] = await Promise.all([terminalModules(text), loadQrReader()]);
  const checked = new Map<string, readonly string[] | undefined>();

  /** The lines of a drawing that can be read; each kind is looked at once. */
  const cells = (style: CellStyle, themes: readonly Theme[]): readonly string[] | undefined => {
    const key = JSON.stringify([style, themes]);
    if (checked.has(key)) return checked.get(key);
    const lines = drawCells(modules, style);
    const widths = cellWidths(style);
    const scans = themes.every((theme) =>
      widths.every((width) => reader(rasterize(lines, theme, width, MARGIN))?.text === text),
    );
    checked.set(key, scans ? lines : undefined);
    return checked.get(key);
  };
  const images = new Map<string, TerminalImage | undefined>();
  const draws: Draws = {
    cells,
    image(room, capability, invert) {
      const key = JSON.stringify([room, capability, invert]);
      if (images.has(key)) return images.get(key);
      const scans = reader(modulesPicture(modules))?.text === text;
      const image = scans ? drawImage(modules, room, capability, invert) : undefined;
      images.set(key, image);
      return image;
    },
  };
  return (request) => climb(modules, request, draws);
}

/** Both give what can be read back only. */
interface Draws {
  cells(style: CellStyle, themes: readonly Theme[]): readonly string[] | undefined;
  image(room: Extent, capability: ImageCapability, invert: boolean): TerminalImage | undefined;
}

function climb(modules: Modules, request: DrawingRequest, draws: Draws): Drawing {
  const forms = formsFor(request);
  if (forms.length === 0) return { kind: "none", reason: undefined };
  const { color, capabilities } = request;
  const invert = request.invert !== (!color && capabilities.background === "light");
  const themes = themesFor(request, invert);
  const fitting = [
    ...forms.map((form) => ({
      form,
      quietZone: quietZoneIn(modules.length, form, request, FULL_QUIET_ZONE),
    })),
    ...forms.map((form) => ({
      form,
      quietZone: quietZoneIn(modules.length, form, request, LEAST_QUIET_ZONE),
    })),
  ];
  for (const { form, quietZone } of fitting) {
    if (quietZone === undefined) continue;
    const lines = draws.cells({ form, quietZone, color, invert }, themes);
    if (lines === undefined) continue;
    const { columns, rows } = extentOf(modules.length, form, quietZone);
    return { kind: "cells", lines, width: columns, height: rows, form };
  }
  return imageIn(request, draws) ?? { kind: "none", reason: reasonFor(modules.length, forms, request) };
}

/** For who named no form, where characters need more room than there is. */
function imageIn(request: DrawingRequest, draws: Draws): ImageDrawing | undefined {
  const { form, invert, columns, rows, capabilities } = request;
  const { image } = capabilities;
  if (form !== "auto" || image === undefined || columns === undefined || rows === undefined) return undefined;
  const drawn = draws.image({ columns, rows }, image, invert);
  return drawn && { kind: "image", form: image.protocol, ...drawn };
}

/**
 * The surroundings that make it hardest. With colours these are the ones unlike the quiet zone; others only make it wider.
 * Without, it is the terminal there is, or may be.
 */
function themesFor(
  { color, capabilities: { background } }: DrawingRequest,
  invert: boolean,
): readonly Theme[] {
  if (color) return [invert ? LIGHT : DARK];
  if (background === undefined) return [DARK, LIGHT];
  return [background === "dark" ? DARK : LIGHT];
}

/** Smallest first, without what the terminal cannot show. Who names a form knows better. */
function formsFor({ form, color, capabilities }: DrawingRequest): readonly CellForm[] {
  if (form === "none") return [];
  if (form !== "auto") return [form];
  if (!capabilities.unicode) return ["ascii"];
  return color ? ["half", "full", "ascii"] : ["half", "ascii"];
}

/** The widest quiet zone up to the full one that leaves room for the code; `undefined` below `least`. */
function quietZoneIn(
  side: number,
  form: CellForm,
  { columns = Infinity, rows = Infinity }: DrawingRequest,
  least: number,
): QuietZone | undefined {
  const { columns: width, modulesPerLine } = CELLS_PER_MODULE[form];
  const beside = Math.min(FULL_QUIET_ZONE, Math.floor((Math.floor(columns / width) - side) / 2));
  const above = Math.min(FULL_QUIET_ZONE, Math.floor((rows * modulesPerLine - side) / 2));
  return beside < least || above < least ? undefined : { beside, above };
}

function extentOf(side: number, form: CellForm, { beside, above }: QuietZone): Extent {
  const { columns, modulesPerLine } = CELLS_PER_MODULE[form];
  return { columns: (side + 2 * beside) * columns, rows: Math.ceil((side + 2 * above) / modulesPerLine) };
}

/** What the window would have to be for the smallest form, and the other ways out. */
function reasonFor(side: number, forms: readonly CellForm[], request: DrawingRequest): string {
  const { columns, rows, form, pictureKey = false } = request;
  const least = { beside: LEAST_QUIET_ZONE, above: LEAST_QUIET_ZONE };
  const [smallest = "half"] = forms;
  const needed = extentOf(side, smallest, least);
  const wayOut = pictureKey ? "press p to write a PNG" : "use --qr-out code.png";
  if (columns === undefined || rows === undefined || (columns >= needed.columns && rows >= needed.rows)) {
    return `the QR code could not be read back from what this terminal would show: ${wayOut}`;
  }
  const window = request.window ?? { columns, rows };
  const width = needed.columns + window.columns - columns;
  const height = needed.rows + window.rows - rows;
  const smaller = form === "full" || form === "ascii" ? ", draw it with --qr half" : "";
  return `the QR code needs ${width}×${height}, this window is ${window.columns}×${window.rows}: enlarge it${smaller} or ${wayOut}`;
}
