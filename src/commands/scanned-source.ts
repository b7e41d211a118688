/**
 * The pairing URL that a new device shows, as `host --scan` takes it, and what has to be settled before anything is sent to
 * that device: who approves by scanning may have been sent the code, so more is asked of them (security V1, V2, V5).
 */
import type { Command } from "commander";
import { FxaPairError } from "../lib/errors.ts";
import { decodeUtf8 } from "../lib/utf8.ts";
import { asciiHost, matchesServer, parsePairingUrl } from "../pairing/pairing-url.ts";
import type { PairingUrl, ReverseUrl } from "../pairing/pairing-url.ts";
import { decodeQr } from "../qr/decode.ts";
import { isPinned } from "./approval.ts";
import type { ApprovalFlags, HostCredentials } from "./approval.ts";
import { askForPairingUrl } from "./ask-source.ts";
import type { Asking } from "./ask-source.ts";
import { refuseTogether } from "./flags.ts";
import { OFFER_OPTIONS } from "./offer.ts";
import { pairingUrlAmong, pairingUrlInPictures } from "./picture-source.ts";
import type { PictureOptions } from "./picture-source.ts";
import type { Run } from "./setup.ts";
import { readPicture } from "./standard-input.ts";

export interface ScanFlags extends ApprovalFlags, PictureOptions {
  /** A picture's file, a `data:` URL, a pairing URL, or `-` for standard input. */
  readonly scan: string;
}

const ASKING: Asking = {
  question: {
    explanation:
      "Paste the pairing URL that the new device shows, drop a picture of its QR code on this window, or paste the QR code itself, copied from another terminal.",
    label: "Paste the pairing URL (it is not shown)",
  },
  whenNothing: "Run fxa-pair join --show on the new device, and fxa-pair host --scan - again here.",
  takesCodes: false,
};

/** Longer than any pairing URL, and shorter than any picture of one. */
const MAX_URL_BYTES = 4096;

/**
 * Where the code to scan is, if one is to be scanned. In the environment and the settings `scan` is for other runs, too: an
 * option for a code shown here that was typed goes before it.
 *
 * @throws FxaPairError `usage` when both were typed
 */
export function placeToScan(
  command: Command,
  { scan }: { readonly scan?: string | undefined },
): string | undefined {
  const isTyped = (attribute: string) => command.getOptionValueSource(attribute) === "cli";
  const forShowing = [...OFFER_OPTIONS, "code"];
  if (scan !== undefined && isTyped("scan")) refuseTogether(command, "--scan", forShowing);
  else if (forShowing.some(isTyped)) return undefined;
  return scan;
}

/** Refuses to approve unasked whatever a code brings: only a pin stands for the answers. @throws FxaPairError `usage` */
export function requirePinToScan(flags: ApprovalFlags): void {
  if (!flags.yes || isPinned(flags)) return;
  throw new FxaPairError("usage", "--yes with --scan needs to know which request to approve.", {
    hint: "Add --expect-fingerprint <fp> or --approve-jwk <thumbprint>, or leave --yes out and answer the questions.",
  });
}

/** Of a pairing URL where none belongs, tells whose it is. @throws FxaPairError `usage` if there are any arguments */
export function refuseArguments([first]: readonly string[]): void {
  if (first === undefined) return;
  if (!looksLikeUrl(first)) {
    throw new FxaPairError("usage", "fxa-pair host takes options only.", {
      hint: "Run it with --help to see what it takes.",
    });
  }
  throw new FxaPairError("usage", "fxa-pair host makes a code of its own, and takes no URL.", {
    hint: first.includes("mode=reverse")
      ? "To sign in the device that made this one, give it to fxa-pair host --scan."
      : "The new device takes it with fxa-pair join.",
  });
}

/**
 * Reads the code, and asks whether the user started this. Nothing has left for the relay by then.
 *
 * @throws FxaPairError `usage` when the code is for another command; `unreadable` when it is no pairing URL, or for another
 *   accounts server; `refused` when it announces another request than `--expect-fingerprint`; `declined_here` after a no.
 */
export async function scanCode(
  flags: ScanFlags,
  { server, email }: HostCredentials,
  run: Run,
): Promise<ReverseUrl> {
  const url = await obtain(flags, run);
  if (url.mode === "normal") {
    throw new FxaPairError("usage", "This code was made by a signed-in device, for a new one.", {
      hint: "The new device takes it with fxa-pair join. For this one to scan, run fxa-pair join --show there.",
    });
  }
  requireServer(url, server);
  if (flags.expectFingerprint !== undefined && flags.expectFingerprint !== url.fingerprint) {
    throw new FxaPairError("refused", "The code announces another request than --expect-fingerprint.", {
      hint: "Nothing was sent. Check the fingerprint, and which device showed the code.",
    });
  }
  if (!flags.yes) await askWhoStarted(email, run);
  return url;
}

async function obtain({ scan, yes, qrTimeout }: ScanFlags, run: Run): Promise<PairingUrl> {
  if (scan === "-") {
    // Of a terminal's input only a question can tell where it ends, and the keys are still needed afterwards.
    if (run.prompter !== null && !yes) return askForPairingUrl(run.prompter, { qrTimeout }, run, ASKING);
    return fromStandardInput({ qrTimeout }, run);
  }
  if (!looksLikeUrl(scan)) return pairingUrlInPictures([scan], { qrTimeout }, run);
  run.reporter.warn(
    "a URL on the command line can be seen by other users for a moment; give - and write it to standard input.",
  );
  return parsePairingUrl(scan);
}

/** A URL, or a picture: whichever it is can be told from the bytes. */
async function fromStandardInput({ qrTimeout }: PictureOptions, run: Run): Promise<PairingUrl> {
  const bytes = await readPicture("-", run);
  const text = bytes.length > MAX_URL_BYTES ? undefined : decodeUtf8(bytes);
  if (text !== undefined && looksLikeUrl(text)) return parsePairingUrl(text);
  const { clock } = run.environment;
  const search = { clock, signal: run.signal, until: "pairing-url", timeLimit: qrTimeout } as const;
  const { codes } = await decodeQr(bytes, search);
  return pairingUrlAmong(
    codes.map((code) => code.text),
    "standard input",
  );
}

/** Also without its beginning, as it is when it was copied badly. */
function looksLikeUrl(text: string): boolean {
  return /^\s*https?:/i.test(text) || (!text.trimStart().startsWith("<") && /channel_(?:id|key)=/.test(text));
}

/** This device's credentials go to no other server, whatever a code says. */
function requireServer(url: ReverseUrl, server: string): void {
  if (matchesServer(url, server)) return;
  throw new FxaPairError(
    "unreadable",
    `The pairing URL is for the accounts server ${asciiHost(url)}, and this device is signed in at ${new URL(server).host}.`,
    { hint: `Run fxa-pair join --show --server ${new URL(server).origin} on the new device.` },
  );
}

async function askWhoStarted(email: string, run: Run): Promise<void> {
  const { prompter, reporter, signal } = run;
  reporter.explain({ type: "scanned", email }, true);
  const started =
    (await prompter?.confirm("Did you start this sign-in, on a device in front of you?", signal)) ?? false;
  if (started) return;
  throw new FxaPairError("declined_here", "You did not start this sign-in; nothing was sent anywhere.", {
    hint: "If somebody asked you to scan a code: that was an attempt to get into your account.",
  });
}
