/** The two step functions and what can be fed to them, by name. */
import { FxaPairError } from "../../../src/lib/errors.ts";
import { startAuthority, stepAuthority } from "../../../src/pairing/authority.ts";
import type { AuthorityEffect, AuthorityInput, AuthorityState } from "../../../src/pairing/authority.ts";
import {
  formatConfirmation,
  formatGrant,
  formatMetadata,
  formatRequest,
} from "../../../src/pairing/messages.ts";
import { startSupplicant, stepSupplicant } from "../../../src/pairing/supplicant.ts";
import type { SupplicantEffect, SupplicantInput, SupplicantState } from "../../../src/pairing/supplicant.ts";
import { POLICY, REQUEST } from "../request-fixture.ts";
import { RememberedSteps } from "./remembered-steps.ts";

export const METADATA = { email: "a@b.example", avatar: null, displayName: "A", deviceName: "desk" };
export const CODE = "0123456789abcdef".repeat(4);

const message = (text: string) => ({ type: "message", text, sender: { remote: "192.0.2.7" } }) as const;

/** What the channel, the clock and the user can tell either side. */
export const FLOW_INPUTS = {
  connected: { type: "connected" },
  request: message(formatRequest(REQUEST)),
  metadata: message(formatMetadata(METADATA)),
  code: message(formatGrant(CODE, REQUEST.state)),
  confirmation: message(formatConfirmation()),
  peerClosed: { type: "peerClosed" },
  lost: { type: "ended", error: new FxaPairError("unreachable", "lost") },
  left: { type: "ended", error: new FxaPairError("declined_there", "left") },
  tampered: { type: "ended", error: new FxaPairError("channel_security", "tampered") },
  deadline: { type: "deadline" },
  interrupted: { type: "interrupted", error: new FxaPairError("interrupted", "Ctrl-C") },
  failed: { type: "failed", error: new FxaPairError("refused", "the accounts server said no") },
  yes: { type: "yes" },
  no: { type: "no" },
} satisfies Record<string, AuthorityInput & SupplicantInput>;

/** What only a peer that breaks the rules sends. */
export const ROGUE_INPUTS = {
  otherRequest: message(formatRequest({ ...REQUEST, state: "another" })),
  badRequest: message(formatRequest({ ...REQUEST, clientId: "0000000000000000" })),
  otherMetadata: message(formatMetadata({ ...METADATA, email: "mallory@b.example" })),
  otherCode: message(formatGrant("f".repeat(64), REQUEST.state)),
  strayCode: message(formatGrant(CODE, "another")),
  nonsense: message("[]"),
} satisfies Record<string, AuthorityInput & SupplicantInput>;

export const AUTHORITY_INPUTS = {
  ...FLOW_INPUTS,
  ...ROGUE_INPUTS,
  granted: { type: "code", code: CODE },
  delivered: { type: "delivered" },
} satisfies Record<string, AuthorityInput>;

export const SUPPLICANT_INPUTS = {
  ...FLOW_INPUTS,
  ...ROGUE_INPUTS,
  redeemed: { type: "redeemed" },
} satisfies Record<string, SupplicantInput>;

export function authoritySteps(step = stepAuthority) {
  const steps = new RememberedSteps<AuthorityState, AuthorityInput, AuthorityEffect>(step);
  return { steps, initial: steps.number(startAuthority(METADATA, POLICY)) };
}

export function supplicantSteps(step = stepSupplicant) {
  const steps = new RememberedSteps<SupplicantState, SupplicantInput, SupplicantEffect>(step);
  return { steps, initial: steps.number(startSupplicant(REQUEST)) };
}
