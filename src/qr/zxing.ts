/**
 * The reader of zxing-cpp, as WebAssembly: the quickest of the three, and the one that reads most. Its program is a file
 * that is shipped beside this one; nothing is fetched.
 */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { ZXingReaderModule, ZXingReaderOptions } from "zxing-wasm/reader";
import type { FoundCode } from "./findings.ts";
import type { GreyPicture } from "./pixels.ts";

/** Every code it finds in a picture, in dark on light or the reverse; in the order of its search. */
export type ZxingReader = (picture: GreyPicture, binarizer: Binarizer) => readonly FoundCode[];

/** What counts as dark: less than the mean of the surroundings, or than the valley between the picture's two peaks. */
export type Binarizer = "LocalAverage" | "GlobalHistogram";

const WASM = "zxing_reader.wasm";

interface Instance {
  readonly module: ZXingReaderModule;
  readonly optionsFor: (binarizer: Binarizer) => ZXingReaderOptions;
  /** Also for ever after a call that was broken off: nobody knows in which state its memory is. */
  isBusy: boolean;
}

let loaded: Promise<Instance> | undefined;

/** Loads the program once; again only after a call was broken off. */
export async function loadZxingReader(): Promise<ZxingReader> {
  if (loaded !== undefined && (await loaded).isBusy) loaded = undefined;
  loaded ??= instantiate();
  const instance = await loaded;
  return (picture, binarizer) => (instance.isBusy ? [] : read(instance, picture, binarizer));
}

async function instantiate(): Promise<Instance> {
  const [zxing, wasm] = await Promise.all([import("zxing-wasm/reader"), readFile(wasmFile())]);
  zxing.purgeZXingModule();
  const wasmBinary = Uint8Array.from(wasm).buffer;
  const module = await zxing.prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
  return {
    module,
    optionsFor: (binarizer) => ({
      ...zxing.defaultReaderOptions,
      formats: zxing.encodeFormats(["QRCodeModel2"]),
      binarizer: zxing.BINARIZERS.indexOf(binarizer),
      textMode: zxing.TEXT_MODES.indexOf("Plain"),
      characterSet: zxing.CHARACTER_SETS.indexOf("Unknown"),
      eanAddOnSymbol: zxing.EAN_ADD_ON_SYMBOLS.indexOf("Ignore"),
    }),
    isBusy: false,
  };
}

/** In the bundle it lies beside the program, in the sources it is still in its package. */
function wasmFile(): string {
  return import.meta.url.endsWith(".ts")
    ? createRequire(import.meta.url).resolve(`zxing-wasm/reader/${WASM}`)
    : fileURLToPath(new URL(WASM, import.meta.url));
}

function read(instance: Instance, { width, height, pixels }: GreyPicture, binarizer: Binarizer): FoundCode[] {
  const { module } = instance;
  instance.isBusy = true;
  const memory = module._malloc(pixels.length); // one byte a pixel, as they are
  module.HEAPU8.set(pixels, memory);
  const results = module.readBarcodesFromPixmap(memory, width, height, instance.optionsFor(binarizer));
  module._free(memory);
  const codes: FoundCode[] = [];
  for (let index = 0; index < results.size(); index++) {
    const result = results.get(index);
    if (result === undefined || !result.isValid || result.text === "") continue;
    const { topLeft, topRight, bottomRight, bottomLeft } = result.position;
    codes.push({ text: result.text, corners: [topLeft, topRight, bottomRight, bottomLeft] });
  }
  instance.isBusy = false;
  return codes;
}
