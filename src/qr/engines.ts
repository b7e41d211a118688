/** The three readers in one form, each loaded when it is first needed, and each bounded in time. */
import { Script, createContext } from "node:vm";
import type { EngineName, FoundCode } from "./findings.ts";
import { paintOver } from "./painting.ts";
import type { GreyPicture } from "./pixels.ts";
import { loadJsqrReader, loadQrReader } from "./readers.ts";
import type { QrReader } from "./readers.ts";
import { loadZxingReader } from "./zxing.ts";
import type { Binarizer } from "./zxing.ts";

/** Every code found in a picture, which may be painted on meanwhile. */
export type Engine = (picture: GreyPicture, binarizer: Binarizer) => readonly FoundCode[];

/** One picture of many codes must not cost a look for each. */
const MAX_CODES = 8;

/** An engine whose looks find nothing when they take longer than `timeLimit` milliseconds. */
export async function loadEngine(name: EngineName, timeLimit: number): Promise<Engine> {
  switch (name) {
    case "zxing": {
      const read = await loadZxingReader();
      return (picture, binarizer) => within(timeLimit, () => read(picture, binarizer)) ?? [];
    }
    case "qr":
      return oneByOne(await loadQrReader(), timeLimit);
    case "jsqr":
      return oneByOne(await loadJsqrReader(), timeLimit);
  }
}

function oneByOne(read: QrReader, timeLimit: number): Engine {
  return (picture) => {
    const codes: FoundCode[] = [];
    while (codes.length < MAX_CODES) {
      const found = within(timeLimit, () => read(picture));
      if (found === undefined) break;
      paintOver(picture, found.corners);
      codes.push(found);
    }
    return codes;
  };
}

const sandbox: { run: () => void } = { run: () => undefined };
const context = createContext(sandbox);
const script = new Script("run()");

/** `undefined` when it takes longer. Only the machine that runs a computation can stop it, WebAssembly included. */
function within<Result>(timeLimit: number, compute: () => Result): Result | undefined {
  let result: Result | undefined;
  sandbox.run = () => {
    result = compute();
  };
  try {
    script.runInContext(context, { timeout: timeLimit });
  } catch (error) {
    if (!isTimeout(error)) throw error;
  }
  return result;
}

/** Not an `Error` of this context. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === "object" &&
    error !== null &&
    "code" in error &&
    error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
  );
}
