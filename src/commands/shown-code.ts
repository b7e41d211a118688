/** `join --show`: the options that say how the code is shown, and which options go with it. */
import type { Command } from "commander";
import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import { refuseTogether } from "./flags.ts";
import { OFFER_OPTIONS, offerFlags } from "./offer.ts";
import type { OfferFlags } from "./offer.ts";
import { QR_FORMS } from "./option-values.ts";
import type { Run } from "./setup.ts";

interface ShowFlags extends Omit<OfferFlags, "qr"> {
  readonly show: boolean;
  /** With `show` a form to draw the code in, else pictures to read. */
  readonly qr?: readonly string[] | undefined;
}

/**
 * Whether the code is shown here. In the environment and the settings `show` is for other runs, too: a code that was typed,
 * or the place of one, goes before it.
 */
export function isShown(command: Command, { show, qr }: ShowFlags): boolean {
  const isTyped = (attribute: string) => command.getOptionValueSource(attribute) === "cli";
  if (!show || isTyped("show")) return show;
  const namesPicture = isTyped("qr") && qr?.some((name) => !QR_FORMS.includes(name)) === true;
  return command.args.length === 0 && !isTyped("code") && !namesPicture;
}

/**
 * How the code is to be shown; not asked for without `--show`.
 *
 * @throws FxaPairError `usage` for what has no meaning with `--show`, or without it.
 */
export function drawingFlags(command: Command, flags: ShowFlags): OfferFlags {
  if (!flags.show) {
    const typed = OFFER_OPTIONS.filter((name) => name !== "qr");
    refuseTogether(command, "a code that the other device shows (--show is for one shown here)", typed);
    return { ...flags, qr: "none" };
  }
  refuseTogether(command, "--show", ["code"]);
  if (command.args.length > 0) {
    throw new FxaPairError("usage", "--show makes a code, and there is one to read besides.", {
      hint: "Leave the URL out, or --show.",
    });
  }
  const form = v.safeParse(offerFlags.qr, flags.qr?.length === 1 ? flags.qr[0] : flags.qr);
  if (form.success) return { ...flags, qr: form.output };
  // In the environment it may name a picture, which is for other runs.
  if (command.getOptionValueSource("qr") !== "cli") return { ...flags, qr: "auto" };
  throw new FxaPairError("usage", `--qr with --show: ${form.issues[0].message}.`, {
    hint: "With --show it says how to draw the code; to read a picture, leave --show out.",
  });
}

/** Credentials on standard output must not have a URL before them, which a shell that reads them would run. @throws FxaPairError `usage` */
export function requireRoomForCode(
  { urlOut, qrOut }: OfferFlags,
  { out, json }: { readonly out?: string | undefined; readonly json: boolean },
  { prompter }: Run,
): void {
  if (out !== "-" || json || prompter !== null || urlOut !== undefined || qrOut !== undefined) return;
  throw new FxaPairError("usage", "The code and the credentials would both go to standard output.", {
    hint: "Add --url-out <file> or --qr-out <file>, or --json.",
  });
}
