/** The keys of an offer: shown where the command can do what they stand for. */
import type { OfferActions, OfferKind } from "../offer-view.ts";
import type { Reporter } from "../reporter.ts";
import { otherKindInWords } from "../words.ts";
import type { ShownKey } from "./model.ts";

export function offerKeys(
  kind: OfferKind,
  { renew, switchKind, copy, writePicture, quit }: OfferActions,
): ShownKey[] {
  return [
    ...(renew === undefined ? [] : [{ key: "r", does: "new code" }]),
    ...(switchKind === undefined ? [] : [{ key: "t", does: otherKindInWords(kind) }]),
    ...(copy === undefined ? [] : [{ key: "c", does: "copy the URL" }]),
    ...(writePicture === undefined ? [] : [{ key: "p", does: "write a picture" }]),
    ...(quit === undefined ? [] : [{ key: "q", does: "quit" }]),
  ];
}

/** Does what a pressed key stands for. */
export function pressed(key: string, actions: OfferActions, reporter: Pick<Reporter, "say" | "warn">): void {
  switch (key.toLowerCase()) {
    case "r":
      actions.renew?.();
      return;
    case "t":
      actions.switchKind?.();
      return;
    case "c":
      actions.copy?.();
      return;
    case "p":
      actions.writePicture?.().then(
        (path) => {
          reporter.say(`The QR code is in ${path}; the file is removed once it was used.`);
        },
        (error: unknown) => {
          reporter.warn(error instanceof Error ? error.message : "the picture could not be written.");
        },
      );
      return;
    case "q":
      actions.quit?.();
  }
}
