/** How wide a terminal draws characters: it is asked where the cursor is after them. */
import type { Clock } from "../lib/clock.ts";
import { FxaPairError } from "../lib/errors.ts";
import { canAsk } from "./streams.ts";
import type { Streams } from "./streams.ts";

/** Milliseconds in which any terminal has answered, also far away; some never do. */
const PATIENCE = 1_000;
/** DSR 6 of ECMA-48 §8.3.35: "report the active position", answered by CPR. */
const WHERE = "\u001b[6n";
const ANSWER = new RegExp(`\u001b\\[\\d+;(\\d+)R`);
const CTRL_C = "\u0003";
const ERASE = "\r\u001b[K";

/**
 * Cells that `text` takes at the start of a line, which is erased again; undefined where the terminal does not tell.
 *
 * @throws FxaPairError `interrupted` for Ctrl-C
 */
export function measureWidth(text: string, streams: Streams, clock: Clock): Promise<number | undefined> {
  const { stdin, stderr } = streams;
  if (!canAsk(streams)) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    let heard = "";
    const leave = () => {
      cancel();
      stdin.off("data", onBytes).off("end", onEnd).off("error", onEnd);
      stdin.setRawMode?.(false);
      stdin.pause();
      stderr.write(ERASE);
    };
    const onEnd = () => {
      leave();
      resolve(undefined);
    };
    const cancel = clock.after(PATIENCE, onEnd);
    const onBytes = (bytes: Buffer | string) => {
      heard += bytes.toString();
      const column = ANSWER.exec(heard)?.[1];
      if (column === undefined && !heard.includes(CTRL_C)) return;
      leave();
      if (column === undefined) reject(new FxaPairError("interrupted", "Interrupted."));
      else resolve(Number(column) - 1);
    };
    stdin.setRawMode?.(true);
    stdin.on("data", onBytes).on("end", onEnd).on("error", onEnd);
    stdin.resume();
    stderr.write(`\r${text}${WHERE}`);
  });
}
