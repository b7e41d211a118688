/** Conversations with either side of a pairing: what happens is chosen, what is done about it is watched. */
import { FxaPairError } from "../../../../src/lib/errors.ts";
import { startAuthority, stepAuthority } from "../../../../src/pairing/authority.ts";
import type { AuthorityEffect, AuthorityInput, AuthorityState } from "../../../../src/pairing/authority.ts";
import type { FlowInput } from "../../../../src/pairing/flow-types.ts";
import { DEFAULT_CLIENTS, DEFAULT_SCOPES } from "../../../../src/pairing/request-checks.ts";
import { startSupplicant, stepSupplicant } from "../../../../src/pairing/supplicant.ts";
import type {
  SupplicantEffect,
  SupplicantInput,
  SupplicantState,
} from "../../../../src/pairing/supplicant.ts";
import { requestFingerprint } from "../../../../src/pairing/fingerprint.ts";
import { parseKeysJwk } from "../../../../src/pairing/keys-jwk.ts";
import { formatRequest } from "../../../../src/pairing/messages.ts";
import { jwkThumbprint } from "../../../../src/oauth/public-jwk.ts";
import { check } from "../../engine/target.ts";
import { checkWords } from "../words.ts";
import { CODE, METADATA, REQUEST, STATE } from "./documents.ts";

const RECOGNIZABLE = 24;
const LOST = new FxaPairError("unreachable", "The connection is gone.");
const TAMPERED = new FxaPairError("channel_security", "Somebody interferes.");
const INTERRUPTED = new FxaPairError("interrupted", "Interrupted.");

const FINGERPRINT = requestFingerprint(formatRequest(REQUEST));
const JWK = parseKeysJwk(REQUEST.keysJwk);
const THUMBPRINT = "reason" in JWK ? "" : jwkThumbprint(JWK);

/** Even numbers stand for a message of the other device, these for everything else that can happen on either side. */
const COMMON: readonly FlowInput[] = [
  { type: "peerClosed" },
  { type: "ended", error: LOST },
  { type: "ended", error: TAMPERED },
  { type: "deadline" },
  { type: "interrupted", error: INTERRUPTED },
  { type: "failed", error: LOST },
];
const AUTHORITY: readonly AuthorityInput[] = [
  { type: "connected" },
  { type: "yes" },
  { type: "no" },
  { type: "code", code: CODE },
  { type: "delivered" },
  ...COMMON,
];
const SUPPLICANT: readonly SupplicantInput[] = [
  { type: "connected" },
  { type: "yes" },
  { type: "no" },
  { type: "redeemed" },
  ...COMMON,
];

function inputOf<Input>(inputs: readonly Input[], what: number, text: string): Input | FlowInput {
  const other = inputs[((what - 1) / 2) % inputs.length];
  return what % 2 === 0 || other === undefined ? { type: "message", text, sender: {} } : other;
}

export class AuthorityTalk {
  #state: AuthorityState;
  #saidYes = false;
  #gotCode = false;
  #presented: unknown;
  #authorized = 0;

  /** `flags`: what the user has asked for when the pairing was begun, a bit each. */
  constructor(flags: number) {
    this.#state = startAuthority(METADATA, {
      allowedClients: DEFAULT_CLIENTS,
      allowedScopes: DEFAULT_SCOPES,
      unattendedScopes: [],
      unattended: (flags & 1) !== 0,
      ...((flags & 2) !== 0 && { approveJwkThumbprint: THUMBPRINT }),
      ...((flags & 4) !== 0 && { expectFingerprint: FINGERPRINT }),
    });
  }

  get isOver(): boolean {
    return this.#state.at === "completed" || this.#state.at === "ended";
  }

  step(what: number, text: string): AuthorityEffect["type"][] {
    const input = inputOf(AUTHORITY, what, text);
    if (input.type === "yes") this.#saidYes ||= this.#presented !== undefined;
    // A code comes only for what was asked.
    if (input.type === "code" && this.#authorized === 0) return [];
    if (input.type === "code") this.#gotCode = true;
    const { state, effects } = stepAuthority(this.#state, input);
    this.#state = state;
    for (const effect of effects) this.#note(effect, text);
    return effects.map(({ type }) => type);
  }

  #note(effect: AuthorityEffect, text: string): void {
    switch (effect.type) {
      case "present":
        check(this.#presented === undefined, "somebody is asked twice");
        check(DEFAULT_CLIENTS.includes(effect.request.clientId), "a client that is not accepted");
        check(
          effect.request.scope.every((scope) => DEFAULT_SCOPES.includes(scope)),
          "a scope that is not accepted",
        );
        this.#presented = effect.request;
        return;
      case "authorize":
        this.#authorized++;
        check(this.#saidYes && this.#authorized === 1, "a code is asked for without a yes, or twice");
        check(effect.request === this.#presented, "another request than the one that was shown");
        return;
      case "send":
        check(
          !effect.document.includes(CODE) || (this.#saidYes && this.#gotCode),
          "a code is sent without a yes",
        );
        return;
      case "fail":
        if (effect.error instanceof FxaPairError) checkWords(effect.error, text, RECOGNIZABLE);
        return;
      case "report":
      case "closeNotify":
      case "complete":
      case "deliver":
        return;
    }
  }
}

export class SupplicantTalk {
  #state: SupplicantState = startSupplicant(REQUEST);
  #saidYes = false;
  #isPresented = false;
  #redeems = 0;

  get isOver(): boolean {
    return this.#state.at === "completed" || this.#state.at === "ended";
  }

  step(what: number, text: string): SupplicantEffect["type"][] {
    const input = inputOf(SUPPLICANT, what, text);
    if (input.type === "yes") this.#saidYes ||= this.#isPresented;
    // Nothing is redeemed but what was asked for.
    if (input.type === "redeemed" && this.#redeems === 0) return [];
    const { state, effects } = stepSupplicant(this.#state, input);
    this.#state = state;
    for (const effect of effects) this.#note(effect, text);
    return effects.map(({ type }) => type);
  }

  #note(effect: SupplicantEffect, text: string): void {
    switch (effect.type) {
      case "present":
        check(!this.#isPresented, "somebody is asked twice");
        this.#isPresented = true;
        return;
      case "redeem":
        this.#redeems++;
        check(this.#saidYes && this.#redeems === 1, "a code is redeemed without a yes, or twice");
        check(
          /^[0-9a-f]{64}$/.test(effect.code) && this.#state.request.state === STATE,
          "a code that is none",
        );
        return;
      case "fail":
        if (effect.error instanceof FxaPairError) checkWords(effect.error, text, RECOGNIZABLE);
        return;
      case "send":
      case "report":
      case "closeNotify":
      case "complete":
      case "cancelRedeem":
        return;
    }
  }
}
