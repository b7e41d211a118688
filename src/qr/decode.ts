/**
 * Reads the QR codes in a picture that anybody may have sent. The search runs in a process of its own, which is killed
 * when its time is over: neither the decoders of images nor the readers of codes can be interrupted from within, and
 * both can be kept busy for very long by a small file made for it. This process meanwhile hears every Ctrl-C.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { FxaPairError } from "../lib/errors.ts";
import type { Clock } from "../lib/clock.ts";
import { parseFinding } from "./findings.ts";
import type { Finding, QrCode, Until } from "./findings.ts";
import { unreadable } from "./unreadable.ts";

export type { Point, QrCode, Until } from "./findings.ts";

export interface QrPicture {
  /** Each different text once, in the order found; never empty. Corners are pixels of the upright picture. */
  readonly codes: readonly QrCode[];
  /** How it was searched, for people: `looked at 640×480 in 4 ways`. */
  readonly looked: string;
  /** Whether the search came to its own end, and not to that of its time. */
  readonly isComplete: boolean;
}

export interface DecodeOptions {
  readonly clock: Clock;
  /** Aborting ends the search at once, with the signal's reason. */
  readonly signal: AbortSignal;
  /**
   * Milliseconds for a picture as a whole: the search ends somewhat earlier, with what was found by then, as a program
   * also has to start and to end.
   */
  readonly timeLimit?: number;
  /** What it takes to end before; `first` by default. */
  readonly until?: Until;
}

const DEFAULT_TIME_LIMIT = 5000;
/** Of it, what it takes to start this program on a slow machine, to read the file, and to end. */
const TIME_AROUND = 2000;
/** The same for those who allow hardly any time. */
const SHARE_AROUND = 0.4;

/** Beside this file, both in the sources and in the bundle. */
const PROGRAM = `./search-process${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;

/** Signals that a terminal sends to all of its processes. */
const INTERRUPTIONS: ReadonlySet<unknown> = new Set(["SIGINT", "SIGTERM", "SIGHUP"]);

/** How far a search came. */
interface Progress {
  size: string | undefined;
  looks: number;
  readonly codes: QrCode[];
}

/**
 * Reads every QR code in an image file (PNG, JPEG, WebP, GIF, TIFF, AVIF, SVG; the first frame, upright).
 *
 * Throws a {@link FxaPairError} `unreadable` when there is none, when the bytes are no image, damaged or cut off, when
 * the picture is too large (more than 64 MiB or 50 megapixels), or when nothing was found in time.
 */
export async function decodeQr(
  image: Uint8Array,
  options: DecodeOptions,
  start = startSearch,
): Promise<QrPicture> {
  const { clock, signal, timeLimit = DEFAULT_TIME_LIMIT, until = "first" } = options;
  signal.throwIfAborted();
  const child = start(image, until);
  const ended = endOf(child);
  let isLate = false;
  const kill = (): void => void child.kill("SIGKILL");
  const cancelTimer = clock.after(timeForSearch(timeLimit), () => {
    isLate = true;
    kill();
  });
  signal.addEventListener("abort", kill);
  const progress: Progress = { size: undefined, looks: 0, codes: [] };
  try {
    for await (const finding of findingsFrom(child)) follow(progress, finding);
    const failure = await ended;
    signal.throwIfAborted();
    return conclude(progress, isLate, failure);
  } finally {
    cancelTimer();
    signal.removeEventListener("abort", kill);
    kill();
  }
}

function timeForSearch(timeLimit: number): number {
  return timeLimit - Math.min(TIME_AROUND, timeLimit * SHARE_AROUND);
}

function startSearch(image: Uint8Array, until: Until): ChildProcess {
  const child = fork(fileURLToPath(new URL(PROGRAM, import.meta.url)), [until], {
    stdio: ["pipe", "pipe", "ignore", "ipc"],
  });
  child.stdin?.on("error", () => undefined); // it ended before it read everything
  child.stdin?.end(image);
  return child;
}

/** Resolves with what went wrong, or `undefined`, once the process is gone. */
async function endOf(child: ChildProcess): Promise<Error | undefined> {
  return new Promise((resolve) => {
    child.once("error", resolve); // it could not be started
    child.once("close", (status, signal) => {
      if (INTERRUPTIONS.has(signal)) resolve(new FxaPairError("interrupted", "Interrupted."));
      else
        resolve(status === 0 ? undefined : new Error(`the search ended by ${signal ?? status ?? "itself"}`));
    });
  });
}

async function* findingsFrom(child: ChildProcess): AsyncGenerator<Finding, void, undefined> {
  let rest = "";
  child.stdout?.setEncoding("utf8");
  for await (const text of child.stdout ?? []) {
    const lines = (rest + String(text)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield parseFinding(line);
  }
}

function follow(progress: Progress, finding: Finding): void {
  switch (finding.type) {
    case "picture":
      progress.size = `${finding.width}×${finding.height}`;
      break;
    case "look":
      progress.looks += 1;
      break;
    case "code": {
      const { text, corners, engine, rung, ms } = finding;
      progress.codes.push({ text, corners, engine, rung, ms });
      break;
    }
    case "refused":
      throw unreadable(finding.message, finding.hint);
  }
}

function conclude({ size, looks, codes }: Progress, isLate: boolean, failure: Error | undefined): QrPicture {
  const looked = `looked at ${size ?? "nothing"} in ${looks} way${looks === 1 ? "" : "s"}`;
  if (codes.length > 0) return { codes, looked, isComplete: !isLate };
  if (isLate) {
    throw unreadable(
      looks === 0 ? "reading the image takes too long" : `no QR code found in time (${looked})`,
      "Cut out the part with the QR code, make the picture smaller, or allow more time by --qr-timeout.",
    );
  }
  if (failure instanceof FxaPairError) throw failure;
  if (failure !== undefined) throw unreadable("the image cannot be decoded", undefined, failure);
  throw unreadable(
    `no QR code found (${looked})`,
    "Take the picture again: straight on, sharp, with the whole code and some white around it.",
  );
}
