import { FxaPairError } from "../../src/lib/errors.ts";
import type { AuthorityEffect } from "../../src/pairing/authority.ts";
import type { SupplicantEffect } from "../../src/pairing/supplicant.ts";

export function codeOf(error: unknown): string {
  return error instanceof FxaPairError ? error.code : "no FxaPairError";
}

/** An effect in a few words, as a transcript has it. */
export function word(effect: AuthorityEffect | SupplicantEffect): string {
  if (effect.type === "send") return `send ${String(JSON.parse(effect.document).message)}`;
  if (effect.type === "fail" || effect.type === "cancelRedeem")
    return `${effect.type} ${codeOf(effect.error)}`;
  if (effect.type !== "report") return effect.type;
  return "by" in effect.status
    ? `${effect.status.type} by ${effect.status.by}`
    : `report ${effect.status.type}`;
}
