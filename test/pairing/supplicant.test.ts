import { describe, expect, it } from "vitest";
import { FxaPairError } from "../../src/lib/errors.ts";
import { formatFingerprint, requestFingerprint } from "../../src/pairing/fingerprint.ts";
import {
  formatConfirmation,
  formatGrant,
  formatMetadata,
  formatRequest,
} from "../../src/pairing/messages.ts";
import { startSupplicant, stepSupplicant } from "../../src/pairing/supplicant.ts";
import type {
  SupplicantEffect,
  SupplicantInput,
  SupplicantStage,
  SupplicantState,
} from "../../src/pairing/supplicant.ts";
import { REQUEST } from "./request-fixture.ts";
import { codeOf, word } from "./transcript.ts";

const METADATA = { email: "a@b.example", avatar: null, displayName: "A", deviceName: "desk" };
const SENDER = { remote: "192.0.2.7" };
const CODE = "0123456789abcdef".repeat(4);

const message = (text: string): SupplicantInput => ({ type: "message", text, sender: SENDER });
const INPUTS = {
  connected: { type: "connected" },
  metadata: message(formatMetadata(METADATA)),
  grant: message(formatGrant(CODE, REQUEST.state)),
  wrongState: message(formatGrant(CODE, `${REQUEST.state.slice(0, -1)}_`)),
  request: message(formatRequest(REQUEST)),
  confirmation: message(formatConfirmation()),
  nonsense: message("[]"),
  yes: { type: "yes" },
  no: { type: "no" },
  redeemed: { type: "redeemed" },
  peerClosed: { type: "peerClosed" },
  lost: { type: "ended", error: new FxaPairError("unreachable", "lost") },
  left: { type: "ended", error: new FxaPairError("declined_there", "left") },
  tampered: { type: "ended", error: new FxaPairError("channel_security", "tampered") },
  deadline: { type: "deadline" },
  interrupted: { type: "interrupted", error: new FxaPairError("interrupted", "Ctrl-C") },
  failed: { type: "failed", error: new FxaPairError("refused", "other account") },
} satisfies Record<string, SupplicantInput>;
type InputName = keyof typeof INPUTS;

/** How each stage is reached. */
const PATHS = {
  connecting: [],
  waitingForMetadata: ["connected"],
  waitingForConfirmations: ["connected", "metadata"],
  waitingForAuthority: ["connected", "metadata", "yes"],
  waitingForLocal: ["connected", "metadata", "grant"],
  exchanging: ["connected", "metadata", "yes", "grant"],
  completed: ["connected", "metadata", "yes", "grant", "redeemed"],
  ended: ["no"],
} as const satisfies Record<SupplicantStage, readonly InputName[]>;

function run(names: readonly InputName[]) {
  let state: SupplicantState = startSupplicant(REQUEST);
  const effects: SupplicantEffect[] = [];
  for (const name of names) {
    const step = stepSupplicant(state, INPUTS[name]);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

const transcript = (names: readonly InputName[]) => run(names).effects.map(word);

describe("the way to the end", () => {
  const BEGINNING = ["report connected", "send pair:supp:request", "present"];
  const END = ["report redeeming", "redeem", "report complete", "complete"];

  it("the supplicant confirms first", () => {
    expect(transcript(["connected", "metadata", "yes", "grant", "redeemed"])).toEqual([
      ...BEGINNING,
      "approved by local",
      "send pair:supp:authorize",
      "approved by remote",
      ...END,
    ]);
  });

  it("the code is there first", () => {
    expect(transcript(["connected", "metadata", "grant", "yes", "redeemed"])).toEqual([
      ...BEGINNING,
      "approved by remote",
      "approved by local",
      "send pair:supp:authorize",
      ...END,
    ]);
  });

  it("presents the account with the fingerprint of the request as it was sent", () => {
    const { effects } = run(["connected", "metadata"]);
    const sent = effects.find((effect) => effect.type === "send");
    expect(effects.at(-1)).toEqual({
      type: "present",
      question: {
        type: "metadata",
        email: METADATA.email,
        displayName: "A",
        deviceName: "desk",
        sender: SENDER,
        fingerprint: formatFingerprint(requestFingerprint(sent?.document ?? "")),
      },
    });
  });

  it("redeems the code once, for the announced account", () => {
    const { effects } = run(["connected", "metadata", "grant", "yes", "yes", "peerClosed", "lost", "yes"]);
    expect(effects.filter((effect) => effect.type === "redeem")).toEqual([
      { type: "redeem", code: CODE, email: METADATA.email },
    ]);
  });
});

/** Where each input leads: a stage, an error's code, or nothing where it changes nothing. */
type Row = Partial<Record<InputName, string>>;
const EVERYWHERE: Row = {
  no: "declined_here",
  peerClosed: "declined_there",
  lost: "unreachable",
  left: "declined_there",
  tampered: "channel_security",
  deadline: "timeout",
  interrupted: "interrupted",
  failed: "refused",
  metadata: "channel_security",
  grant: "channel_security",
  wrongState: "channel_security",
  request: "channel_security",
  confirmation: "channel_security",
  nonsense: "channel_security",
};
const CANCELS = "cancelRedeem";
const MATRIX: Record<SupplicantStage, Row> = {
  connecting: { ...EVERYWHERE, connected: "waitingForMetadata" },
  waitingForMetadata: { ...EVERYWHERE, metadata: "waitingForConfirmations" },
  waitingForConfirmations: { ...EVERYWHERE, yes: "waitingForAuthority", grant: "waitingForLocal" },
  waitingForAuthority: { ...EVERYWHERE, grant: "exchanging" },
  // The channel may be lost here, but not spoilt.
  waitingForLocal: { ...EVERYWHERE, yes: "exchanging", lost: "waitingForLocal", left: "waitingForLocal" },
  // The exchange has the last word.
  exchanging: {
    redeemed: "completed",
    failed: "refused",
    no: "declined_here",
    deadline: CANCELS,
    interrupted: CANCELS,
    metadata: CANCELS,
    grant: CANCELS,
    wrongState: CANCELS,
    request: CANCELS,
    confirmation: CANCELS,
    nonsense: CANCELS,
  },
  completed: {},
  ended: {},
};
const CASES = Object.entries(PATHS).flatMap(([stage, path]) =>
  Object.keys(INPUTS).map((input) => ({ stage: stage as SupplicantStage, path, input: input as InputName })),
);

describe("every input in every stage", () => {
  it.each(CASES)("$stage: $input", ({ stage, path, input }) => {
    const before = run(path);
    expect(before.state.at).toBe(stage);
    const { state, effects } = stepSupplicant(before.state, INPUTS[input]);
    const failure = effects.find((effect) => effect.type === "fail");
    const expected = MATRIX[stage][input];
    if (expected === undefined) {
      expect({ at: state.at, effects }).toEqual({ at: stage, effects: [] });
    } else if (expected === CANCELS) {
      expect({ at: state.at, words: effects.map((effect) => effect.type) }).toEqual({
        at: stage,
        words: [CANCELS],
      });
    } else {
      expect(failure === undefined ? state.at : codeOf(failure.error)).toBe(expected);
      expect(failure === undefined || state.at === "ended").toBe(true);
    }
  });

  it("asks for no token where the state is another's", () => {
    expect(transcript(["connected", "metadata", "yes", "wrongState", "redeemed"]).slice(-2)).toEqual([
      "closeNotify",
      "fail channel_security",
    ]);
    expect(transcript(["connected", "metadata", "wrongState", "yes"])).not.toContain("redeem");
  });
});

it("C10: says the same of a wrong state, whichever of its characters is wrong", () => {
  const { state: right } = REQUEST;
  const words = Array.from(right, (character, at) => {
    const wrong = right.slice(0, at) + (character === "_" ? "-" : "_") + right.slice(at + 1);
    const { effects } = stepSupplicant(
      run(PATHS.waitingForAuthority).state,
      message(formatGrant(CODE, wrong)),
    );
    return effects.flatMap((effect) => (effect.type === "fail" ? [effect.error.message] : [])).join();
  });
  expect(new Set(words)).toEqual(new Set(["The other device sent a code that is not for this request."]));
});

describe("an exchange that is told to stop", () => {
  it("fails with the reason for stopping, not with how it stopped", () => {
    expect(transcript([...PATHS.exchanging, "interrupted", "deadline", "failed"]).slice(-3)).toEqual([
      "cancelRedeem interrupted",
      "closeNotify",
      "fail interrupted",
    ]);
  });

  it("is complete if it could not be stopped any more", () => {
    expect(transcript([...PATHS.exchanging, "interrupted", "redeemed"]).slice(-2)).toEqual([
      "report complete",
      "complete",
    ]);
  });
});
