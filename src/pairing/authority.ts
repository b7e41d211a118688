/**
 * The authority's side of a pairing: signed in, asked for approval, sends the code. A pure step function; what comes
 * out of it as effects is carried out by `run-authority.ts`. The two users confirm in any order, hence two ways from
 * the request to the end. Whatever the table does not name ends the flow if a peer sent it, and changes nothing if it
 * came from here (a key pressed twice).
 */
import type { FlowEffect, FlowInput, Step } from "./flow-types.ts";
import type { Sender } from "../channel/wire.ts";
import * as failures from "./failures.ts";
import { requestFingerprint } from "./fingerprint.ts";
import { formatGrant, formatMetadata, parsePairMessage } from "./messages.ts";
import type { AuthorityMetadata } from "./messages.ts";
import { checkPairRequest } from "./request-checks.ts";
import type { PairRequest, RequestPolicy } from "./request-checks.ts";

const TRANSITIONS = {
  waitingForSupplicant: { connected: "waitingForRequest" },
  waitingForRequest: { request: "waitingForConfirmations" },
  waitingForConfirmations: { yes: "authorizing", confirmation: "waitingForLocal" },
  waitingForLocal: { yes: "authorizingConfirmed" },
  authorizing: { code: "waitingForRemote", confirmation: "authorizingConfirmed" },
  authorizingConfirmed: { code: "completed" },
  waitingForRemote: { confirmation: "completed" },
  completed: {},
  ended: {},
} as const satisfies Record<string, Partial<Record<AuthorityEvent, string>>>;

export type AuthorityStage = keyof typeof TRANSITIONS;
type AuthorityEvent = "connected" | "request" | "confirmation" | "yes" | "code";

export interface AuthorityState {
  readonly at: AuthorityStage;
  readonly policy: RequestPolicy;
  readonly metadata: AuthorityMetadata;
  /** The one request of this flow, once it has passed the checks. */
  readonly request: PairRequest | null;
}

export type AuthorityInput =
  | FlowInput
  /** The user's answer. */
  | { readonly type: "yes" | "no" }
  /** The accounts server's authorization code. */
  | { readonly type: "code"; readonly code: string };

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
  | { readonly type: "authorize"; readonly request: PairRequest };

type AuthorityStep = Step<AuthorityState, AuthorityEffect>;

export function startAuthority(metadata: AuthorityMetadata, policy: RequestPolicy): AuthorityState {
  return { at: "waitingForSupplicant", policy, metadata, request: null };
}

export function stepAuthority(state: AuthorityState, input: AuthorityInput): AuthorityStep {
  if (state.at === "completed" || state.at === "ended") return { state, effects: [] };
  switch (input.type) {
    case "connected":
      return advance(state, "connected", [{ type: "report", status: { type: "connected" } }]);
    case "message":
      return receive(state, input.text, input.sender);
    case "yes":
      return approve(state);
    case "code":
      return sendCode(state, input.code);
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
  if (message.name === "pair:supp:request" && next(state, "request") !== undefined) {
    return receiveRequest(state, message.data, requestFingerprint(text), sender);
  }
  if (message.name === "pair:supp:authorize" && next(state, "confirmation") !== undefined) {
    return advance(state, "confirmation", [{ type: "report", status: { type: "approved", by: "remote" } }]);
  }
  return violated(state, `${message.name} has no place now`);
}

function receiveRequest(
  state: AuthorityState,
  data: unknown,
  fingerprint: string,
  sender: Sender,
): AuthorityStep {
  const verdict = checkPairRequest(data, state.policy, fingerprint);
  if ("problems" in verdict) {
    return end(state, failures.requestRefused(verdict.problems), [{ type: "closeNotify" }]);
  }
  const { request } = verdict;
  return advance({ ...state, request }, "request", [
    { type: "send", document: formatMetadata(state.metadata) },
    { type: "present", request, sender, fingerprint },
  ]);
}

function approve(state: AuthorityState): AuthorityStep {
  if (state.request === null) return { state, effects: [] };
  return advance(state, "yes", [
    { type: "report", status: { type: "approved", by: "local" } },
    { type: "authorize", request: state.request },
  ]);
}

function sendCode(state: AuthorityState, code: string): AuthorityStep {
  if (state.request === null) return { state, effects: [] };
  return advance(state, "code", [
    { type: "send", document: formatGrant(code, state.request.state) },
    { type: "report", status: { type: "authorized" } },
  ]);
}

function next(state: AuthorityState, event: AuthorityEvent): AuthorityStage | undefined {
  const row: Partial<Record<AuthorityEvent, AuthorityStage>> = TRANSITIONS[state.at];
  return row[event];
}

function advance(
  state: AuthorityState,
  event: AuthorityEvent,
  effects: readonly AuthorityEffect[],
): AuthorityStep {
  const at = next(state, event);
  if (at === undefined) return { state, effects: [] };
  const completion: readonly AuthorityEffect[] =
    at === "completed" ? [{ type: "report", status: { type: "complete" } }, { type: "complete" }] : [];
  return { state: { ...state, at }, effects: [...effects, ...completion] };
}

function violated(state: AuthorityState, problem: string): AuthorityStep {
  return end(state, failures.outOfOrder(problem), [{ type: "closeNotify" }]);
}

function end(state: AuthorityState, error: Error, effects: readonly AuthorityEffect[]): AuthorityStep {
  const told = state.at === "waitingForRemote" ? failures.perhapsSignedIn(error) : error;
  return { state: { ...state, at: "ended" }, effects: [...effects, { type: "fail", error: told }] };
}

function lateness(state: AuthorityState): Error {
  return state.request === null ? failures.nobodyCame() : failures.tookTooLong();
}

function declined(by: "local" | "remote"): AuthorityEffect {
  return { type: "report", status: { type: "declined", by } };
}
