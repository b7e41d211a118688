/**
 * One side of a pairing against a peer and a relay that hold the channel key and send whatever they like, as often as they
 * like; its user presses keys, its accounts server answers or not.
 */
import type { AuthorityEffect } from "../../../src/pairing/authority.ts";
import type { SupplicantEffect } from "../../../src/pairing/supplicant.ts";
import { codeOf } from "../transcript.ts";
import type { Action, Model } from "./explore.ts";
import { FLOW_INPUTS, ROGUE_INPUTS } from "./inputs.ts";

export interface Lone {
  readonly state: number;
  /** Whether its user was asked, and the first answer. */
  readonly question: "none" | "open" | "yes" | "no";
  /** What the user was shown: a request's `state`, an account's e-mail address. */
  readonly shown: string | undefined;
  /** The first request and the first code that came. */
  readonly request: string | undefined;
  readonly code: string | undefined;
  /** The one call to the accounts server: for a code, or with one. */
  readonly call: "none" | "open" | "answered" | "failed";
  readonly delivering: boolean;
  readonly sent: readonly string[];
  readonly outcome: string | undefined;
  readonly broken: string | undefined;
}

type Effect = AuthorityEffect | SupplicantEffect;

/** One side, by the names of its inputs. */
export interface LoneSide {
  readonly initial: number;
  take(state: number, input: string): { readonly to: number; readonly effects: readonly Effect[] };
  /** The input that a call to the accounts server ends with. */
  readonly answer: string;
}

const FROM_USER: readonly string[] = ["yes", "no"];
const FROM_OUTSIDE = [...Object.keys(FLOW_INPUTS), ...Object.keys(ROGUE_INPUTS)].filter(
  (name) => !FROM_USER.includes(name),
);
const REQUESTS: readonly string[] = ["request", "otherRequest", "badRequest"];
const CODES: readonly string[] = ["code", "otherCode", "strayCode"];

export class AnyPeerModel implements Model<Lone> {
  readonly initial: Lone;
  readonly #side: LoneSide;

  constructor(side: LoneSide) {
    this.#side = side;
    this.initial = {
      state: side.initial,
      question: "none",
      shown: undefined,
      request: undefined,
      code: undefined,
      call: "none",
      delivering: false,
      sent: [],
      outcome: undefined,
      broken: undefined,
    };
  }

  key(lone: Lone): string {
    return JSON.stringify(lone);
  }

  isOver({ outcome, call }: Lone): boolean {
    return outcome !== undefined && call !== "open";
  }

  violation({ broken }: Lone): string | undefined {
    return broken;
  }

  actions(lone: Lone): readonly Action<Lone>[] {
    const found = FROM_OUTSIDE.filter((name) => name !== "failed").map((name) => ({
      name,
      certain: name === "deadline",
      to: this.#feed(arrived(lone, name), name),
    }));
    if (lone.question !== "none") {
      for (const key of ["yes", "no"] as const) {
        const question = lone.question === "open" ? key : lone.question;
        found.push({ name: key, certain: false, to: this.#feed({ ...lone, question }, key) });
      }
    }
    if (lone.call === "open") {
      const { answer } = this.#side;
      found.push({ name: answer, certain: true, to: this.#feed({ ...lone, call: "answered" }, answer) });
      found.push({ name: "failed", certain: true, to: this.#feed({ ...lone, call: "failed" }, "failed") });
    }
    if (lone.delivering) {
      found.push({
        name: "delivered",
        certain: true,
        to: this.#feed({ ...lone, delivering: false }, "delivered"),
      });
    }
    // What changes nothing is no step.
    const here = this.key(lone);
    return found.filter(({ to }) => this.key(to) !== here);
  }

  #feed(before: Lone, input: string): Lone {
    const { to, effects } = this.#side.take(before.state, input);
    let lone: Lone = { ...before, state: to };
    for (const effect of effects) {
      const broken = misplaced(lone, effect);
      if (broken !== undefined) return { ...lone, broken: `${broken} (${input})` };
      lone = performed(lone, effect);
    }
    return lone;
  }
}

function arrived(lone: Lone, name: string): Lone {
  if (REQUESTS.includes(name)) return { ...lone, request: lone.request ?? name };
  if (CODES.includes(name)) return { ...lone, code: lone.code ?? name };
  return lone;
}

function performed(lone: Lone, effect: Effect): Lone {
  switch (effect.type) {
    case "send":
      return { ...lone, sent: [...lone.sent, nameOf(effect.document)] };
    case "present":
      return { ...lone, question: "open", shown: shownBy(effect) };
    case "authorize":
    case "redeem":
      return { ...lone, call: "open" };
    case "deliver":
      return { ...lone, delivering: true };
    case "complete":
      return { ...lone, outcome: "complete" };
    case "fail":
      return { ...lone, outcome: codeOf(effect.error) };
    case "cancelRedeem":
    case "closeNotify":
    case "report":
      return lone;
  }
}

/** The rule that an effect breaks by coming now. */
function misplaced(lone: Lone, effect: Effect): string | undefined {
  if (lone.outcome !== undefined) return "something happens after the end";
  switch (effect.type) {
    case "present":
      return lone.question === "none" ? undefined : "the user is asked twice";
    case "authorize":
      if (lone.call !== "none" || lone.question !== "yes") return "a code is asked for out of turn";
      return effect.request.state === lone.shown ? undefined : "a code is asked for what was not shown";
    case "redeem":
      if (lone.call !== "none" || lone.question !== "yes") return "a code is redeemed out of turn";
      if (effect.email !== lone.shown) return "a code is redeemed for an account that was not shown";
      return lone.code !== undefined && carries(lone.code, effect.code)
        ? undefined
        : "another code is redeemed";
    case "send":
      return misplacedMessage(lone, nameOf(effect.document));
    case "complete":
      return lone.call === "answered" && lone.question === "yes" ? undefined : "it is complete too early";
    case "cancelRedeem":
    case "closeNotify":
    case "deliver":
    case "fail":
    case "report":
      return undefined;
  }
}

function misplacedMessage({ sent, request, question, call }: Lone, name: string): string | undefined {
  if (sent.includes(name)) return `${name} is sent twice`;
  if (name === "pair:auth:metadata" && request !== "request" && request !== "otherRequest") {
    return "the account is told before a good request";
  }
  if (name === "pair:supp:authorize" && question !== "yes") return "a confirmation is sent without a yes";
  if (name === "pair:auth:authorize" && call !== "answered") return "a code is sent that nobody granted";
  return undefined;
}

function carries(input: string, code: string): boolean {
  const { text } = { ...FLOW_INPUTS, ...ROGUE_INPUTS }[input as "code" | "otherCode"];
  return input !== "strayCode" && JSON.parse(text).data.code === code;
}

function shownBy(effect: Extract<Effect, { type: "present" }>): string {
  return "request" in effect ? effect.request.state : effect.question.email;
}

function nameOf(document: string): string {
  return String(JSON.parse(document).message);
}
