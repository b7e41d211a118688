/**
 * How the pairing URL or the code to type reaches the other device's user: drawn on the terminal, written to a file (a URL
 * only), or printed. It is in one place only, and files are removed as soon as it was used or is no longer good.
 */
import type { Command } from "commander";
import * as v from "valibot";
import type { PairingChannel } from "../channel/pairing-channel.ts";
import type { Clock } from "../lib/clock.ts";
import { capabilitiesFrom } from "../qr/capabilities.ts";
import type { QrForm } from "../qr/drawing.ts";
import type { CodeOfferView, OfferActions, OfferHandle, OfferKind, UrlOfferView } from "../ui/offer-view.ts";
import { refuseTogether } from "./flags.ts";
import { canCopy, copyToClipboard } from "./copy.ts";
import { OfferFiles } from "./offer-files.ts";
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
  copy: v.optional(v.boolean(), false),
};

/** Their names, as of commander's attributes. */
export const OFFER_OPTIONS = ["qr", "qrInvert", "qrOut", "urlOut", "copy"] as const;
/** Those that say where a URL goes: a code to type goes nowhere but on the screen. */
const URL_PLACES = ["qrOut", "urlOut", "copy"];

/**
 * Whether the options of `host` ask for a code to type. Typed options go before those of the settings, which are for
 * other runs, too.
 *
 * @throws FxaPairError `usage` when a place for the URL was typed along with `--code`
 */
export function offerKind(command: Command, flags: { readonly code: boolean }): OfferKind {
  const isTyped = (attribute: string) => command.getOptionValueSource(attribute) === "cli";
  if (!flags.code) return "url";
  if (isTyped("code")) refuseTogether(command, "--code", URL_PLACES);
  return URL_PLACES.some(isTyped) ? "url" : "code";
}

export interface OfferFlags {
  readonly color: boolean;
  readonly qr: QrForm;
  readonly qrInvert: boolean;
  readonly qrOut?: string | undefined;
  readonly urlOut?: string | undefined;
  readonly copy: boolean;
}

export type UrlOffer = Pick<UrlOfferView, "kind" | "reader" | "url" | "channelId" | "expiresAt" | "endsAt">;
export type Offer = UrlOffer | CodeOfferView;

/**
 * How long an offer is good: as long as its channel lives, and as the command waits, which may be shorter.
 *
 * @param timeout milliseconds
 */
export function lifeOf(
  { expiresAt }: Pick<PairingChannel, "expiresAt">,
  timeout: number,
  clock: Clock,
): Pick<Offer, "expiresAt" | "endsAt"> {
  return {
    expiresAt:
      expiresAt === null ? null : new Date(clock.wallTime() + (expiresAt - clock.now())).toISOString(),
    endsAt: Math.min(expiresAt ?? Infinity, clock.now() + timeout),
  };
}

export interface PublishedOffer {
  /** A device has used it: it leaves the screen, and the files are removed. */
  connected(): Promise<void>;
  /** Takes it back from wherever it is. */
  withdraw(): Promise<void>;
}

/**
 * Shows the offer in the one place the options ask for. On a terminal the user may have a URL copied or written to a
 * picture besides, by what is added to `actions`.
 */
export async function publishOffer(
  run: Run,
  flags: OfferFlags,
  offer: Offer,
  actions: OfferActions,
): Promise<PublishedOffer> {
  if (offer.kind === "url") return publishUrl(run, flags, offer, actions);
  const shown = await run.reporter.offer(offer, actions);
  const takeBack = (how: "connected" | "withdraw") => () => {
    shown[how]();
    return Promise.resolve();
  };
  return { connected: takeBack("connected"), withdraw: takeBack("withdraw") };
}

async function publishUrl(
  run: Run,
  flags: OfferFlags,
  offer: UrlOffer,
  actions: OfferActions,
): Promise<PublishedOffer> {
  const { variables, platform } = run.environment;
  const files = new OfferFiles(offer.url, variables);
  const inFiles = flags.urlOut !== undefined || flags.qrOut !== undefined;
  const copy = () => {
    copyToClipboard(offer.url, run);
  };
  let shown: OfferHandle;
  try {
    if (flags.urlOut !== undefined) await files.write(flags.urlOut, "url");
    if (flags.qrOut !== undefined) await files.write(flags.qrOut, "picture");
    shown = await run.reporter.offer(
      {
        ...offer,
        drawing: {
          form: flags.qr,
          invert: flags.qrInvert,
          color: flags.color,
          capabilities: capabilitiesFrom(variables, platform),
        },
        urlFile: flags.urlOut,
        pictureFile: flags.qrOut,
      },
      inFiles
        ? actions
        : { ...actions, ...(canCopy(run) ? { copy } : {}), writePicture: () => files.writePicture() },
    );
  } catch (error) {
    await files.remove();
    throw error;
  }
  // Where it was interrupted meanwhile, nobody wants it any more.
  if (flags.copy && !run.signal.aborted) copy();
  return {
    connected: async () => {
      shown.connected();
      await files.remove();
    },
    withdraw: async () => {
      shown.withdraw();
      await files.remove();
    },
  };
}
