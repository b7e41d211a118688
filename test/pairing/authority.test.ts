import { describe, expect, it } from "vitest";
import { FxaPairError } from "../../src/lib/errors.ts";
import { startAuthority, stepAuthority } from "../../src/pairing/authority.ts";
import type {
  AuthorityEffect,
  AuthorityInput,
  AuthorityStage,
  AuthorityState,
} from "../../src/pairing/authority.ts";
import { requestFingerprint } from "../../src/pairing/fingerprint.ts";
import {
  formatConfirmation,
  formatGrant,
  formatMetadata,
  formatRequest,
} from "../../src/pairing/messages.ts";
import { POLICY, REQUEST } from "./request-fixture.ts";
import { codeOf, word } from "./transcript.ts";

const METADATA = { email: "a@b.example", avatar: null, displayName: "A", deviceName: "desk" };
const SENDER = { remote: "192.0.2.7" };
const CODE = "0123456789abcdef".repeat(4);

const message = (text: string): AuthorityInput => ({ type: "message", text, sender: SENDER });
const INPUTS = {
  connected: { type: "connected" },
  request: message(formatRequest(REQUEST)),
  badRequest: message(formatRequest({ ...REQUEST, clientId: "0000000000000000" })),
  confirmation: message(formatConfirmation()),
  metadata: message(formatMetadata(METADATA)),
  grant: message(formatGrant(CODE, REQUEST.state)),
  nonsense: message("[]"),
  yes: { type: "yes" },
  no: { type: "no" },
  code: { type: "code", code: CODE },
  delivered: { type: "delivered" },
  peerClosed: { type: "peerClosed" },
  lost: { type: "ended", error: new FxaPairError("unreachable", "lost") },
  tampered: { type: "ended", error: new FxaPairError("channel_security", "tampered") },
  deadline: { type: "deadline" },
  interrupted: { type: "interrupted", error: new FxaPairError("interrupted", "Ctrl-C") },
  failed: { type: "failed", error: new FxaPairError("refused", "no code for you") },
} satisfies Record<string, AuthorityInput>;
type InputName = keyof typeof INPUTS;

/** How each stage is reached. */
const PATHS = {
  waitingForSupplicant: [],
  waitingForRequest: ["connected"],
  waitingForConfirmations: ["connected", "request"],
  waitingForLocal: ["connected", "request", "confirmation"],
  authorizing: ["connected", "request", "yes"],
  authorizingConfirmed: ["connected", "request", "yes", "confirmation"],
  delivering: ["connected", "request", "confirmation", "yes", "code"],
  waitingForRemote: ["connected", "request", "yes", "code"],
  completed: ["connected", "request", "yes", "code", "confirmation"],
  ended: ["no"],
} as const satisfies Record<AuthorityStage, readonly InputName[]>;

function run(names: readonly InputName[], policy = POLICY) {
  let state: AuthorityState = startAuthority(METADATA, policy);
  const effects: AuthorityEffect[] = [];
  for (const name of names) {
    const step = stepAuthority(state, INPUTS[name]);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

const transcript = (names: readonly InputName[]) => run(names).effects.map(word);

it("F1: the fingerprint is of the request's bytes as they came, however they are spaced", () => {
  const spaced = JSON.stringify(JSON.parse(formatRequest(REQUEST)), null, 1);
  const { effects } = stepAuthority(run(["connected"]).state, message(spaced));
  expect(effects).toContainEqual(
    expect.objectContaining({ type: "present", fingerprint: requestFingerprint(spaced) }),
  );
});

describe("the way to the end", () => {
  const BEGINNING = ["report connected", "send pair:auth:metadata", "present"];

  it.each<[what: string, inputs: readonly InputName[], effects: readonly string[]]>([
    [
      "the authority confirms first",
      ["yes", "code", "confirmation"],
      [
        "approved by local",
        "authorize",
        "send pair:auth:authorize",
        "report authorized",
        "approved by remote",
      ],
    ],
    [
      "the supplicant confirms first",
      ["confirmation", "yes", "code", "delivered"],
      [
        "approved by remote",
        "approved by local",
        "authorize",
        "send pair:auth:authorize",
        "report authorized",
        "deliver",
      ],
    ],
    [
      "the supplicant confirms while the code is being asked for",
      ["yes", "confirmation", "code", "delivered"],
      [
        "approved by local",
        "authorize",
        "approved by remote",
        "send pair:auth:authorize",
        "report authorized",
        "deliver",
      ],
    ],
  ])("%s", (_what, inputs, effects) => {
    expect(transcript(["connected", "request", ...inputs])).toEqual([
      ...BEGINNING,
      ...effects,
      "report complete",
      "complete",
    ]);
  });

  it("answers the request with metadata, and presents it with its fingerprint and sender", () => {
    const { effects } = run(["connected", "request"]);
    expect(effects[1]).toEqual({ type: "send", document: formatMetadata(METADATA) });
    expect(effects[2]).toMatchObject({
      type: "present",
      sender: SENDER,
      fingerprint: requestFingerprint(formatRequest(REQUEST)),
      request: { clientId: REQUEST.clientId },
    });
  });

  it("grants the very object that was presented, and sends the code with the request's state", () => {
    const { effects } = run(["connected", "request", "yes", "code"]);
    const presented = effects.find((effect) => effect.type === "present");
    const authorized = effects.find((effect) => effect.type === "authorize");
    expect(authorized?.request).toBe(presented?.request);
    const { scope, publicJwk } = presented?.request ?? {};
    for (const part of [presented?.request, scope, publicJwk]) {
      expect([part === undefined, Object.isFrozen(part)]).toEqual([false, true]);
    }
    expect(effects).toContainEqual({ type: "send", document: formatGrant(CODE, REQUEST.state) });
  });

  it("asks for one code however often yes is said", () => {
    const words = transcript([
      "connected",
      "request",
      "yes",
      "yes",
      "yes",
      "code",
      "yes",
      "code",
      "confirmation",
      "yes",
    ]);
    expect(words.filter((effect) => effect === "authorize")).toHaveLength(1);
    expect(words.filter((effect) => effect === "send pair:auth:authorize")).toHaveLength(1);
  });
});

describe("a request that fails the checks", () => {
  it("ends the flow without metadata or question, naming fields only", () => {
    const { effects } = run(["connected", "badRequest"]);
    expect(effects.map(word)).toEqual(["report connected", "closeNotify", "fail refused"]);
    expect(effects.at(-1)).toMatchObject({
      error: { details: { problems: [{ field: "client_id", reason: "is not an accepted client" }] } },
    });
  });

  it("is also one that is not the expected one", () => {
    const { effects } = run(["connected", "request"], { ...POLICY, expectFingerprint: "0".repeat(13) });
    expect(effects.map(word)).toEqual(["report connected", "closeNotify", "fail refused"]);
  });
});

/** Where each input leads: a stage, an error's code, or nothing where it changes nothing. */
type Row = Partial<Record<InputName, string>>;
const EVERYWHERE: Row = {
  no: "declined_here",
  peerClosed: "declined_there",
  lost: "unreachable",
  tampered: "channel_security",
  deadline: "timeout",
  interrupted: "interrupted",
  failed: "refused",
  request: "channel_security",
  badRequest: "channel_security",
  confirmation: "channel_security",
  metadata: "channel_security",
  grant: "channel_security",
  nonsense: "channel_security",
};
const MATRIX: Record<AuthorityStage, Row> = {
  waitingForSupplicant: { ...EVERYWHERE, connected: "waitingForRequest" },
  waitingForRequest: { ...EVERYWHERE, request: "waitingForConfirmations", badRequest: "refused" },
  waitingForConfirmations: { ...EVERYWHERE, yes: "authorizing", confirmation: "waitingForLocal" },
  waitingForLocal: { ...EVERYWHERE, yes: "authorizingConfirmed" },
  authorizing: { ...EVERYWHERE, code: "waitingForRemote", confirmation: "authorizingConfirmed" },
  authorizingConfirmed: { ...EVERYWHERE, code: "delivering" },
  delivering: { ...EVERYWHERE, delivered: "completed" },
  waitingForRemote: { ...EVERYWHERE, confirmation: "completed" },
  completed: {},
  ended: {},
};
const CASES = Object.entries(PATHS).flatMap(([stage, path]) =>
  Object.keys(INPUTS).map((input) => ({ stage: stage as AuthorityStage, path, input: input as InputName })),
);

describe("every input in every stage", () => {
  it.each(CASES)("$stage: $input", ({ stage, path, input }) => {
    const before = run(path);
    expect(before.state.at).toBe(stage);
    const { state, effects } = stepAuthority(before.state, INPUTS[input]);
    const failure = effects.find((effect) => effect.type === "fail");
    const expected = MATRIX[stage][input];
    if (expected === undefined) {
      expect({ at: state.at, effects }).toEqual({ at: stage, effects: [] });
    } else {
      expect(failure === undefined ? state.at : codeOf(failure.error)).toBe(expected);
      expect(failure === undefined || state.at === "ended").toBe(true);
    }
  });

  it("says goodbye before a failure, unless there is nobody to say it to", () => {
    expect(transcript(["connected", "no"])).toEqual([
      "report connected",
      "declined by local",
      "closeNotify",
      "fail declined_here",
    ]);
    expect(transcript(["peerClosed"])).toEqual(["declined by remote", "closeNotify", "fail declined_there"]);
    expect(transcript(["lost"])).toEqual(["fail unreachable"]);
  });
});

describe("after the code has left", () => {
  it.each(["lost", "peerClosed", "deadline", "interrupted", "tampered"] as const)(
    "%s: the device may be signed in",
    (input) => {
      for (const path of [PATHS.waitingForRemote, PATHS.delivering]) {
        const late = run([...path, input]).effects.at(-1);
        expect(late).toMatchObject({ error: { hint: expect.stringContaining("may be signed in") } });
      }
      const early = run([...PATHS.authorizing, input]).effects.at(-1);
      expect(JSON.stringify(early)).not.toContain("may be signed in");
    },
  );
});

it("tells an unused offer from an unfinished pairing when the time is over", () => {
  expect(run(["deadline"]).effects.at(-1)).toMatchObject({
    error: { message: expect.stringMatching(/^Nobody/) },
  });
  for (const path of [PATHS.waitingForRequest, PATHS.waitingForLocal]) {
    expect(run([...path, "deadline"]).effects.at(-1)).toMatchObject({
      error: { message: expect.stringMatching(/^The pairing/) },
    });
  }
});
