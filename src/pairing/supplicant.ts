/**
 * The supplicant's side of a pairing: the new device. A pure step function; what comes out of it as effects is carried
 * out by `run-supplicant.ts`. The code may arrive before this device's user has confirmed; from then on the channel
 * has told all that is needed, and losing it is no failure. A close_notify still is: that is the other user's word.
 */
import { equalText } from "../lib/constant-time.ts";
import { FxaPairError } from "../lib/errors.ts";
import type { Sender } from "../channel/wire.ts";
import * as failures from "./failures.ts";
import { formatFingerprint, requestFingerprint } from "./fingerprint.ts";
import type { FlowEffect, FlowInput, Step, SupplicantOrigin } from "./flow-types.ts";
import { formatConfirmation, formatRequest, parsePairMessage } from "./messages.ts";
import type { AnnouncedAccount, PairMessage, SupplicantRequest } from "./messages.ts";
import { declined, fail, StageTable, stay } from "./stage-table.ts";
import type { MetadataStatus } from "./status.ts";

const TRANSITIONS = {
  connecting: { connected: "waitingForMetadata" },
  waitingForMetadata: { metadata: "waitingForConfirmations" },
  waitingForConfirmations: { yes: "waitingForAuthority", code: "waitingForLocal" },
  waitingForAuthority: { code: "exchanging" },
  waitingForLocal: { yes: "exchanging" },
  exchanging: { redeemed: "completed" },
  completed: {},
  ended: {},
} as const satisfies Record<string, Partial<Record<SupplicantEvent, string>>>;

export type SupplicantStage = keyof typeof TRANSITIONS;
type SupplicantEvent = "connected" | "metadata" | "yes" | "code" | "redeemed";

export interface SupplicantState {
  readonly at: SupplicantStage;
  readonly request: SupplicantRequest;
  readonly origin: SupplicantOrigin;
  readonly account: AnnouncedAccount | null;
  /** The authorization code, from its arrival on. */
  readonly code: string | null;
  /** Why the exchange was told to stop, if it was. */
  readonly cancelled: Error | null;
}

export type SupplicantInput =
  | FlowInput
  /** The user's answer. */
  | { readonly type: "yes" | "no" }
  /** Tokens, keys and profile are here, checked and stored. */
  | { readonly type: "redeemed" };

export type SupplicantEffect =
  | FlowEffect
  /** Show the account and ask. */
  | { readonly type: "present"; readonly question: MetadataStatus }
  /** Exchange the code: at most once a flow. */
  | { readonly type: "redeem"; readonly code: string; readonly email: string }
  /** Stop the exchange if it can still be stopped; it answers either way. */
  | { readonly type: "cancelRedeem"; readonly error: Error };

type SupplicantStep = Step<SupplicantState, SupplicantEffect>;

const stages = new StageTable<SupplicantStage, SupplicantEvent, SupplicantState, SupplicantEffect>(
  TRANSITIONS,
  entering,
);

export function startSupplicant(
  request: SupplicantRequest,
  origin: SupplicantOrigin = { role: "joiner" },
): SupplicantState {
  return { at: "connecting", request, origin, account: null, code: null, cancelled: null };
}

export function stepSupplicant(state: SupplicantState, input: SupplicantInput): SupplicantStep {
  if (stages.isLast(state)) return stay(state);
  switch (input.type) {
    case "connected":
      return stages.advance(state, "connected", [
        { type: "report", status: { type: "connected" } },
        { type: "send", document: formatRequest(state.request) },
      ]);
    case "message":
      return receive(state, input.text, input.sender);
    case "yes":
      return stages.advance(state, "yes", [
        { type: "report", status: { type: "approved", by: "local" } },
        { type: "send", document: formatConfirmation() },
      ]);
    case "no":
      return fail(state, failures.declinedHere(), [declined("local"), { type: "closeNotify" }]);
    case "redeemed":
      return stages.advance(state, "redeemed", []);
    case "peerClosed":
      return closedByPeer(state);
    case "ended":
      return mayLoseChannel(state, input.error) ? stay(state) : fail(state, input.error, []);
    case "deadline":
      return stop(state, lateness(state));
    case "interrupted":
      return stop(state, input.error);
    case "failed":
      return fail(state, state.cancelled ?? input.error, [{ type: "closeNotify" }]);
  }
}

function receive(state: SupplicantState, text: string, sender: Sender): SupplicantStep {
  const message = parsePairMessage(text);
  if ("problem" in message) return stop(state, failures.outOfOrder(message.problem));
  if (message.name === "pair:auth:metadata" && stages.expects(state, "metadata")) {
    return receiveMetadata(state, message.metadata, sender);
  }
  if (message.name === "pair:auth:authorize" && stages.expects(state, "code")) {
    return receiveCode(state, message);
  }
  return stop(state, failures.outOfOrder(`${message.name} has no place now`));
}

function receiveMetadata(state: SupplicantState, account: AnnouncedAccount, sender: Sender): SupplicantStep {
  const fingerprint = formatFingerprint(requestFingerprint(formatRequest(state.request)));
  const question: MetadataStatus = { type: "metadata", ...account, sender, fingerprint };
  return stages.advance({ ...state, account }, "metadata", [{ type: "present", question }]);
}

function receiveCode(
  state: SupplicantState,
  message: Extract<PairMessage, { name: "pair:auth:authorize" }>,
): SupplicantStep {
  if (!equalText(message.state, state.request.state)) return stop(state, failures.wrongState());
  return stages.advance({ ...state, code: message.code }, "code", [
    { type: "report", status: { type: "approved", by: "remote" } },
  ]);
}

function closedByPeer(state: SupplicantState): SupplicantStep {
  if (state.at === "exchanging") return stay(state);
  const refusal =
    "The signed-in device may not accept what this one asks for; otherwise start again with a new code.";
  const error = failures.declinedThere(state.at === "waitingForMetadata" ? refusal : undefined);
  return fail(state, error, [declined("remote"), { type: "closeNotify" }]);
}

function lateness({ at, origin }: SupplicantState): Error {
  return at === "connecting" && origin.role === "creator" ? failures.nobodyCame() : failures.tookTooLong();
}

/** With the code in hand the channel is dispensable, unless what came over it was tampered with before the user's yes. */
function mayLoseChannel({ at }: SupplicantState, error: Error): boolean {
  const tampered = error instanceof FxaPairError && error.code === "channel_security";
  return at === "exchanging" || (at === "waitingForLocal" && !tampered);
}

function entering({ at, code, account }: SupplicantState): readonly SupplicantEffect[] {
  if (at === "completed") return [{ type: "report", status: { type: "complete" } }, { type: "complete" }];
  if (at !== "exchanging" || code === null || account === null) return [];
  return [
    { type: "report", status: { type: "redeeming" } },
    { type: "redeem", code, email: account.email },
  ];
}

/** An exchange under way may already have stored its result, so it is told to stop and has the last word. */
function stop(state: SupplicantState, error: Error): SupplicantStep {
  if (state.at !== "exchanging") return fail(state, error, [{ type: "closeNotify" }]);
  if (state.cancelled !== null) return stay(state);
  return { state: { ...state, cancelled: error }, effects: [{ type: "cancelRedeem", error }] };
}
