/** `--copy` and the key `c`: the pairing URL onto the clipboard, and saying so (security S6). */
import { copiedInWords, copySequence, multiplexerOf } from "../ui/clipboard.ts";
import type { Run } from "./setup.ts";

/** Whether there is a terminal, and one that knows control sequences. */
export function canCopy({ environment }: Run): boolean {
  return environment.streams.stderr.isTTY === true && environment.variables.TERM !== "dumb";
}

/** Only for a user who asked for it. */
export function copyToClipboard(url: string, run: Run): void {
  if (!canCopy(run)) {
    run.reporter.warn("nothing was copied: that needs a terminal which understands it.");
    return;
  }
  const multiplexer = multiplexerOf(run.environment.variables);
  run.environment.streams.stderr.write(copySequence(url, multiplexer));
  for (const sentence of copiedInWords(multiplexer)) run.reporter.say(sentence);
}
