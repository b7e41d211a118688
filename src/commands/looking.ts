/** A look at a picture for somebody who waits for it: what goes on is told, and a failure says which picture it was. */
import { FxaPairError } from "../lib/errors.ts";
import { decodeQr } from "../qr/decode.ts";
import type { QrPicture, Until } from "../qr/decode.ts";
import { imageName } from "../qr/images.ts";
import { displayText } from "../ui/safe-text.ts";
import type { Run } from "./setup.ts";
import { readPicture } from "./standard-input.ts";

export interface LookOptions {
  /** What ends the search. */
  readonly until: Until;
  /** Milliseconds for one picture, once it was read. */
  readonly qrTimeout: number;
}

/** Milliseconds without a word that nobody takes for a standstill. */
const SILENCE = 500;

/**
 * The QR codes in one picture: in a file, a `data:` URL or standard input (`-`).
 *
 * @throws FxaPairError `unreadable`, with the picture's name, when there is none; the interruption.
 */
export async function lookAt(source: string, options: LookOptions, run: Run): Promise<QrPicture> {
  const { reporter, signal, environment } = run;
  const { clock } = environment;
  const name = displayText(imageName(source));
  try {
    const image = await readPicture(source, run);
    const cancel = clock.after(SILENCE, () => {
      reporter.progress(`Looking for a QR code in ${name}…`);
    });
    try {
      const { until, qrTimeout: timeLimit } = options;
      return await decodeQr(image, { clock, signal, until, timeLimit });
    } finally {
      cancel();
    }
  } catch (error) {
    throw naming(name, error);
  }
}

/**
 * The same failure, which says where it was, too, if that is what it takes to understand it: with `unreadable`.
 *
 * @param where for people; safe to show
 */
export function naming(where: string, error: unknown): unknown {
  if (!isUnreadable(error)) return error;
  const { message, hint, details, cause } = error;
  return new FxaPairError("unreadable", `${where}: ${message}`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details }),
  });
}

/**
 * What `look` gives for each picture that it does not fail for. With a single picture its failure is the whole one's; of
 * several each is told, and it takes all of them to fail.
 *
 * @param missing what none of them shows then: "a QR code"
 * @throws FxaPairError `unreadable` when all fail; whatever else `look` throws.
 */
export async function lookAtEach<Seen>(
  sources: readonly string[],
  look: (source: string) => Promise<Seen>,
  missing: string,
  run: Run,
): Promise<Seen[]> {
  const seen: Seen[] = [];
  const failures: string[] = [];
  for (const source of sources) {
    try {
      seen.push(await look(source));
    } catch (error) {
      if (!isUnreadable(error) || sources.length === 1) throw error;
      run.reporter.warn(error.message);
      failures.push(error.message);
    }
  }
  if (seen.length > 0) return seen;
  throw new FxaPairError("unreadable", `None of the ${sources.length} pictures shows ${missing}.`, {
    hint: "What is wrong with each of them is told above.",
    details: { failures },
  });
}

function isUnreadable(error: unknown): error is FxaPairError {
  return error instanceof FxaPairError && error.code === "unreadable";
}
