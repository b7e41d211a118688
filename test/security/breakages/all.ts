/** Every breakage, and why some requirements have none. */
import type { Breakage } from "./breakage.ts";
import { CHANNEL } from "./channel.ts";
import { FINGERPRINT } from "./fingerprint.ts";
import { HOST_SCREEN } from "./host-screen.ts";
import { HOST_BREAKAGES } from "./host.ts";
import { JOIN } from "./join.ts";
import { NETWORK } from "./network.ts";
import { RELAY_ENDINGS } from "./relay-endings.ts";
import { RELAY_LIMITS } from "./relay-limits.ts";
import { RELAY_SEATS } from "./relay-seats.ts";
import { REVERSE } from "./reverse.ts";
import { SECRETS } from "./secrets.ts";
import { SIGN_IN } from "./sign-in.ts";
import { TERMINAL } from "./terminal.ts";
import { TYPED_CODE } from "./typed-code.ts";

export const BREAKAGES: readonly Breakage[] = [
  ...CHANNEL,
  ...FINGERPRINT,
  ...HOST_BREAKAGES,
  ...HOST_SCREEN,
  ...JOIN,
  ...NETWORK,
  ...RELAY_ENDINGS,
  ...RELAY_LIMITS,
  ...RELAY_SEATS,
  ...REVERSE,
  ...SECRETS,
  ...SIGN_IN,
  ...TERMINAL,
  ...TYPED_CODE,
];

/**
 * Requirements that no change of the source could break, and why. Where something is promised not to be there, adding it is
 * the breakage.
 */
export const NOT_BREAKABLE: Readonly<Record<string, string>> = {};
