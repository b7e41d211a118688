/** Asks on a terminal for the code of the other device, in whatever form it is at hand, until it can be used. */
import { homedir } from "node:os";
import { FxaPairError } from "../lib/errors.ts";
import { parsePairingUrl } from "../pairing/pairing-url.ts";
import type { PairingUrl } from "../pairing/pairing-url.ts";
import type { PasteQuestion, Prompter } from "../ui/prompt.ts";
import { displayText } from "../ui/safe-text.ts";
import { pairingUrlAmong, pairingUrlInPictures } from "./picture-source.ts";
import type { PictureOptions } from "./picture-source.ts";
import type { Run } from "./setup.ts";
import { parseTypedSource } from "./typed-source.ts";
import type { TypedSource } from "./typed-source.ts";

/** What is asked for, in words. */
export interface Asking {
  readonly question: PasteQuestion;
  /** What to do after an empty answer. */
  readonly whenNothing: string;
}

const TO_JOIN: Asking = {
  question: {
    explanation:
      "Paste the pairing URL that the signed-in device shows, drop a picture of its QR code on this window, or paste the QR code itself, copied from another terminal.",
    label: "Paste the pairing URL (it is not shown)",
  },
  whenNothing:
    "Run fxa-pair host on the signed-in device, and fxa-pair join again here; or give --qr <picture>.",
};

/**
 * Asks again after whatever cannot be read, and says why.
 *
 * @throws FxaPairError `usage` after an empty answer or the end of input; what `parsePairingUrl` throws for a URL that is
 *   for another command; the interruption.
 */
export async function askForPairingUrl(
  prompter: Prompter,
  options: PictureOptions,
  run: Run,
  asking: Asking = TO_JOIN,
): Promise<PairingUrl> {
  for (;;) {
    const answer = await prompter.paste(asking.question, run.signal);
    try {
      const source = parseTypedSource(answer, { home: homedir(), platform: run.environment.platform });
      return await read(source, { ...options, ...asking }, run);
    } catch (error) {
      if (!(error instanceof FxaPairError) || error.code !== "unreadable") throw error;
      run.reporter.say(displayText(`${error.message} ${error.hint ?? ""}`.trim(), 500));
    }
  }
}

async function read(
  source: TypedSource,
  { whenNothing, ...options }: PictureOptions & Asking,
  run: Run,
): Promise<PairingUrl> {
  switch (source.kind) {
    case "nothing":
      throw new FxaPairError("usage", "No pairing URL was given.", { hint: whenNothing });
    case "url":
      return parsePairingUrl(source.text);
    case "pictures":
      return pairingUrlInPictures(source.sources, options, run);
    case "blocks":
      return pairingUrlAmong([await textInBlocks(source.text)], "What was pasted");
    case "unknown":
      throw new FxaPairError("unreadable", "That is neither a pairing URL nor a picture.", {
        hint: "A pairing URL begins with https:// and contains channel_id; pictures are PNG, JPEG, WebP, GIF, TIFF, AVIF or SVG files.",
      });
  }
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
