/** Asks on a terminal for the code of the other device, in whatever form it is at hand, until it can be used. */
import { homedir } from "node:os";
import { FxaPairError } from "../lib/errors.ts";
import { parsePairingUrl } from "../pairing/pairing-url.ts";
import type { PairingUrl } from "../pairing/pairing-url.ts";
import { parseTypedCode } from "../pairing/typed-code.ts";
import type { TypedCode } from "../pairing/typed-code.ts";
import type { PasteQuestion, Prompter } from "../ui/prompt.ts";
import { displayText } from "../ui/safe-text.ts";
import { CODE_QUESTION } from "./code-question.ts";
import { pairingUrlAmong, pairingUrlInPictures } from "./picture-source.ts";
import type { PictureOptions } from "./picture-source.ts";
import type { Run } from "./setup.ts";
import { parseTypedSource } from "./typed-source.ts";
import type { TypedSource } from "./typed-source.ts";

/** What leads to the other device. */
export type PairingSource =
  { readonly kind: "url"; readonly url: PairingUrl } | { readonly kind: "code"; readonly code: TypedCode };

/** What is asked for, in words. */
export interface Asking {
  readonly question: PasteQuestion;
  /** What to do after an empty answer. */
  readonly whenNothing: string;
  /** Whether a code to type is an answer, too. */
  readonly takesCodes: boolean;
}

const TO_JOIN: Asking = {
  question: CODE_QUESTION,
  whenNothing:
    "Run fxa-pair host on the signed-in device, and fxa-pair join again here; or give --qr <picture>.",
  takesCodes: true,
};

const PICTURES_AND_URLS =
  "pairing URL begins with https:// and contains channel_id; pictures are PNG, JPEG, WebP, GIF, TIFF, AVIF or SVG files.";

/**
 * Asks a new device's user for a pairing URL or a code to type; again after whatever cannot be read, and says why.
 *
 * @throws FxaPairError `usage` after an empty answer or the end of input; what `parsePairingUrl` throws for a URL that is
 *   for another command; the interruption.
 */
export async function askForSource(
  prompter: Prompter,
  options: PictureOptions,
  run: Run,
): Promise<PairingSource> {
  return askUntilRead(prompter, TO_JOIN, run, async (source) =>
    source.kind === "code"
      ? { kind: "code", code: parseTypedCode(source.text) }
      : { kind: "url", url: await readUrl(source, { ...options, ...TO_JOIN }, run) },
  );
}

/** As {@link askForSource}, for whom a code to type is of no use. */
export async function askForPairingUrl(
  prompter: Prompter,
  options: PictureOptions,
  run: Run,
  asking: Asking,
): Promise<PairingUrl> {
  return askUntilRead(prompter, asking, run, (source) => readUrl(source, { ...options, ...asking }, run));
}

async function askUntilRead<T>(
  prompter: Prompter,
  { question }: Asking,
  run: Run,
  read: (source: TypedSource) => Promise<T>,
): Promise<T> {
  for (;;) {
    const answer = await prompter.paste(question, run.signal);
    try {
      return await read(parseTypedSource(answer, { home: homedir(), platform: run.environment.platform }));
    } catch (error) {
      if (!(error instanceof FxaPairError) || error.code !== "unreadable") throw error;
      run.reporter.say(displayText(`${error.message} ${error.hint ?? ""}`.trim(), 500));
    }
  }
}

async function readUrl(
  source: TypedSource,
  { whenNothing, takesCodes, ...options }: PictureOptions & Asking,
  run: Run,
): Promise<PairingUrl> {
  switch (source.kind) {
    case "nothing":
      throw new FxaPairError("usage", "No pairing URL was given.", { hint: whenNothing });
    case "url":
      return parsePairingUrl(source.text);
    case "code":
      throw new FxaPairError("unreadable", "That is a code to type, which a signed-in device shows.", {
        hint: "The new device takes it with fxa-pair join.",
      });
    case "pictures":
      return pairingUrlInPictures(source.sources, options, run);
    case "blocks":
      return pairingUrlAmong([await textInBlocks(source.text)], "What was pasted");
    case "unknown":
      throw unknown(takesCodes);
  }
}

function unknown(takesCodes: boolean): FxaPairError {
  const message = "That is neither a pairing URL nor a picture";
  return takesCodes
    ? new FxaPairError("unreadable", `${message}, and no code.`, {
        hint: `A code is a number and three words; a ${PICTURES_AND_URLS}`,
      })
    : new FxaPairError("unreadable", `${message}.`, { hint: `A ${PICTURES_AND_URLS}` });
}

async function textInBlocks(blocks: string): Promise<string> {
  // Loads a reader of QR codes.
  const { textOfPastedBlocks } = await import("../qr/pasted-blocks.ts");
  const text = textOfPastedBlocks(blocks);
  if (text !== undefined) return text;
  throw new FxaPairError("unreadable", "No QR code can be read from these characters.", {
    hint: "Copy all of its lines, with the blank ones around it, or copy the URL below it.",
  });
}
