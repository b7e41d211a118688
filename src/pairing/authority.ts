/**
 * The authority's side of a pairing: signed in, asked for approval, sends the code. A pure step function; what comes
 * out of it as effects is carried out by `run-authority.ts`. The two users confirm in any order, hence two ways from
 * the request to the end. Whatever the table does not name ends the flow if a peer sent it, and changes nothing if it
 * came from here (a key pressed twice).
 */
import type { AuthorityOrigin, FlowEffect, FlowInput, Step } from "./flow-types.ts";
import type { Sender } from "../channel/wire.ts";
import { equalText } from "../lib/constant-time.ts";
import * as failures from "./failures.ts";
import { requestFingerprint } from "./fingerprint.ts";
import { formatGrant, formatMetadata, parsePairMessage } from "./messages.ts";
import type { AuthorityMetadata } from "./messages.ts";
import { checkPairRequest } from "./request-checks.ts";
import type { PairRequest, RequestPolicy } from "./request-checks.ts";
import { declined, fail, StageTable, stay } from "./stage-table.ts";

const TRANSITIONS = {
  waitingForSupplicant: { connected: "waitingForRequest" },
  waitingForRequest: { request: "waitingForConfirmations" },
  waitingForConfirmations: { yes: "authorizing", confirmation: "waitingForLocal" },
  waitingForLocal: { yes: "authorizingConfirmed" },
  authorizing: { code: "waitingForRemote", confirmation: "authorizingConfirmed" },
  authorizingConfirmed: { code: "delivering" },
  delivering: { delivered: "completed" },
  waitingForRemote: { confirmation: "completed" },
  completed: {},
  ended: {},
} as const satisfies Record<string, Partial<Record<AuthorityEvent, string>>>;

export type AuthorityStage = keyof typeof TRANSITIONS;
type AuthorityEvent = "connected" | "request" | "confirmation" | "yes" | "code" | "delivered";

export interface AuthorityState {
  readonly at: AuthorityStage;
  readonly policy: RequestPolicy;
  readonly metadata: AuthorityMetadata;
  readonly origin: AuthorityOrigin;
  /** The one request of this flow, once it has passed the checks. */
  readonly request: PairRequest | null;
}

export type AuthorityInput =
  | FlowInput
  /** The user's answer. */
  | { readonly type: "yes" | "no" }
  /** The accounts server's authorization code. */
  | { readonly type: "code"; readonly code: string }
  /** The code has left this device. Not asked for where the other side's confirmation comes after it. */
  | { readonly type: "delivered" };

export type AuthorityEffect =
  | FlowEffect
  /** Show the request and ask. */
  | {
      readonly type: "present";
      readonly request: PairRequest;
      readonly sender: Sender;
      readonly fingerprint: string;
    }
  /** Ask the accounts server for a code: at most once a flow, and for the very request that was presented. */
  | { readonly type: "authorize"; readonly request: PairRequest }
  /** Tell when all that was sent has left: the connection may be lost for a while. */
  | { readonly type: "deliver" };

type AuthorityStep = Step<AuthorityState, AuthorityEffect>;

const stages = new StageTable<AuthorityStage, AuthorityEvent, AuthorityState, AuthorityEffect>(
  TRANSITIONS,
  entering,
);

export function startAuthority(
  metadata: AuthorityMetadata,
  policy: RequestPolicy,
  origin: AuthorityOrigin = { role: "creator" },
): AuthorityState {
  return { at: "waitingForSupplicant", policy, metadata, origin, request: null };
}

export function stepAuthority(state: AuthorityState, input: AuthorityInput): AuthorityStep {
  if (stages.isLast(state)) return stay(state);
  switch (input.type) {
    case "connected":
      return stages.advance(state, "connected", [{ type: "report", status: { type: "connected" } }]);
    case "message":
      return receive(state, input.text, input.sender);
    case "yes":
      return approve(state);
    case "code":
      return sendCode(state, input.code);
    case "delivered":
      return stages.advance(state, "delivered", []);
    case "no":
      return end(state, failures.declinedHere(), [declined("local"), { type: "closeNotify" }]);
    case "peerClosed":
      return end(state, failures.declinedThere(), [declined("remote"), { type: "closeNotify" }]);
    case "ended":
      return end(state, input.error, []);
    case "deadline":
      return end(state, lateness(state), [{ type: "closeNotify" }]);
    case "interrupted":
    case "failed":
      return end(state, input.error, [{ type: "closeNotify" }]);
  }
}

function receive(state: AuthorityState, text: string, sender: Sender): AuthorityStep {
  const message = parsePairMessage(text);
  if ("problem" in message) return violated(state, message.problem);
  if (message.name === "pair:supp:request" && stages.expects(state, "request")) {
    return receiveRequest(state, message.data, requestFingerprint(text), sender);
  }
  if (message.name === "pair:supp:authorize" && stages.expects(state, "confirmation")) {
    return stages.advance(state, "confirmation", [
      { type: "report", status: { type: "approved", by: "remote" } },
    ]);
  }
  return violated(state, `${message.name} has no place now`);
}

function receiveRequest(
  state: AuthorityState,
  data: unknown,
  fingerprint: string,
  sender: Sender,
): AuthorityStep {
  if (!isAnnounced(fingerprint, state.origin)) {
    return end(state, failures.otherRequest(), [{ type: "closeNotify" }]);
  }
  const verdict = checkPairRequest(data, state.policy, fingerprint);
  if ("problems" in verdict) {
    return end(state, failures.requestRefused(verdict.problems), [{ type: "closeNotify" }]);
  }
  const { request } = verdict;
  return stages.advance({ ...state, request }, "request", [
    { type: "send", document: formatMetadata(state.metadata) },
    { type: "present", request, sender, fingerprint },
  ]);
}

/** A code that was shown here announces nothing: whoever asks is judged by what is asked for. */
function isAnnounced(fingerprint: string, origin: AuthorityOrigin): boolean {
  return origin.role === "creator" || equalText(fingerprint, origin.announced);
}

function approve(state: AuthorityState): AuthorityStep {
  if (state.request === null) return stay(state);
  return stages.advance(state, "yes", [
    { type: "report", status: { type: "approved", by: "local" } },
    { type: "authorize", request: state.request },
  ]);
}

function sendCode(state: AuthorityState, code: string): AuthorityStep {
  if (state.request === null) return stay(state);
  return stages.advance(state, "code", [
    { type: "send", document: formatGrant(code, state.request.state) },
    { type: "report", status: { type: "authorized" } },
  ]);
}

function entering({ at }: AuthorityState): readonly AuthorityEffect[] {
  if (at === "delivering") return [{ type: "deliver" }];
  if (at === "completed") return [{ type: "report", status: { type: "complete" } }, { type: "complete" }];
  return [];
}

function violated(state: AuthorityState, problem: string): AuthorityStep {
  return end(state, failures.outOfOrder(problem), [{ type: "closeNotify" }]);
}

/** From the moment the code was sent nobody here knows what becomes of it. */
function end(state: AuthorityState, error: Error, effects: readonly AuthorityEffect[]): AuthorityStep {
  const codeSent = state.at === "waitingForRemote" || state.at === "delivering";
  return fail(state, codeSent ? failures.perhapsSignedIn(error) : error, effects);
}

function lateness({ at, origin }: AuthorityState): Error {
  return at === "waitingForSupplicant" && origin.role === "creator"
    ? failures.nobodyCame()
    : failures.tookTooLong();
}
