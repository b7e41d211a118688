/**
 * How the pairing URL reaches the other device: drawn on the terminal, written to a file, or printed. It is in one place
 * only, and files are removed as soon as it was used or is no longer good.
 */
import { unlink } from "node:fs/promises";
import { extname } from "node:path";
import { stripVTControlCharacters } from "node:util";
import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import { createPrivateFile, errorCode } from "../lib/private-file.ts";
import { qrPng, qrSvg } from "../qr/encode.ts";
import { qrTerminal } from "../qr/terminal.ts";
import type { TerminalQrOptions } from "../qr/terminal.ts";
import { ONLY_SCAN_YOURSELF } from "../ui/words.ts";
import type { OutputStream } from "../ui/streams.ts";
import type { Run } from "./setup.ts";

/** The options that say where the URL goes, for every command that shows one. */
export const offerFlags = {
  qr: v.optional(
    v.picklist(["auto", "half", "full", "ascii", "none"], "must be auto, half, full, ascii or none"),
    "auto",
  ),
  qrInvert: v.optional(v.boolean(), false),
  qrOut: v.optional(v.pipe(v.string(), v.regex(/\.(?:png|svg)$/i, "must name a .png or .svg file"))),
  urlOut: v.optional(v.pipe(v.string(), v.minLength(1, "must name a file"))),
};

export interface OfferFlags {
  readonly json: boolean;
  readonly color: boolean;
  readonly qr: "auto" | "half" | "full" | "ascii" | "none";
  readonly qrInvert: boolean;
  readonly qrOut?: string | undefined;
  readonly urlOut?: string | undefined;
}

export interface Offer {
  readonly url: string;
  readonly channelId: string;
  /** RFC 3339, or null for a channel without an end. */
  readonly expiresAt: string | null;
}

/** Shows the offer in the one place the options ask for; the result takes it back from there. */
export async function publishOffer(run: Run, flags: OfferFlags, offer: Offer): Promise<() => Promise<void>> {
  const files = [
    ...(flags.urlOut === undefined ? [] : [{ path: flags.urlOut, contents: `${offer.url}\n` }]),
    ...(flags.qrOut === undefined
      ? []
      : [{ path: flags.qrOut, contents: await picture(offer.url, flags.qrOut) }]),
  ];
  const written: string[] = [];
  const withdraw = async () => {
    await Promise.all(written.splice(0).map((path) => unlink(path).catch(() => undefined)));
  };
  try {
    for (const { path, contents } of files) {
      await writeOfferFile(path, contents);
      written.push(path);
    }
  } catch (error) {
    await withdraw();
    throw error;
  }

  const onTerminal = run.prompter !== null && files.length === 0;
  const printed = flags.json ? flags.urlOut === undefined : !onTerminal && files.length === 0;
  run.reporter.event({
    type: "channel",
    ...(printed ? { url: offer.url } : {}),
    channelId: offer.channelId,
    expiresAt: offer.expiresAt,
  });
  for (const path of written) run.reporter.progress(`Written to ${path}; it is removed once it was used.`);
  if (onTerminal && !flags.json) await draw(run, flags, offer.url);
  if (run.prompter === null) run.reporter.progress(ONLY_SCAN_YOURSELF);
  else run.reporter.say(ONLY_SCAN_YOURSELF);
  return withdraw;
}

async function draw(run: Run, flags: OfferFlags, url: string): Promise<void> {
  const { stderr } = run.environment.streams;
  if (flags.qr !== "none") {
    const drawing = await qrTerminal(url, drawingOptions(flags));
    const problem = flags.qr === "auto" ? misfit(drawing, stderr) : undefined;
    if (problem === undefined) stderr.write(`${drawing}\n`);
    else run.reporter.warn(`${problem}: enlarge it, use --qr-out code.png, or copy the URL.`);
  }
  stderr.write(`${url}\n`);
}

function drawingOptions({ qr, color, qrInvert: invert }: OfferFlags): TerminalQrOptions {
  if (qr === "ascii") return { small: false, color: false, invert };
  return { small: qr !== "full", color, invert };
}

/** Why a drawing would not fit the window; `undefined` when it does, or nobody knows. */
function misfit(drawing: string, { columns, rows }: OutputStream): string | undefined {
  const lines = stripVTControlCharacters(drawing).split("\n");
  const width = Math.max(...lines.map((line) => line.length));
  if (columns === undefined || rows === undefined) return undefined;
  if (width <= columns && lines.length < rows) return undefined;
  return `the QR code needs ${width}×${lines.length + 1} and this window is ${columns}×${rows}`;
}

async function picture(url: string, path: string): Promise<string | Uint8Array> {
  return extname(path).toLowerCase() === ".svg" ? qrSvg(url) : qrPng(url);
}

/** Never over something that is there: the file is deleted afterwards, and what is not ours must not be. */
async function writeOfferFile(path: string, contents: string | Uint8Array): Promise<void> {
  try {
    await createPrivateFile(path, contents);
  } catch (error) {
    const code = errorCode(error) ?? "unknown reason";
    const reason = code === "EEXIST" ? "there is one already" : `it could not be written (${code})`;
    throw new FxaPairError("usage", `The file ${path} was not written: ${reason}.`, {
      hint: code === "EEXIST" ? "Delete it, or name another file." : "Name a file in a folder of your own.",
      cause: error,
    });
  }
}
