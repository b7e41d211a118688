import { describe, expect, it } from "vitest";
import type { AuthorityInput } from "../../../src/pairing/authority.ts";
import { stepAuthority } from "../../../src/pairing/authority.ts";
import { stepSupplicant } from "../../../src/pairing/supplicant.ts";
import type { SupplicantInput } from "../../../src/pairing/supplicant.ts";
import { AnyPeerModel } from "./any-peer-model.ts";
import type { LoneSide } from "./any-peer-model.ts";
import { explore } from "./explore.ts";
import { AUTHORITY_INPUTS, authoritySteps, SUPPLICANT_INPUTS, supplicantSteps } from "./inputs.ts";

function authority(step = stepAuthority): LoneSide {
  const { steps, initial } = authoritySteps(step);
  const inputs: Readonly<Record<string, AuthorityInput>> = AUTHORITY_INPUTS;
  return { initial, answer: "granted", take: (state, name) => steps.take(state, name, inputs[name]!) };
}

function supplicant(step = stepSupplicant): LoneSide {
  const { steps, initial } = supplicantSteps(step);
  const inputs: Readonly<Record<string, SupplicantInput>> = SUPPLICANT_INPUTS;
  return { initial, answer: "redeemed", take: (state, name) => steps.take(state, name, inputs[name]!) };
}

describe("whatever a peer sends, in whatever order, as often as it likes", () => {
  it("the authority asks once, for one good request, and asks for one code for what it showed after a yes", () => {
    const { states } = explore(new AnyPeerModel(authority()));
    const outcomes = new Set(states.map(({ outcome }) => outcome));
    expect(outcomes).toEqual(
      new Set([
        undefined,
        "complete",
        "declined_here",
        "declined_there",
        "timeout",
        "unreachable",
        "channel_security",
        "refused",
        "interrupted",
      ]),
    );
  });

  it("the supplicant redeems one code, its own, for the account that it showed, after a yes", () => {
    const { states } = explore(new AnyPeerModel(supplicant()));
    const outcomes = new Set(states.map(({ outcome }) => outcome));
    expect(outcomes.has("complete")).toBe(true);
    expect(outcomes.has("channel_security")).toBe(true);
  });
});

describe("a step function that breaks a rule is caught", () => {
  it.each<[string, typeof stepAuthority]>([
    [
      "a code is asked for out of turn",
      (state, input) => {
        const step = stepAuthority(state, input);
        const request = step.state.request;
        if (input.type !== "message" || state.request !== null || request === null) return step;
        return { ...step, effects: [...step.effects, { type: "authorize", request }] };
      },
    ],
    [
      "a code is asked for what was not shown",
      (state, input) => {
        const step = stepAuthority(state, input);
        return {
          ...step,
          effects: step.effects.map((effect) =>
            effect.type === "authorize"
              ? { ...effect, request: { ...effect.request, state: "mallory" } }
              : effect,
          ),
        };
      },
    ],
    [
      "stuck",
      (state, input) => (input.type === "deadline" ? { state, effects: [] } : stepAuthority(state, input)),
    ],
  ])("authority: %s", (problem, step) => {
    expect(() => explore(new AnyPeerModel(authority(step)))).toThrow(problem);
  });

  it.each<[string, typeof stepSupplicant]>([
    [
      "a code is redeemed for an account that was not shown",
      (state, input) => {
        const step = stepSupplicant(state, input);
        return {
          ...step,
          effects: step.effects.map((effect) =>
            effect.type === "redeem" ? { ...effect, email: "mallory@b.example" } : effect,
          ),
        };
      },
    ],
    [
      "a confirmation is sent without a yes",
      (state, input) => stepSupplicant(state, input.type === "no" ? { type: "yes" } : input),
    ],
    [
      "something happens after the end",
      (state, input) =>
        state.at === "ended" && input.type === "redeemed"
          ? { state, effects: [{ type: "complete" }] }
          : stepSupplicant(state, input),
    ],
  ])("supplicant: %s", (problem, step) => {
    expect(() => explore(new AnyPeerModel(supplicant(step)))).toThrow(problem);
  });
});
