/** Every breakage, and why some requirements have none. */
import type { Breakage } from "./breakage.ts";
import { CHANNEL } from "./channel.ts";

export const BREAKAGES: readonly Breakage[] = [...CHANNEL];

/**
 * Requirements that no change of the source could break, and why. Where something is promised not to be there, adding it is
 * the breakage.
 */
export const NOT_BREAKABLE: Readonly<Record<string, string>> = {};
