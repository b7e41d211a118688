/** Text and pictures from standard input: bounded, and given up when the run is interrupted. */
import { FxaPairError } from "../lib/errors.ts";
import { readImage } from "../qr/images.ts";
import { untilInterrupted } from "./setup.ts";
import type { Run } from "./setup.ts";

/** Far more than any URL, password or token. */
const MAX_CHARACTERS = 16_384;
const READING = "Reading standard input…";

/**
 * Everything on standard input, as UTF-8.
 *
 * @throws FxaPairError `usage` when there is more than 16,384 characters; the interruption.
 */
export async function readStandardInput(run: Run): Promise<string> {
  run.reporter.progress(READING);
  return untilInterrupted(readBounded(run), run, () => undefined);
}

/**
 * A picture, from a file, a `data:` URL or standard input (`-`).
 *
 * @throws FxaPairError `unreadable`; the interruption.
 */
export async function readPicture(source: string, run: Run): Promise<Uint8Array> {
  if (source === "-") run.reporter.progress(READING);
  return untilInterrupted(readImage(source, run.environment.streams.stdin), run, () => undefined);
}

async function readBounded(run: Run): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of run.environment.streams.stdin) {
    text += chunk instanceof Uint8Array ? decoder.decode(chunk, { stream: true }) : String(chunk);
    if (text.length <= MAX_CHARACTERS) continue;
    throw new FxaPairError("usage", "There is far too much on standard input.", {
      hint: "Write only what was asked for to it.",
    });
  }
  return text + decoder.decode();
}
