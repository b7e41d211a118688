/** Every breakage, and why some requirements have none. */
import type { Breakage } from "./breakage.ts";
import { CHANNEL } from "./channel.ts";
import { HOST_SCREEN } from "./host-screen.ts";
import { HOST_BREAKAGES } from "./host.ts";

export const BREAKAGES: readonly Breakage[] = [...CHANNEL, ...HOST_BREAKAGES, ...HOST_SCREEN];

/**
 * Requirements that no change of the source could break, and why. Where something is promised not to be there, adding it is
 * the breakage.
 */
export const NOT_BREAKABLE: Readonly<Record<string, string>> = {};
