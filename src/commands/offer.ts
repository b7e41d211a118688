/**
 * How the pairing URL reaches the other device: drawn on the terminal, written to a file, or printed. It is in one place
 * only, and files are removed as soon as it was used or is no longer good.
 */
import { unlink } from "node:fs/promises";
import { extname } from "node:path";
import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import { createPrivateFile, errorCode } from "../lib/private-file.ts";
import { capabilitiesFrom } from "../qr/capabilities.ts";
import type { QrForm } from "../qr/drawing.ts";
import { qrPng, qrSvg } from "../qr/encode.ts";
import type { OfferActions, OfferView } from "../ui/offer-view.ts";
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
  readonly color: boolean;
  readonly qr: QrForm;
  readonly qrInvert: boolean;
  readonly qrOut?: string | undefined;
  readonly urlOut?: string | undefined;
}

export type Offer = Pick<OfferView, "url" | "channelId" | "expiresAt" | "endsAt">;

export interface PublishedOffer {
  /** A device has used it: it leaves the screen, and the files are removed. */
  connected(): Promise<void>;
  /** Takes it back from wherever it is. */
  withdraw(): Promise<void>;
}

/** Shows the offer in the one place the options ask for. */
export async function publishOffer(
  run: Run,
  flags: OfferFlags,
  offer: Offer,
  actions: OfferActions,
): Promise<PublishedOffer> {
  const files = [
    ...(flags.urlOut === undefined ? [] : [{ path: flags.urlOut, contents: `${offer.url}\n` }]),
    ...(flags.qrOut === undefined
      ? []
      : [{ path: flags.qrOut, contents: await picture(offer.url, flags.qrOut) }]),
  ];
  const written: string[] = [];
  const removeFiles = async () => {
    await Promise.all(written.splice(0).map((path) => unlink(path).catch(() => undefined)));
  };
  try {
    for (const { path, contents } of files) {
      await writeOfferFile(path, contents);
      written.push(path);
    }
  } catch (error) {
    await removeFiles();
    throw error;
  }

  const shown = await run.reporter.offer(
    {
      ...offer,
      drawing: {
        form: flags.qr,
        invert: flags.qrInvert,
        color: flags.color,
        capabilities: capabilitiesFrom(run.environment.variables, run.environment.platform),
      },
      urlFile: flags.urlOut,
      pictureFile: flags.qrOut,
    },
    actions,
  );
  return {
    connected: async () => {
      shown.connected();
      await removeFiles();
    },
    withdraw: async () => {
      shown.withdraw();
      await removeFiles();
    },
  };
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
