/** Where `join` gets the pairing URL from, and whether the server in it is one to trust. */
import { FxaPairError } from "../lib/errors.ts";
import { asciiHost, matchesServer, parsePairingUrl } from "../pairing/pairing-url.ts";
import type { NormalUrl, PairingUrl } from "../pairing/pairing-url.ts";
import { contentServerOf } from "./accounts.ts";
import type { ServerFlags } from "./accounts.ts";
import { askForPairingUrl } from "./ask-source.ts";
import { QR_FORMS } from "./option-values.ts";
import { pairingUrlInPictures } from "./picture-source.ts";
import type { Run } from "./setup.ts";
import { readStandardInput } from "./standard-input.ts";

export interface SourceFlags extends ServerFlags {
  readonly yes: boolean;
  /** Pictures: files, `data:` URLs, `-` for standard input. */
  readonly qr?: readonly string[] | undefined;
  /** Milliseconds for each picture. */
  readonly qrTimeout: number;
  /** Whether --qr was typed, and not taken from the settings: a URL that was typed goes before those. */
  readonly qrTyped: boolean;
}

/**
 * The pairing URL from the argument, standard input (`-`), a picture (`--qr`) or, on a terminal, a question.
 *
 * @throws FxaPairError `usage` when there is none or more than one, or it is for the other direction; `unreadable` when
 *   it is not a pairing URL.
 */
export async function readPairingUrl(
  argument: string | undefined,
  flags: SourceFlags,
  run: Run,
): Promise<NormalUrl> {
  const url = await obtain(argument, flags, run);
  if (url.mode === "reverse") {
    throw new FxaPairError("usage", "This code was made by a new device that wants to be signed in.", {
      hint: "The signed-in device takes it with fxa-pair host --scan. To sign this one in by a code, run fxa-pair host there.",
    });
  }
  return url;
}

async function obtain(argument: string | undefined, flags: SourceFlags, run: Run): Promise<PairingUrl> {
  if (argument !== undefined && flags.qr !== undefined && flags.qrTyped) {
    throw new FxaPairError("usage", "Both a URL and --qr were given.", {
      hint: "Give one of them; before each picture of several, repeat --qr.",
    });
  }
  const pictures = picturesFrom(flags);
  const sources = argument === undefined ? pictures : [argument];
  // Of a terminal's input only a question can tell where it ends, and the keys are still needed afterwards.
  if (sources?.length === 1 && sources[0] === "-" && run.prompter !== null && !flags.yes) {
    return askForPairingUrl(run.prompter, flags, run);
  }
  if (pictures !== undefined && argument === undefined) return pairingUrlInPictures(pictures, flags, run);
  if (argument === "-") return parsePairingUrl(await readStandardInput(run));
  if (argument !== undefined) {
    run.reporter.warn(
      "a URL on the command line can be seen by other users for a moment; give - and write it to standard input.",
    );
    return parsePairingUrl(argument);
  }
  if (run.prompter === null) {
    throw new FxaPairError("usage", "No pairing URL was given.", {
      hint: "Give --qr <picture>, a URL, or - to read it from standard input.",
    });
  }
  return askForPairingUrl(run.prompter, flags, run);
}

/** In the settings `qr` may also be meant for `host`, as the form to draw codes in. */
function picturesFrom({ qr, qrTyped }: SourceFlags): readonly string[] | undefined {
  if (qrTyped) return qr;
  const pictures = qr?.filter((name) => !QR_FORMS.includes(name));
  return pictures?.length === 0 ? undefined : pictures;
}

/**
 * The accounts server of this run: the configured one when the URL names it. Another one must be confirmed by typing its
 * name, shown in ASCII so that look-alike letters are seen.
 *
 * @throws FxaPairError `unreadable` when it was not, or could not be, confirmed.
 */
export async function confirmServer(url: PairingUrl, flags: SourceFlags, run: Run): Promise<string> {
  const configured = contentServerOf(flags);
  if (matchesServer(url, configured)) return configured;
  const host = asciiHost(url);
  const refusal = new FxaPairError(
    "unreadable",
    `The pairing URL is for the accounts server ${host}, not for ${new URL(configured).host}.`,
    { hint: `If that is the one you use, give --server ${url.contentServer}.` },
  );
  if (flags.yes || run.prompter === null) throw refusal;
  run.reporter.warn(`this code leads to another accounts server than ${new URL(configured).host}.`);
  const typed = await run.prompter.line(`Type its name (${host}) to go on`, { hidden: false }, run.signal);
  if (typed.toLowerCase() !== host) throw refusal;
  return url.contentServer;
}
